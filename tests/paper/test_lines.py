"""A line of paper: read twice by two who do not see each other's reading, put right once, never rewritten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from minshi.accounts.models import User
from minshi.clock import now
from minshi.paper import actions
from minshi.paper.models import Line, Sheet
from minshi.paper.numbers import is_number
from minshi.refusals import NotAllowed, Refused
from minshi.residents.actions import move_out
from minshi.territory.models import Household, Territory
from tests.cast import home_of, make_resident
from tests.way import a_picture

pytestmark = pytest.mark.django_db
YES, NO, MAYBE = {"said": "yes"}, {"said": "no"}, {"said": "maybe"}


@pytest.fixture
def line(yard: Territory, household: Household, resident: User, chief: User) -> Line:
    """The resident's, registered by the chief."""
    door = (household, resident.person)
    return actions.register(yard, [door], about="换门锁", stub=a_picture(), by=chief).lines.get()


@pytest.fixture
def read(line: Line, chief: User) -> Line:
    until = now() + timedelta(days=3)
    return actions.read(line, YES, words=a_picture(), needs_words=True, correct_until=until, by=chief)


def test_a_sheet_of_many_doors_has_a_line_and_a_slip_for_each(
    yard: Territory, households: list[Household], chief: User
) -> None:
    sheet = actions.register(yard, [(door, None) for door in households], about="附议", by=chief)
    numbers = list(sheet.lines.values_list("slip_number", flat=True))
    assert len(set(numbers)) == 12 and all(map(is_number, numbers))


def test_the_halves_are_photographed_apart(read: Line) -> None:
    assert read.sheet.stub.name.startswith("paper/stubs/")
    assert read.words.name.startswith("paper/words/")


def test_two_readings_alike_settle_it(read: Line, clerk: User) -> None:
    actions.read_again(read, YES, by=clerk)
    assert (read.settled, read.is_settled, read.said) == (YES, True, YES)


def test_differing_ones_wait_for_a_third_person(read: Line, clerk: User, second_clerk: User, chief: User) -> None:
    actions.read_again(read, NO, by=clerk)
    assert read.is_doubted and read.said is None
    for reader in (chief, clerk):
        with pytest.raises(Refused, match="不能自己核对"):
            actions.read_again(read, NO, by=reader)
    with pytest.raises(Refused, match="三人一起看"):
        actions.read_again(read, MAYBE, by=second_clerk)
    actions.read_again(read, NO, by=second_clerk)
    assert read.settled == NO


def test_who_may_read_next_is_whoever_has_not(read: Line, clerk: User, chief: User) -> None:
    assert list(Line.objects.waiting_for(clerk)) == [read]
    assert not Line.objects.waiting_for(chief).exists()


def test_the_signer_is_of_the_door(yard: Territory, household: Household, neighbour: User, chief: User) -> None:
    with pytest.raises(Refused) as refusal:
        actions.register(yard, [(household, neighbour.person)], about="换门锁", by=chief)
    assert "signer" in refusal.value.fields
    sheet = Sheet.objects.create(place=yard, about="换门锁", registered_by=chief)
    with pytest.raises(IntegrityError, match="could not have signed"), transaction.atomic():
        Line.objects.create(sheet=sheet, household=household, signer=neighbour.person, slip_number="X")


def test_who_lived_there_corrects_it_even_after_moving(read: Line, resident: User, chief: User) -> None:
    move_out(home_of(resident), by=chief)
    actions.correct(read, NO, reason="勾错了", by=User.objects.get(pk=resident.pk))
    assert read.said == NO


def test_who_came_later_does_not(read: Line, household: Household, clock: Any) -> None:
    newcomer = make_resident("亥后来", household, since=now())
    with pytest.raises(NotAllowed):
        actions.correct(read, NO, reason="勾错了", by=newcomer)


def test_it_is_corrected_once_and_in_time(read: Line, resident: User, clock: Any) -> None:
    clock.move(days=4)
    with pytest.raises(Refused, match="期限已经过了"):
        actions.correct(read, NO, reason="勾错了", by=resident)
    with pytest.raises(IntegrityError, match="days to correct it are over"), transaction.atomic():
        Line.objects.filter(pk=read.pk).update(
            corrected=NO, corrected_by=resident, corrected_at=now(), correction="勾错了"
        )


@pytest.mark.parametrize(
    "change",
    [{"first": NO}, {"settled": NO}, {"slip_number": "X"}, {"household": None}, {"signer": None}, {"words": "x.jpg"}],
    ids=lambda change: next(iter(change)),
)
def test_nothing_that_was_read_is_rewritten(read: Line, clerk: User, change: dict[str, Any]) -> None:
    actions.read_again(read, YES, by=clerk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Line.objects.filter(pk=read.pk).update(**change)


def test_one_person_does_not_settle_it_by_raw_sql(read: Line, chief: User, clerk: User) -> None:
    with pytest.raises(IntegrityError, match="second_reading_is_by_another"), transaction.atomic():
        Line.objects.filter(pk=read.pk).update(second=YES, second_by=chief)
    with pytest.raises(IntegrityError, match="settled_is_what_two_read"), transaction.atomic():
        Line.objects.filter(pk=read.pk).update(second=NO, second_by=clerk, settled=YES, settled_at=now())


def test_it_is_taken_back_with_a_reason_and_never_removed(line: Line, chief: User, clerk: User) -> None:
    with pytest.raises(Refused) as refusal:
        actions.void(line, reason=" ", by=chief)
    assert "reason" in refusal.value.fields
    with pytest.raises(Refused, match="另一位"):
        actions.void(line, reason="没有收回", by_another=True, by=chief)
    actions.void(line, reason="没有收回", by_another=True, by=clerk)
    with pytest.raises(Refused):
        actions.read(line, YES, by=clerk)
    with pytest.raises(IntegrityError, match="never removed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM paper_line WHERE id = %s", [line.pk])


def test_a_door_stands_once_on_a_sheet(yard: Territory, household: Household, chief: User) -> None:
    with pytest.raises(Refused) as refused, transaction.atomic():
        actions.register(yard, [(household, None), (household, None)], about="附议", receipt_id=uuid4(), by=chief)
    assert "one_line_per_door" in str(refused.value.__cause__)
