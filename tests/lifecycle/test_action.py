"""The one door: all or nothing, and a knot of two locks is done again instead of shown to a person."""

from __future__ import annotations

import threading

import pytest
from django.db import OperationalError, connection, transaction

from minshi.accounts.models import User
from minshi.lifecycle.action import action
from minshi.territory.models import Level

pytestmark = pytest.mark.django_db(transaction=True)


def _cross(do: object) -> list[BaseException]:
    """Two at once, each taking what the other already holds; returns what went wrong."""
    both, faults = threading.Barrier(2, timeout=20), []
    met: set[str] = set()

    def lock(code: str) -> None:
        Level.objects.select_for_update().get(code=code)

    def take(first: str, second: str) -> None:
        lock(first)
        if first not in met:  # only the first time round: whoever is undone comes again alone
            met.add(first)
            both.wait()
        lock(second)

    def run(first: str, second: str) -> None:
        try:
            do(take, first, second)  # type: ignore[operator]
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in (("one", "two"), ("two", "one"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return faults


@pytest.fixture
def levels() -> None:
    Level.objects.get_or_create(code="one", defaults={"name": "甲", "rank": 901})
    Level.objects.get_or_create(code="two", defaults={"name": "乙", "rank": 902})


def test_two_people_in_each_others_way_both_get_through(levels: None) -> None:
    @action
    def both(take: object, first: str, second: str, *, by: User | None) -> None:
        take(first, second)  # type: ignore[operator]

    assert _cross(lambda *what: both(*what, by=None)) == []


def test_without_the_door_one_of_them_sees_a_fault(levels: None) -> None:
    def naive(take: object, first: str, second: str) -> None:
        with transaction.atomic():
            take(first, second)  # type: ignore[operator]

    faults = _cross(naive)
    assert len(faults) == 1 and isinstance(faults[0], OperationalError)
