"""After every migration each table of ours has its trigger, and what it held before is written down."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group

from minshi.accounts.models import User
from minshi.audit import tracking
from minshi.audit.models import ClearValue, Event
from tests.audit.conftest import Connection

pytestmark = pytest.mark.django_db(transaction=True)


def triggers(owner: Connection) -> dict[str, tuple[tuple[int, ...], tuple[str, ...]]]:
    """By table: the triggers' own numbers, which change when they are made anew, and their arguments."""
    rows = owner.execute(
        "SELECT tgrelid::regclass::text, array_agg(oid::bigint ORDER BY oid), min(encode(tgargs, 'escape'))"
        " FROM pg_trigger WHERE tgname = ANY (%s) GROUP BY 1 HAVING count(*) = 3 AND count(DISTINCT tgargs) = 1",
        [list(tracking.TRIGGERS)],
    )
    return {table: (tuple(oids), tuple(told.split("\\000")[:-1])) for table, oids, told in rows}


def bring_up_to_date(owner: Connection) -> None:
    with owner.transaction(), owner.cursor() as cursor:
        tracking.bring_up_to_date(cursor)  # type: ignore[arg-type]


@pytest.fixture
def repaired(owner: Connection) -> Iterator[None]:
    yield
    bring_up_to_date(owner)


def test_the_triggers_know_key_and_personal_columns(owner: Connection) -> None:
    found = triggers(owner)
    assert found["accounts_user"][1] == ("id", "phone,username,password", "password")
    assert found["auth_group"][1] == ("id",)


def test_doing_it_again_changes_nothing(owner: Connection) -> None:
    before = triggers(owner)
    bring_up_to_date(owner)
    assert triggers(owner) == before


def test_the_application_may_do_it_again_too() -> None:
    """Emptying a database announces a migration as whichever role it runs."""
    tracking.attach("default")


@pytest.mark.usefixtures("repaired")
def test_a_trigger_that_is_missing_disabled_or_told_otherwise_is_made_anew(owner: Connection) -> None:
    before = triggers(owner)
    owner.execute("DROP TRIGGER audit_insert ON auth_group")
    owner.execute("ALTER TABLE territory_level DISABLE TRIGGER audit_delete")
    owner.execute(
        "CREATE OR REPLACE TRIGGER audit_insert AFTER INSERT ON accounts_user REFERENCING NEW TABLE AS added "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_inserted('id')"
    )
    bring_up_to_date(owner)
    after = triggers(owner)
    assert {table: told for table, (_oid, told) in after.items()} == {t: told for t, (_oid, told) in before.items()}
    changed = {table for table in after if after[table] != before[table]}
    assert changed == {"auth_group", "territory_level", "accounts_user"}


@pytest.mark.usefixtures("repaired")
def test_a_table_no_longer_recorded_loses_its_trigger(owner: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(User, "UNTRACKED", True, raising=False)
        bring_up_to_date(owner)
    assert "accounts_user" not in triggers(owner)
    assert "auth_group" in triggers(owner)


@pytest.mark.usefixtures("repaired")
def test_rows_from_before_the_trigger_are_written_down_once(owner: Connection) -> None:
    owner.execute("DROP TRIGGER audit_insert ON accounts_user")
    user = User.objects.create_user("zhang", phone="13800000001")
    bring_up_to_date(owner)
    bring_up_to_date(owner)
    event = Event.objects.of(user).get()
    assert (event.op, event.db_user, event.before) == ("B", "minshi_owner", None)
    assert event.after["phone"].startswith("sha256:")
    assert ClearValue.objects.get(event_id=event.pk, field="phone").new == "13800000001"


@pytest.mark.usefixtures("repaired")
def test_a_row_that_has_events_is_not_written_down_again(owner: Connection) -> None:
    group = Group.objects.create(name="丙组")
    owner.execute("DROP TRIGGER audit_update ON auth_group")
    owner.execute("UPDATE auth_group SET name = 'x'")
    bring_up_to_date(owner)
    assert [event.op for event in Event.objects.of(group)] == ["I"], "or a change unseen would be made good"
