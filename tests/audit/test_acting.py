"""Whoever acts is known to the database for exactly as long as they act."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError

from minshi.audit.actors import acting, acting_key
from minshi.audit.models import Event
from minshi.lifecycle.action import action


class Key:
    def __init__(self, pk: int) -> None:
        self.pk = pk


ANNA, BEN = Key(11), Key(22)


def told() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('minshi.actor', true), '')")
        actor: str = cursor.fetchone()[0]
    return actor


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid: int = cursor.fetchone()[0]
    return pid


@pytest.mark.django_db
def test_the_inner_person_acts_until_the_inner_block_ends() -> None:
    with acting(ANNA):
        with acting(BEN):
            assert (told(), acting_key()) == ("22", 22)
        assert (told(), acting_key()) == ("11", 11)
        with acting(None):
            assert (told(), acting_key()) == ("", None)
        assert told() == "11"
    assert (told(), acting_key()) == ("", None)


@pytest.mark.django_db
def test_the_same_person_is_told_once(django_assert_num_queries: Any) -> None:
    with acting(ANNA), django_assert_num_queries(0), acting(ANNA):
        pass


@pytest.mark.django_db
def test_an_error_of_python_gives_the_word_back() -> None:
    with acting(ANNA):
        with pytest.raises(ZeroDivisionError), acting(BEN):
            1 / 0  # noqa: B018
        assert told() == "11"


@pytest.mark.django_db
def test_an_error_of_the_database_stays_the_error_it_was() -> None:
    """Telling the former person inside a broken transaction would put another error in its place."""
    Group.objects.create(name="丙组")
    with acting(ANNA):
        with pytest.raises(IntegrityError), transaction.atomic(), acting(BEN):
            Group.objects.create(name="丙组")
        assert told() == "11"


@pytest.mark.django_db
def test_a_savepoint_undone_inside_leaves_the_person_acting() -> None:
    with acting(ANNA):
        with pytest.raises(IntegrityError), transaction.atomic():
            Group.objects.create(name="丙组")
            Group.objects.create(name="丙组")
        assert told() == "11"


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nobody_can_act() -> None:
    with pytest.raises(TransactionManagementError), acting(ANNA):
        pass


@pytest.mark.django_db(transaction=True)
def test_the_next_transaction_on_the_same_connection_knows_nobody() -> None:
    with transaction.atomic(), acting(ANNA, to_the_end=True):
        first = backend()
        Group.objects.create(name="first")
    later = set()
    for turn in range(12):  # the pool has at most as many
        Group.objects.create(name=f"later {turn}")
        later.add(backend())
        connection.close()  # back to the pool
    assert first in later
    actors = Event.objects.filter(table_name="auth_group").order_by("id").values_list("actor", flat=True)
    assert list(actors) == [11] + [None] * 12


@pytest.mark.django_db(transaction=True)
def test_an_action_that_fails_leaves_nobody_acting() -> None:
    @action
    def fail(*, by: Any) -> None:
        Group.objects.create(name="丙组")
        Group.objects.create(name=None)

    with pytest.raises(IntegrityError):
        fail(by=ANNA)
    assert acting_key() is None
    Group.objects.create(name="丙组")
    assert list(Event.objects.filter(table_name="auth_group").values_list("actor", flat=True)) == [None]


@pytest.mark.django_db(transaction=True)
def test_an_action_within_a_transaction_gives_the_word_back() -> None:
    @action
    def add(name: str, *, by: Any) -> None:
        Group.objects.create(name=name)

    with transaction.atomic():
        add("甲组", by=ANNA)
        Group.objects.create(name="乙组")
    add("丙组", by=BEN)
    actors = Event.objects.filter(table_name="auth_group").order_by("id").values_list("actor", flat=True)
    assert list(actors) == [11, None, 22]


@pytest.mark.django_db(transaction=True)
def test_people_acting_at_the_same_time_are_not_mixed_up() -> None:
    @action
    def add(name: str, *, by: Key) -> None:
        Group.objects.create(name=name)

    def work(key: int) -> None:
        for turn in range(20):
            add(f"{key}-{turn}", by=Key(key))
        connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(1, 13)))
    events = Event.objects.filter(table_name="auth_group").values_list("actor", "after__name")
    assert len(events) == 240
    assert all(name.startswith(f"{actor}-") for actor, name in events)
