"""Whatever is changed behind the application's back, the check names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection, transaction

from minshi.accounts.models import User
from minshi.audit import actions
from minshi.audit.chain import Fault, faults
from minshi.audit.models import DayRoot, Event, Link
from minshi.audit.tracking import TRIGGERS
from minshi.ledger.actions import open_account, post
from minshi.ledger.models import Entry, Posting
from tests.audit.conftest import Connection

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fresh_chain")]
Tamper = Callable[..., None]


def found() -> list[tuple[str, str]]:
    return [(fault.code, fault.where) for fault in faults()]


@pytest.fixture
def groups(clock: Any) -> list[Group]:
    """Six sealed groups over two days; the last was renamed, one more is gone."""
    clock.set("2026-11-03 12:00")
    made = [Group.objects.create(name=f"组{number}") for number in range(6)]
    actions.seal()
    clock.set("2026-11-04 12:00")
    Group.objects.create(name="撤销").delete()
    made[5].name = "改名"
    made[5].save()
    actions.seal()
    return made


def event_of(group: Group) -> Event:
    return Event.objects.of(group)[0]


def link_of(group: Group) -> Link:
    return Link.objects.get(event_id=event_of(group).pk)


def test_an_untouched_chain_is_without_fault(groups: list[Group], capsys: Any) -> None:
    User.objects.create_user("zhang", phone="13800000001", password="correct horse")
    Group.objects.create(name="not sealed yet")
    assert found() == []
    call_command("check_chain")
    assert "无误" in capsys.readouterr().out


def test_every_kind_of_column_compares_equal_after_a_round_trip(owner: Connection) -> None:
    """A session may write in another time zone or style: the same moment is the same row."""
    User.objects.create_user("zhang", phone="13800000001")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Asia/Shanghai'")
        cursor.execute("SET LOCAL IntervalStyle = 'iso_8601'")
        User.objects.create_user("li")
        User.objects.update(last_login="2026-11-03T12:00Z")
    assert found() == []


def test_an_edited_event_is_found(groups: list[Group], behind_the_back: Tamper) -> None:
    event = event_of(groups[2])
    behind_the_back("audit_event", "UPDATE audit_event SET actor = 7 WHERE id = %s", event.pk)
    assert found() == [("event-edited", f"audit_event {event.pk}")]


@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "xid = xid - 1",
        "origin = 'x'",
        "db_user = 'x'",
        "after = after || '{\"more\": 1}'",
        "before = '{}'",
    ],
)
def test_no_column_of_an_event_can_change(groups: list[Group], behind_the_back: Tamper, change: str) -> None:
    event = event_of(groups[2])
    behind_the_back("audit_event", f"UPDATE audit_event SET {change} WHERE id = %s", event.pk)
    assert ("event-edited", f"audit_event {event.pk}") in found()


def test_the_last_event_cannot_change_either(groups: list[Group], behind_the_back: Tamper) -> None:
    event = Event.objects.get(pk=Link.objects.latest("seq").event_id)
    behind_the_back("audit_event", "UPDATE audit_event SET origin = 'x' WHERE id = %s", event.pk)
    assert found() == [("event-edited", f"audit_event {event.pk}")]


def test_two_edited_neighbours_are_both_found(groups: list[Group], behind_the_back: Tamper) -> None:
    keys = [event_of(group).pk for group in groups[2:4]]
    behind_the_back("audit_event", "UPDATE audit_event SET origin = 'x' WHERE id = ANY(%s)", keys)
    assert found() == [("event-edited", f"audit_event {key}") for key in keys]


def test_a_removed_event_is_found(groups: list[Group], behind_the_back: Tamper) -> None:
    event = event_of(groups[2])
    behind_the_back("audit_event", "DELETE FROM audit_event WHERE id = %s", event.pk)
    assert ("event-missing", f"audit_event {event.pk}") in found()


def test_an_event_put_in_later_is_found(groups: list[Group], behind_the_back: Tamper) -> None:
    event = event_of(groups[2])
    behind_the_back(
        "audit_event",
        "INSERT INTO audit_event (xid, origin, db_user, op, table_name, row_pk, before, after) "
        "SELECT xid, origin, db_user, 'U', table_name, row_pk, after, after FROM audit_event WHERE id = %s",
        event.pk,
    )
    actions.seal()
    assert found() == [("event-added", f"audit_event {Event.objects.latest('id').pk}")]


def test_an_edited_link_is_found(groups: list[Group], behind_the_back: Tamper) -> None:
    link = link_of(groups[2])
    behind_the_back("audit_link", "UPDATE audit_link SET hash = sha256('x') WHERE seq = %s", link.seq)
    assert found() == [("link-edited", f"audit_link {link.seq}")]


def test_a_removed_link_is_found(groups: list[Group], behind_the_back: Tamper) -> None:
    link = link_of(groups[2])
    behind_the_back("audit_link", "DELETE FROM audit_link WHERE seq = %s", link.seq)
    assert found() == [("link-missing", f"audit_link {link.seq}"), ("event-added", f"audit_event {link.event_id}")]


def test_a_chain_made_anew_does_not_hold_the_printed_root(groups: list[Group], behind_the_back: Tamper) -> None:
    """Whoever can do everything can also chain everything again; then paper in other hands is what tells."""
    printed = DayRoot.objects.latest("day").hex
    call_command("check_chain", root=printed)
    behind_the_back("audit_event", "UPDATE audit_event SET actor = 7 WHERE id = %s", event_of(groups[2]).pk)
    behind_the_back("audit_link", "DELETE FROM audit_link")
    behind_the_back("audit_dayroot", "DELETE FROM audit_dayroot")
    actions.seal()
    assert found() == []
    with pytest.raises(SystemExit):
        call_command("check_chain", root=printed)


def test_a_changed_or_missing_root_is_found(groups: list[Group], behind_the_back: Tamper) -> None:
    behind_the_back("audit_dayroot", "UPDATE audit_dayroot SET hash = sha256('x')")
    assert found() == [("root-edited", "audit_dayroot 2026-11-03")]
    behind_the_back("audit_dayroot", "DELETE FROM audit_dayroot")
    assert found() == [("root-missing", "audit_dayroot 2026-11-03")]


def test_a_row_edited_without_its_trigger_is_found(groups: list[Group], behind_the_back: Tamper) -> None:
    behind_the_back("auth_group", "UPDATE auth_group SET name = 'x' WHERE id = %s", groups[2].pk)
    assert list(faults()) == [Fault("row-edited", f"auth_group {groups[2].pk}", "name")]


def test_a_row_that_had_been_changed_before_is_compared_with_its_last_image(
    groups: list[Group], behind_the_back: Tamper
) -> None:
    behind_the_back("auth_group", "UPDATE auth_group SET name = '组5' WHERE id = %s", groups[5].pk)
    assert found() == [("row-edited", f"auth_group {groups[5].pk}")]


def test_a_row_put_back_after_its_deletion_is_compared_with_its_new_life(groups: list[Group]) -> None:
    key = groups[2].pk
    groups[2].delete()
    Group.objects.create(pk=key, name="重建")
    assert found() == []


def test_a_row_added_or_removed_without_its_trigger_is_found(groups: list[Group], behind_the_back: Tamper) -> None:
    behind_the_back("auth_group", "INSERT INTO auth_group (id, name) VALUES (4711, 'x')")
    behind_the_back("auth_group", "DELETE FROM auth_group WHERE id = %s", groups[2].pk)
    assert sorted(found()) == [("row-added", "auth_group 4711"), ("row-missing", f"auth_group {groups[2].pk}")]


def test_a_deleted_row_that_comes_back_without_its_trigger_is_found(
    groups: list[Group], behind_the_back: Tamper
) -> None:
    key = groups[2].pk
    groups[2].delete()
    behind_the_back("auth_group", "INSERT INTO auth_group (id, name) VALUES (%s, '组2')", key)
    assert found() == [("row-added", f"auth_group {key}")]


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_trigger_switched_off_is_found(owner: Connection, groups: list[Group], trigger: str) -> None:
    owner.execute(f"ALTER TABLE auth_group DISABLE TRIGGER {trigger}")  # type: ignore[arg-type]
    try:
        assert found() == [("trigger-off", "auth_group")]
    finally:
        owner.execute(f"ALTER TABLE auth_group ENABLE TRIGGER {trigger}")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "harmless",
    [
        "AFTER INSERT ON auth_group REFERENCING NEW TABLE AS added FOR EACH STATEMENT"
        " EXECUTE FUNCTION audit_inserted('id')",
        "AFTER UPDATE ON auth_group REFERENCING OLD TABLE AS gone NEW TABLE AS added FOR EACH STATEMENT WHEN (false)"
        " EXECUTE FUNCTION audit_updated('id')",
    ],
)
def test_a_trigger_made_harmless_is_found(owner: Connection, groups: list[Group], harmless: str) -> None:
    owner.execute(f"CREATE OR REPLACE TRIGGER audit_update {harmless}")  # type: ignore[arg-type]
    try:
        assert found() == [("trigger-off", "auth_group")]
    finally:
        owner.execute(
            "CREATE OR REPLACE TRIGGER audit_update AFTER UPDATE ON auth_group"
            " REFERENCING OLD TABLE AS gone NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION audit_updated('id')"
        )


def test_a_fen_moved_behind_the_back_is_found(behind_the_back: Tamper) -> None:
    open_account("pot", "pot", "池", may_be_negative=True)
    open_account("grant", "grant", "补助")
    post(key="k", kind="grant", postings=[("pot", -30000), ("grant", 30000)], memo="补助", by=None)
    actions.seal()
    assert found() == []
    posting = Posting.objects.get(amount_fen=30000)
    behind_the_back("ledger_posting", "UPDATE ledger_posting SET amount_fen = 40000 WHERE id = %s", posting.pk)
    behind_the_back("ledger_entry", "UPDATE ledger_entry SET kind = 'x'")
    behind_the_back("ledger_account", "UPDATE ledger_account SET balance_fen = 40000 WHERE key = 'grant'")
    assert [fault for fault in faults() if "ledger" in fault.where] == [
        Fault("row-edited", f"ledger_account {posting.account_id}", "balance_fen"),
        Fault("row-edited", f"ledger_entry {Entry.objects.get().pk}", "kind"),
        Fault("row-edited", f"ledger_posting {posting.pk}", "amount_fen"),
    ]


def test_the_command_names_the_row_and_fails(groups: list[Group], behind_the_back: Tamper, capsys: Any) -> None:
    behind_the_back("auth_group", "UPDATE auth_group SET name = 'x' WHERE id = %s", groups[2].pk)
    with pytest.raises(SystemExit) as exit:
        call_command("check_chain")
    assert exit.value.code == 1
    assert f"row-edited auth_group {groups[2].pk} name" in capsys.readouterr().err
