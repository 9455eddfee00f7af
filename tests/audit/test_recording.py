"""Every change leaves an event, whichever way it came, and nobody can write one by hand."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import ProgrammingError, connection, transaction

from minshi.accounts.models import User
from minshi.audit.actors import acting, origin
from minshi.audit.models import Event
from minshi.audit.tracking import tracked

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor() -> User:
    return User.objects.create_user("actor")


def sql(statement: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def ops(row: Any) -> list[str]:
    return list(Event.objects.of(row).values_list("op", flat=True))


def test_an_event_tells_who_what_when_and_from_where(actor: User) -> None:
    token = origin.set("project_new")
    with acting(actor):
        group = Group.objects.create(name="丙组")
    origin.reset(token)
    event = Event.objects.of(group).get()
    assert (event.op, event.actor, event.origin, event.db_user) == ("I", actor.pk, "project_new", "minshi_app")
    assert (event.before, event.after) == (None, {"id": group.pk, "name": "丙组"})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_current_xact_id()::text::bigint, abs(extract(epoch FROM minshi_now() - %s)) < 5", [event.at]
        )
        assert cursor.fetchone() == (event.xid, True)


def test_what_nobody_claims_is_the_platforms(actor: User) -> None:
    group = Group.objects.create(name="丙组")
    assert Event.objects.of(group).get().actor is None


def test_an_update_keeps_only_what_changed_before_and_after() -> None:
    user = User.objects.create_user("zhang")
    user.is_staff = True
    user.save()
    event = Event.objects.of(user).last()
    assert event is not None
    assert (event.op, event.before, event.after) == ("U", {"is_staff": False}, {"is_staff": True})


def test_a_save_that_changes_nothing_leaves_no_event() -> None:
    group = Group.objects.create(name="丙组")
    group.save()
    assert ops(group) == ["I"]


def test_a_deletion_keeps_the_whole_row() -> None:
    group = Group.objects.create(name="丙组")
    key = group.pk
    group.delete()
    event = Event.objects.get(table_name="auth_group", row_pk=str(key), op="D")
    assert (event.before, event.after) == ({"id": key, "name": "丙组"}, None)


def test_bulk_create_is_recorded_with_its_actor(actor: User) -> None:
    with acting(actor):
        groups = Group.objects.bulk_create([Group(name=f"组{n}") for n in range(7)])
    assert [(ops(group), Event.objects.of(group).get().actor) for group in groups] == [(["I"], actor.pk)] * 7


def test_a_queryset_update_is_recorded_with_its_actor(actor: User) -> None:
    groups = [Group.objects.create(name=f"组{n}") for n in range(3)]
    with acting(actor):
        Group.objects.filter(name="组1").update(name="组一")
    event = Event.objects.of(groups[1]).last()
    assert event is not None
    assert (event.actor, event.before, event.after) == (actor.pk, {"name": "组1"}, {"name": "组一"})
    assert ops(groups[0]) == ["I"]


def test_raw_sql_is_recorded_with_its_actor(actor: User) -> None:
    group = Group.objects.create(name="丙组")
    with acting(actor):
        sql("UPDATE auth_group SET name = 'raw' WHERE id = %s", group.pk)
        sql("DELETE FROM auth_group WHERE id = %s", group.pk)
    assert list(Event.objects.of(group).filter(actor=actor.pk).values_list("op", flat=True)) == ["U", "D"]


def test_a_many_to_many_row_is_recorded(actor: User) -> None:
    actor.groups.add(Group.objects.create(name="丙组"))
    assert Event.objects.filter(table_name="accounts_user_groups", op="I").count() == 1


def test_an_undone_savepoint_leaves_no_event() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Group.objects.create(name="丙组")
        1 / 0  # noqa: B018
    assert not Event.objects.filter(table_name="auth_group").exists()


def test_every_table_of_ours_is_recorded_unless_it_says_otherwise() -> None:
    ours = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.split(".")[0] in {"minshi", "proposals", "deliberation", "funding", "evaluation"}
        and model._meta.app_label != "audit"
        and not hasattr(model, "UNTRACKED")
        and not hasattr(model, "history_object")
    }
    recorded = {entry.table for entry in tracked()}
    assert ours <= recorded
    assert {"auth_group", "account_emailaddress", "mfa_authenticator"} <= recorded
    assert not recorded & {"django_session", "audit_event", "audit_link", "lifecycle_edge"}


@pytest.mark.parametrize("table", ["audit_event", "audit_link", "audit_dayroot", "audit_clear"])
@pytest.mark.parametrize("statement", ["INSERT INTO {} DEFAULT VALUES", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_application_cannot_write_the_audit(table: str, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        sql(statement.format(table))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor = 1",
        "UPDATE audit_link SET event_id = 1",
        "UPDATE audit_dayroot SET seq = 1",
        "UPDATE audit_clear SET new = ''",
        "TRUNCATE auth_group CASCADE",
        "ALTER TABLE auth_group DISABLE TRIGGER audit_insert",
        "SELECT audit_write('I', 'auth_group', '1', NULL, '{}', '{}', '{}')",
        "SELECT audit_baseline('auth_group', 'id', '{}', '{}')",
        "SET session_replication_role = replica",
    ],
)
def test_the_application_cannot_get_round_the_audit(statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        sql(statement)


def test_an_event_cannot_be_forged_through_a_temporary_table_of_a_real_name() -> None:
    sql("CREATE TEMPORARY TABLE ledger_entry (id bigint)")
    with pytest.raises(ProgrammingError, match="permission denied"):
        sql(
            "CREATE TRIGGER t AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS added"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_inserted('id')"
        )


def test_events_cannot_be_led_away_into_a_temporary_table() -> None:
    sql("CREATE TEMPORARY TABLE audit_event (LIKE public.audit_event)")
    Group.objects.create(name="丙组")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_temp.audit_event")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM public.audit_event WHERE table_name = 'auth_group'")
        assert cursor.fetchone() == (1,)


def test_events_are_append_only_even_for_the_owner(owner: Any) -> None:
    group = Group.objects.create(name="丙组")
    for statement in ("UPDATE audit_event SET actor = 1", "DELETE FROM audit_event"):
        with pytest.raises(Exception, match="append-only"):
            owner.execute(statement)
    assert ops(group) == ["I"]
