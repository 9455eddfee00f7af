"""A database that is not this release's is found out, whatever somebody with every right did to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from minshi.clock import as_owner
from minshi.guards import release
from minshi.health.management.commands import check_release
from minshi.lifecycle.edges import wrong_edges

Connection = psycopg.Connection[Any]


@pytest.fixture
def owner(transactional_db: None) -> Iterator[Connection]:
    """The owner role in a transaction that is undone."""
    with as_owner() as raw, raw.transaction(force_rollback=True):
        yield raw


def found(owner: Connection) -> set[tuple[str, str]]:
    with owner.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = pg_catalog")
        differences = {(each.code, each.name) for each in release.compare(cursor)}  # type: ignore[arg-type]
        cursor.execute("SET LOCAL search_path = public")
    return differences


@pytest.mark.django_db
def test_a_new_database_is_this_releases() -> None:
    """Guards, columns or rights were changed? MINSHI_WRITE_RELEASE=1 python3 run.py test --fresh and this file."""
    if os.environ.get("MINSHI_WRITE_RELEASE"):
        release.write(connection)
    assert list(release.differences(connection)) == []
    call_command("check_release")


TAMPERED = {
    "a guard switched off": (
        "ALTER TABLE deliberation_ballot DISABLE TRIGGER rightful_ballot",
        ("trigger-changed", "deliberation_ballot.rightful_ballot"),
    ),
    "every guard of a table switched off": (
        "ALTER TABLE ledger_posting DISABLE TRIGGER USER",
        ("trigger-changed", "ledger_posting.append_only"),
    ),
    "a guard that fires for replicas alone": (
        "ALTER TABLE ledger_entry ENABLE REPLICA TRIGGER append_only",
        ("trigger-changed", "ledger_entry.append_only"),
    ),
    "a guard dropped": (
        "DROP TRIGGER no_removal ON deliberation_ballot",
        ("trigger-missing", "deliberation_ballot.no_removal"),
    ),
    "a guard that asks nothing": (
        "CREATE OR REPLACE FUNCTION public.refuse_ballot() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN NEW; END $$",
        ("function-changed", "public.refuse_ballot()"),
    ),
    "a function that runs with other rights": (
        "ALTER FUNCTION public.refuse_ballot() SECURITY DEFINER",
        ("function-changed", "public.refuse_ballot()"),
    ),
    "a function put before the server's own": (
        "CREATE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT $1'",
        ("function-added", "public.sha256(bytea)"),
    ),
    "a trigger that does something else": (
        "CREATE TRIGGER zz BEFORE INSERT ON deliberation_ballot FOR EACH ROW EXECUTE FUNCTION refuse_ballot()",
        ("trigger-added", "deliberation_ballot.zz"),
    ),
    "what may be there once, twice": (
        "DROP INDEX one_open_deadline_of_a_kind",
        ("table-changed", "deadlines_deadline"),
    ),
    "a rule of a row less": (
        "ALTER TABLE deadlines_deadline DROP CONSTRAINT handled_has_outcome",
        ("table-changed", "deadlines_deadline"),
    ),
    "a column that is empty where it must not": (
        "ALTER TABLE ledger_posting ALTER amount_fen DROP NOT NULL",
        ("table-changed", "ledger_posting"),
    ),
    "a time that is not the platform's": (
        "ALTER TABLE ledger_entry ALTER at SET DEFAULT '2020-01-01'",
        ("table-changed", "ledger_entry"),
    ),
    "a table that a crash empties": (
        "ALTER TABLE audit_clear SET UNLOGGED",
        ("table-changed", "audit_clear"),
    ),
    "a table of somebody's": ("CREATE TABLE public.own (x int)", ("table-added", "own")),
    "rows that one may not see": (
        "ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON audit_event USING (id > 100)",
        ("policy-added", "audit_event.few"),
    ),
    "a rule that swallows what is written": (
        "CREATE RULE swallow AS ON INSERT TO audit_event DO INSTEAD NOTHING",
        ("rule-added", "audit_event.swallow"),
    ),
    "the application may write ballots by itself": (
        "DO $$ BEGIN EXECUTE format('GRANT INSERT ON deliberation_ballot TO %I', '{application}'); END $$",
        ("right-changed", "deliberation_ballot"),
    ),
    "the application may write one column more": (
        "DO $$ BEGIN EXECUTE format('GRANT UPDATE (choice) ON deliberation_ballot TO %I', '{application}'); END $$",
        ("right-changed", "deliberation_ballot"),
    ),
    "everybody may call what the audit alone calls": (
        "GRANT EXECUTE ON FUNCTION audit_baseline TO PUBLIC",
        ("right-added", "public.audit_baseline(regclass,text,text[],text[])"),
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_somebody_did_is_found(what: str, owner: Connection) -> None:
    sql, fault = TAMPERED[what]
    assert found(owner) == set()
    owner.execute(sql.format(application=connection.settings_dict["USER"]))  # type: ignore[arg-type]
    assert fault in found(owner)


def test_a_role_that_may_more_than_work_is_found(transactional_db: None) -> None:
    with as_owner() as owner, owner.cursor() as cursor:
        name, root = (
            owner.execute("SELECT current_user, (SELECT rolname FROM pg_roles WHERE oid = 10)").fetchone() or ()
        )
        there = {each.code for each in release.beyond(cursor, name)}  # type: ignore[arg-type]
        assert {"role-createdb", "role-owns", "role-creates"} <= there
        assert "role-superuser" in {each.code for each in release.beyond(cursor, root)}  # type: ignore[arg-type]


def test_a_gate_taken_from_the_steps_is_found(owner: Connection) -> None:
    row = owner.execute(
        "UPDATE lifecycle_edge SET gate = '' WHERE ctid = (SELECT ctid FROM lifecycle_edge WHERE gate <> '' "
        "ORDER BY subject_type, verb LIMIT 1) RETURNING subject_type, verb, source, target"
    ).fetchone()
    assert row
    with owner.cursor() as cursor:
        wrong = list(wrong_edges(cursor))  # type: ignore[arg-type]
    assert [how for how, _edge in wrong] == ["missing", "added"]
    assert all(edge.startswith(" ".join(row)) for _how, edge in wrong)


@pytest.mark.django_db
def test_the_command_says_what_it_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    told = [release.Difference("trigger-missing", "deliberation_ballot.no_removal")]
    monkeypatch.setattr(release, "differences", lambda connection: iter(told))
    monkeypatch.setattr(check_release, "wrong_edges", lambda cursor: iter([("added", "a b c d")]))
    with pytest.raises(SystemExit):
        call_command("check_release")
    assert capsys.readouterr().err == "trigger-missing deliberation_ballot.no_removal\nedge-added a b c d\n"
