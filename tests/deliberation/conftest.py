"""A vote that is open, and people of every kind who might try to vote in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deliberation.models import Motion
from minshi.accounts.models import User
from minshi.rolls.models import Unit
from minshi.territory.models import Household
from tests.cast import make_resident
from tests.way import Way


@pytest.fixture
def motion(way: Way) -> Motion:
    """Open, in the yard of twelve households."""
    return Motion.objects.select_related("place", "roll", "proposal__place").get(proposal=way.voting())


@pytest.fixture
def empty_door(households: list[Household]) -> Household:
    """A household nobody of the cast lives in and that has no representative."""
    return households[5]


@pytest.fixture
def member(empty_door: Household) -> User:
    return make_resident("巳家人", empty_door)


@pytest.fixture
def other_member(empty_door: Household) -> User:
    return make_resident("午家人", empty_door)


@pytest.fixture
def minor(empty_door: Household) -> User:
    return make_resident("未小孩", empty_door, adult=False)


@pytest.fixture
def son(household: Household) -> User:
    """An adult of the resident's household, which has a representative."""
    return make_resident("申儿子", household)


@pytest.fixture
def unconfirmed(empty_door: Household) -> User:
    return make_resident("酉新来", empty_door, confirmed=False)


@pytest.fixture
def door_unit(motion: Motion) -> Callable[[Household], Unit]:
    return lambda household: motion.roll.units.get(household=household)


@pytest.fixture
def unit_of(motion: Motion) -> Callable[[Household], Unit]:
    return lambda household: motion.roll.units.get(household=household)
