"""What the database refuses of ballots, whoever writes them: the application may not at all, the owner not these."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import ProgrammingError, transaction

from deliberation import actions
from deliberation.models import Ballot, BallotChange, Motion
from minshi.accounts.models import User
from minshi.clock import as_owner
from minshi.rolls.models import Unit
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db(transaction=True)

INSERT = """
INSERT INTO deliberation_ballot (unit_id, motion_id, choice, channel, slip_number, check_number, speaker_id, by_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
CHANGE = """
UPDATE deliberation_ballot SET choice = coalesce(%s, choice), channel = coalesce(%s, channel),
    speaker_id = coalesce(%s, speaker_id), slip_number = coalesce(%s, slip_number), check_number = %s WHERE unit_id = %s
"""


def number() -> str:
    return uuid4().hex[:12]


def insert(motion: Motion, unit: Unit | None, by: User, channel: str = "online", choice: str = "agree") -> None:
    """As the owner, past every action."""
    assert unit
    with as_owner() as owner:
        owner.execute(INSERT, [unit.pk, motion.pk, choice, channel, number(), number(), by.person.pk, by.pk])


def change(unit: Unit | None, *, choice: str = "", channel: str = "", by: User | None = None, slip: str = "") -> None:
    assert unit
    speaker = by.person.pk if by else None
    with as_owner() as owner:
        owner.execute(CHANGE, [choice or None, channel or None, speaker, slip or None, number(), unit.pk])


@pytest.fixture
def unit(motion: Motion) -> Unit | None:
    """The resident's."""
    return motion.roll.units.first()


def test_the_application_itself_writes_none(motion: Motion, unit: Unit, resident: User) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Ballot.objects.create(unit=unit, motion=motion, choice="agree", channel="online", by=resident)
    actions.cast(motion, "agree", receipt_id=uuid4(), by=resident)
    for attempt in (
        lambda: Ballot.objects.update(choice="against"),
        lambda: Ballot.objects.all().delete(),
        lambda: BallotChange.objects.create(unit=unit, choice="agree", by=resident),
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            attempt()


def test_two_ballots_of_one_unit_are_refused(motion: Motion, unit: Unit, resident: User) -> None:
    insert(motion, unit, resident)
    with pytest.raises(psycopg.IntegrityError):
        insert(motion, unit, resident)


def test_two_voices_of_one_person_are_refused(
    motion: Motion, unit: Unit, resident: User, chief: User, clerk: User, way: Way
) -> None:
    """Who voted and then signed for another door is not counted there, whatever paper says."""
    insert(motion, unit, resident)
    with as_owner() as owner:
        owner.execute("UPDATE residents_residence SET until = minshi_now() WHERE person_id = %s", [resident.person.pk])
        owner.execute(
            "INSERT INTO residents_residence (person_id, household_id, confirmed_at, is_representative) "
            "VALUES (%s, %s, minshi_now(), true)",
            [resident.person.pk, way.households[5].pk],
        )
    with pytest.raises(psycopg.IntegrityError, match="one_voice_on_a_motion"):
        insert(motion, motion.roll.units.get(household=way.households[5]), resident)


def test_nobody_speaks_for_another_door(motion: Motion, unit: Unit, neighbour: User) -> None:
    with pytest.raises(psycopg.IntegrityError, match="may not speak for it: elsewhere"):
        insert(motion, unit, neighbour)


def test_a_minor_speaks_for_no_door(motion: Motion, minor: User, way: Way) -> None:
    with pytest.raises(psycopg.IntegrityError, match="minor"):
        insert(motion, motion.roll.units.get(household=way.households[5]), minor)


def test_a_ballot_belongs_to_the_motion_of_its_unit(
    motion: Motion, unit: Unit, way: Way, resident: User, clerk: User
) -> None:
    other = actions.open_motion(way.cosigned(title="另一件事"), by=clerk)
    with pytest.raises(psycopg.IntegrityError, match="not on the roll"):
        insert(other, unit, resident)


def test_a_ballot_is_never_removed(motion: Motion, unit: Unit, resident: User) -> None:
    insert(motion, unit, resident)
    with as_owner() as owner, pytest.raises(psycopg.IntegrityError, match="never removed"):
        owner.execute("DELETE FROM deliberation_ballot")


@pytest.mark.parametrize(
    ("first", "second", "allowed"),
    [
        ("online", "kiosk", True),
        ("kiosk", "online", True),
        ("online", "proxy", True),
        ("proxy", "online", False),
        ("proxy", "kiosk", False),
    ],
)
def test_channels_replace_each_other_one_way(
    motion: Motion, unit: Unit, resident: User, first: str, second: str, allowed: bool
) -> None:
    insert(motion, unit, resident, channel=first)
    if allowed:
        change(unit, channel=second, slip=number())
        assert BallotChange.objects.get().channel == first
    else:
        with pytest.raises(psycopg.IntegrityError, match="not theirs"):
            change(unit, channel=second, slip=number())


def test_somebody_elses_ballot_is_not_changed_on_the_same_channel(
    motion: Motion, unit: Unit, resident: User, son: User
) -> None:
    insert(motion, unit, resident)
    with pytest.raises(psycopg.IntegrityError, match="not theirs"):
        change(unit, by=son, slip=number())


def test_a_change_brings_numbers_of_its_own(motion: Motion, unit: Unit, resident: User) -> None:
    insert(motion, unit, resident)
    with pytest.raises(psycopg.IntegrityError, match="new numbers"):
        change(unit, choice="against")


def test_after_the_end_none_comes_in(motion: Motion, unit: Unit, resident: User, clock: Any) -> None:
    clock.move(seconds=(motion.closes_at - clock.now()).total_seconds())
    with pytest.raises(psycopg.IntegrityError, match="closed"):
        insert(motion, unit, resident)


def test_paper_does_not_come_in_by_this_door(motion: Motion, unit: Unit, resident: User) -> None:
    with pytest.raises(psycopg.IntegrityError, match="counted after the end"):
        insert(motion, unit, resident, channel="paper")


def test_a_registered_sheet_shuts_the_phone_out(motion: Motion, unit: Unit, resident: User, chief: User) -> None:
    actions.register_paper(unit, receipt_id=uuid4(), photo=a_picture(), choice="agree", by=chief)
    with pytest.raises(psycopg.IntegrityError, match="registered paper"):
        insert(motion, unit, resident)


def test_an_unconfirmed_sheet_is_not_counted(motion: Motion, unit: Unit, resident: User, chief: User, way: Way) -> None:
    actions.register_paper(unit, receipt_id=uuid4(), photo=a_picture(), choice="agree", by=chief)
    way.to_counting(motion)
    with pytest.raises(psycopg.IntegrityError, match="not confirmed so"):
        insert(motion, unit, resident, channel="paper")
