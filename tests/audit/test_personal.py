"""What identifies a person stands in the chain as a digest only, and can be forgotten without breaking it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from minshi.accounts.models import User
from minshi.audit import actions
from minshi.audit.chain import faults
from minshi.audit.models import ClearValue, Event
from minshi.residents.models import Person
from tests.audit.conftest import Connection

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fresh_chain")]
OLD, NEW = "13800000001", "13900000002"


@pytest.fixture
def zhang() -> User:
    """Signed up, changed number, had a password set; all of it sealed."""
    user = User.objects.create_user("zhangsan", phone=OLD, password="correct horse")
    user.phone = NEW
    user.set_password("battery staple")
    user.save()
    actions.seal()
    return user


def dump(*tables: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT t::text FROM {table} t" for table in tables))
        return "\n".join(row for (row,) in cursor.fetchall())


def test_personal_values_appear_nowhere_in_the_chain(zhang: User) -> None:
    text = dump("audit_event", "audit_link", "audit_dayroot")
    for value in (OLD, NEW, "zhangsan", zhang.password):
        assert value not in text
    event = Event.objects.of(zhang)[1]
    assert set(event.after) == {"phone", "password"}
    assert all(value.startswith("sha256:") for value in (*event.before.values(), *event.after.values()))


def test_the_clear_values_stand_beside_it(zhang: User) -> None:
    event = Event.objects.of(zhang)[1]
    clear = ClearValue.objects.get(event_id=event.pk, field="phone")
    assert (clear.old, clear.new) == (OLD, NEW)


def test_a_secret_is_kept_nowhere(zhang: User) -> None:
    assert zhang.password not in dump("audit_clear", "audit_event")
    assert set(ClearValue.objects.filter(field="password").values_list("old", "new")) == {(None, None)}


def test_two_events_of_the_same_value_do_not_look_alike(zhang: User) -> None:
    zhang.phone = OLD
    zhang.save()
    digests = [event.after["phone"] for event in Event.objects.of(zhang)]
    assert len(digests) == len(set(digests)) == 3


def test_a_change_that_touches_nothing_personal_keeps_nothing_in_clear(zhang: User) -> None:
    zhang.is_staff = True
    zhang.save()
    event = Event.objects.of(zhang).last()
    assert event is not None
    assert event.after == {"is_staff": True}
    assert not ClearValue.objects.filter(event_id=event.pk).exists()


def test_erasing_forgets_the_values_and_their_salts_and_leaves_the_chain_whole(zhang: User) -> None:
    other = User.objects.create_user("lisi", phone="13700000003")
    with transaction.atomic():
        User.objects.filter(pk=zhang.pk).update(phone=None, username=f"erased-{zhang.pk}", password="!")
        erased = actions.erase(User, [zhang.pk], by=None)
    assert erased == 3 + 2 + 3
    text = dump("audit_event", "audit_link", "audit_clear")
    for value in (OLD, NEW, "zhangsan"):
        assert value not in text
    assert set(ClearValue.objects.filter(field="phone").values_list("new", flat=True)) == {other.phone}
    assert list(faults()) == []
    actions.seal()
    assert list(faults()) == []


def test_erasing_is_itself_an_event_with_its_actor(zhang: User) -> None:
    clerk = User.objects.create_user("clerk")
    actions.erase(User, [zhang.pk], by=clerk)
    event = Event.objects.of(zhang).last()
    assert event is not None
    assert (event.op, event.actor, event.before, event.after) == ("E", clerk.pk, None, None)


def test_erasing_what_is_erased_leaves_no_event(zhang: User) -> None:
    actions.erase(User, [zhang.pk], by=None)
    assert actions.erase(User, [zhang.pk], by=None) == 0
    assert Event.objects.of(zhang).filter(op="E").count() == 1


def test_a_deleted_persons_values_can_be_erased_too() -> None:
    person = Person.objects.create(name="张三")
    person.name = "张四"
    person.save()
    actions.seal()
    key = person.pk
    person.delete()
    assert actions.erase(Person, [key], by=None) == 1 + 1 + 1
    assert list(faults()) == []


@pytest.mark.parametrize(
    ("field", "value"), [("phone", "'13600000004'"), ("phone", "NULL"), ("username", "'x'"), ("password", "'x'")]
)
def test_a_personal_value_changed_behind_the_back_is_found(
    zhang: User, behind_the_back: Any, field: str, value: str
) -> None:
    behind_the_back("accounts_user", f"UPDATE accounts_user SET {field} = {value} WHERE id = %s", zhang.pk)
    assert [tuple(fault) for fault in faults()] == [("row-edited", f"accounts_user {zhang.pk}", field)]


def test_an_edited_clear_value_is_found(zhang: User, owner: Connection) -> None:
    event = Event.objects.of(zhang)[1]
    owner.execute("UPDATE audit_clear SET old = 'x' WHERE event_id = %s AND field = 'phone'", [event.pk])
    assert [tuple(fault) for fault in faults()] == [("clear-edited", f"audit_clear {event.pk}", "phone")]
