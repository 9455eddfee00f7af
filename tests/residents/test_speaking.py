"""Who may speak for a door: one answer, asked by every page and by every guard."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from minshi.accounts.models import User
from minshi.refusals import NotAllowed
from minshi.residents import actions, speaking
from minshi.residents.models import Residence
from minshi.territory.models import Household
from tests.cast import home_of, make_resident

pytestmark = pytest.mark.django_db


def code(user: User, door: Household | None, **how: Any) -> str:
    return speaking.code(User.objects.get(pk=user.pk).person, door, **how)


def test_the_representative_speaks_and_nobody_else_of_the_door(resident: User, household: Household) -> None:
    son = make_resident("申儿子", household)
    assert (code(resident, household), code(son, household)) == ("", "represented")
    assert code(son, household, any_adult=True) == ""
    assert set(speaking.listeners([household.pk])) == {resident}
    assert set(speaking.adults_of([household.pk])) == {resident, son}


def test_until_one_is_named_any_adult_speaks(households: list[Household]) -> None:
    door = households[5]
    wife, husband = make_resident("巳妻子", door), make_resident("午丈夫", door)
    assert (code(wife, door), code(husband, door)) == ("", "")
    assert set(speaking.listeners([door.pk])) == {wife, husband}


@pytest.mark.parametrize(
    ("who", "why"),
    [("minor", "minor"), ("unconfirmed", "unconfirmed"), ("closed", "closed"), ("elsewhere", "elsewhere")],
)
def test_these_do_not_speak(households: list[Household], neighbour: User, who: str, why: str) -> None:
    door = households[5]
    people = {
        "minor": make_resident("未少年", door, adult=False),
        "unconfirmed": make_resident("申新来", door, confirmed=False),
        "closed": make_resident("酉注销", door),
        "elsewhere": neighbour,
    }
    people["closed"].is_active = False
    people["closed"].save()
    for any_adult in (False, True):
        assert code(people[who], door, any_adult=any_adult) == why
    assert people[who] not in speaking.listeners([door.pk])
    assert people[who] not in speaking.adults_of([door.pk])


def test_who_moved_out_speaks_no_more_for_the_door(resident: User, chief: User, household: Household) -> None:
    before = home_of(resident).since
    actions.move_out(home_of(resident), by=chief)
    assert code(resident, household) == "unregistered"
    assert speaking.why_not_then(User.objects.get(pk=resident.pk), household.pk, before) == []


def test_who_never_lived_there_did_not_then_either(neighbour: User, household: Household, clock: Any) -> None:
    assert speaking.why_not_then(neighbour, household.pk, clock.now())


def test_the_reason_names_what_one_was_about_to_do(resident: User, households: list[Household]) -> None:
    with pytest.raises(NotAllowed, match="只能代表自己家打分"):
        speaking.speaker(resident, households[7], act="打分")


def test_nobody_lives_at_two_doors_at_once(resident: User, households: list[Household]) -> None:
    with pytest.raises(IntegrityError, match="one_residence_at_a_time"), transaction.atomic():
        Residence.objects.create(person=resident.person, household=households[8])


@pytest.mark.parametrize("change", ["household", "person"])
def test_a_residence_stays_whose_it_was_and_where(
    resident: User, neighbour: User, households: list[Household], change: str
) -> None:
    home = home_of(resident)
    wanted = {"household": households[8], "person": neighbour.person}[change]
    with pytest.raises(IntegrityError, match="stays what it was"), transaction.atomic():
        Residence.objects.filter(pk=home.pk).update(**{change: wanted})


def test_an_ended_residence_is_not_taken_up_again(resident: User, chief: User) -> None:
    home = home_of(resident)
    actions.move_out(home, by=chief)
    with pytest.raises(IntegrityError, match="stays what it was"), transaction.atomic():
        Residence.objects.filter(pk=home.pk).update(until=None)


def test_a_representative_is_somebody_confirmed(households: list[Household]) -> None:
    with pytest.raises(IntegrityError, match="representative_is_confirmed"), transaction.atomic():
        Residence.objects.create(household=households[8], is_representative=True)
