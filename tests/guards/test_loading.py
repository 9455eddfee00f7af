"""The guards of a database are those of the files: a new one, an upgraded one and one somebody laid hands on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.signals import post_migrate

from minshi.audit import tracking
from minshi.clock import as_owner
from minshi.guards import loading
from minshi.guards.operations import DropGuards

MADE = re.compile(r"^\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\s+([a-z_0-9.]+)", re.I | re.M)
Connection = psycopg.Connection[Any]
Catalogue = dict[str, set[tuple[Any, ...]]]

CATALOGUE = {
    "functions": """
        SELECT pg_get_functiondef(p.oid), (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(p.proacl) a)
        FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    """,
    "triggers": "SELECT pg_get_triggerdef(oid), tgenabled FROM pg_trigger WHERE NOT tgisinternal",
    "rights": """
        SELECT c.relname, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(c.relacl) a)
        FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'S')
    """,
    "rights on columns": """
        SELECT attrelid::regclass::text, attname, attacl::text FROM pg_attribute
        WHERE attacl <> '{}' AND attrelid::regclass::text NOT LIKE 'pg_%'
    """,
}


def catalogue(owner: Connection) -> Catalogue:
    """All that a load brings about, in PostgreSQL's own words."""

    def plain(value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    return {
        kind: {tuple(plain(value) for value in row) for row in owner.execute(query)}  # type: ignore[arg-type]
        for kind, query in CATALOGUE.items()
    }


def load(owner: Connection) -> None:
    """As after a migration: the files, then the audit's own triggers."""
    with owner.transaction(), owner.cursor() as cursor:
        loading.bring_up_to_date(cursor)  # type: ignore[arg-type]
        tracking.bring_up_to_date(cursor)  # type: ignore[arg-type]


@pytest.fixture
def owner(transactional_db: None) -> Iterator[Connection]:
    """The owner role; what a test did to the guards is put right after it."""
    with as_owner() as raw:
        yield raw
        load(raw)


def test_a_migrated_database_has_the_guards_of_the_files(owner: Connection) -> None:
    migrated = catalogue(owner)
    assert len(migrated["functions"]) > 60 and len(migrated["triggers"]) > 200
    load(owner)
    assert catalogue(owner) == migrated


@pytest.mark.parametrize(
    "by_hand",
    [
        pytest.param("DROP TRIGGER guard_payment ON funding_payment", id="a trigger dropped"),
        pytest.param("ALTER TABLE funding_payment DISABLE TRIGGER guard_payment", id="a trigger disabled"),
        pytest.param("ALTER TABLE ledger_posting DISABLE TRIGGER USER", id="all of a table disabled"),
        pytest.param("DROP TRIGGER audit_delete ON funding_payment", id="a table no longer recorded"),
        pytest.param(
            "CREATE TRIGGER lets_it_pass BEFORE UPDATE ON funding_payment "
            "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            id="a trigger added",
        ),
        pytest.param(
            "CREATE OR REPLACE FUNCTION funding_guard_payment() RETURNS trigger LANGUAGE plpgsql "
            "AS 'BEGIN RETURN NEW; END'",
            id="a function emptied",
        ),
        pytest.param(
            "CREATE OR REPLACE FUNCTION minshi_now() RETURNS timestamptz LANGUAGE sql VOLATILE "
            "AS 'SELECT clock_timestamp()'",
            id="a function changed that columns stand on",
        ),
        pytest.param(
            "CREATE OR REPLACE FUNCTION audit_updated() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            id="the recording emptied",
        ),
        pytest.param("DROP FUNCTION cast_ballot", id="a function dropped"),
        pytest.param("DROP FUNCTION refuse_change CASCADE", id="a function dropped with its triggers"),
        pytest.param("CREATE FUNCTION of_an_older_release() RETURNS int LANGUAGE sql AS 'SELECT 1'", id="a left-over"),
        pytest.param(
            "DROP FUNCTION notice_passed; "
            "CREATE FUNCTION notice_passed(old_name bigint) RETURNS text LANGUAGE sql AS 'SELECT old_name::text'",
            id="a left-over with another result",
        ),
        pytest.param("ALTER FUNCTION audit_erase(text, text[]) SECURITY INVOKER", id="a function run as another"),
        pytest.param("GRANT EXECUTE ON FUNCTION audit_write TO minshi_app", id="a function opened"),
        pytest.param("GRANT EXECUTE ON FUNCTION audit_updated TO PUBLIC, minshi_app", id="the recording opened"),
        pytest.param("GRANT UPDATE, DELETE, TRUNCATE ON audit_event TO minshi_app", id="a right given"),
        pytest.param("GRANT UPDATE (amount_fen) ON funding_payment TO minshi_app", id="a column opened"),
        pytest.param("REVOKE ALL ON accounts_user, accounts_user_id_seq FROM minshi_app", id="a right taken"),
    ],
)
def test_what_was_done_by_hand_is_put_right(owner: Connection, by_hand: str) -> None:
    before = catalogue(owner)
    owner.execute(by_hand)  # type: ignore[arg-type]
    assert catalogue(owner) != before
    load(owner)
    assert catalogue(owner) == before


def test_one_broken_file_changes_nothing(owner: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither half of the new guards nor the old ones put away: a database with too few is worse than none."""
    broken = tmp_path / "broken.sql"
    broken.write_text("SELECT append_only('accounts_user'); SELECT append_only('nothing_of_this_name');")
    owner.execute("CREATE FUNCTION of_an_older_release() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    before = catalogue(owner)
    files = [*loading.files(), broken]
    with monkeypatch.context() as patch:
        patch.setattr(loading, "files", lambda: files)
        with pytest.raises(psycopg.errors.UndefinedTable):
            load(owner)
    assert catalogue(owner) == before


def test_files_come_from_the_lowest_app_to_the_highest() -> None:
    of = [file.parent.parent.name for file in loading.files()]
    assert list(dict.fromkeys(of)) == [
        config.label for config in apps.get_app_configs() if list(loading.directory(config).glob("*.sql"))
    ]
    assert of[0] == "guards" and of[-1] == "evaluation"


def test_it_is_the_first_thing_after_a_migration_and_done_once(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    ours = [config for config in apps.get_app_configs() if config.name.split(".")[0] in loading.OURS]
    # Ahead of what the audit attaches, the lifecycle and the policy write: Django asks them in this order.
    assert ours[0].label == "guards"
    loaded: list[str] = []
    monkeypatch.setattr(loading, "load", loaded.append)
    for config in (ours[0], apps.get_app_config("territory")):
        assert config.models_module, "or Django leaves it out"
        post_migrate.send(
            sender=config, app_config=config, verbosity=0, interactive=False, using="default", apps=apps, plan=[]
        )
    assert loaded == ["default"]


def test_nothing_is_loaded_before_every_migration_is_applied(
    monkeypatch: pytest.MonkeyPatch, db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(loading, "load", loaded.append)
    loader = MigrationLoader(connection)
    newest = loader.graph.leaf_nodes("evaluation")[0]
    for step in (newest, *loader.graph.nodes[newest].replaces):
        MigrationRecorder(connection).record_unapplied(*step)
    loading.load_after_migrating("default")
    assert loaded == []
    assert "when every migration is applied" in capsys.readouterr().out


def test_a_migration_can_put_the_guards_of_some_tables_away(owner: Connection) -> None:
    def of(table: str) -> set[str]:
        return {
            name
            for (name,) in owner.execute(
                "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = %s::regclass", [table]
            )
        }

    others = of("funding_grant")
    editor = SimpleNamespace(execute=lambda sql, params: owner.execute(sql))
    DropGuards("funding_payment", "funding_hold").database_forwards("funding", editor, None, None)  # type: ignore[arg-type]
    assert of("funding_payment") == of("funding_hold") == set(tracking.TRIGGERS), "changes are recorded all the while"
    assert of("funding_grant") == others


def test_a_load_waits_for_every_table_before_it_changes_one(owner: Connection) -> None:
    """Else an ANALYZE that holds the last of them and waits for the first one's entry ends the load, or is ended."""
    with as_owner() as other, other.transaction():
        other.execute("LOCK TABLE territory_territory IN SHARE UPDATE EXCLUSIVE MODE")
        with pytest.raises(psycopg.errors.LockNotAvailable) as refused, owner.transaction(), owner.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '3s'")
            loading.bring_up_to_date(cursor)  # type: ignore[arg-type]
    assert "LOCK TABLE" in str(refused.value.diag.context)


def test_each_function_is_defined_once() -> None:
    """A second one of the same name, in whichever app, would silently replace the first."""
    names = [name for file in loading.files() for name in MADE.findall(file.read_text())]
    assert len(names) > 100
    assert not [name for name, times in Counter(names).items() if times > 1]
