"""A household without a phone gets its check number in a closed letter, printed by nobody of the place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from deliberation import actions, selectors
from deliberation.models import CheckLetter, Motion
from minshi.accounts.models import User
from minshi.notifications.models import Message
from minshi.paper import numbers
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Residence, Role, RoleGrant
from minshi.rolls.models import Unit
from minshi.territory.models import Household, Territory
from tests.cast import grant, make_resident
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def published(motion: Motion, way: Way) -> Motion:
    return way.vote_on_paper(motion.proposal, agree=8)


@pytest.fixture
def unit(published: Motion, households: list[Household]) -> Unit:
    return published.roll.units.get(household=households[3])


@pytest.fixture
def letter(unit: Unit, chief: User) -> CheckLetter:
    return actions.ask_letter(unit, by=chief)


def test_the_way_of_a_letter(
    published: Motion, unit: Unit, chief: User, case_officer: User, client_of: ClientOf
) -> None:
    page = f"/projects/{published.proposal.number}/votes/1/letter/"
    asked = client_of(chief).post(page, {"door": unit.household.door})
    assert asked.status_code == 302
    printer = client_of(case_officer)
    assert "打印核对号信" in printer.get("/mine/").content.decode()
    letter = CheckLetter.objects.get()
    sheet = printer.post("/letters/", {"letter": letter.pk})
    text = printer.get(sheet.url).content.decode()
    assert numbers.shown(unit.ballot.check_number) in text
    assert unit.household.address in text
    assert numbers.shown(unit.ballot.slip_number) not in text
    letter.refresh_from_db()
    assert (letter.asked_by, letter.printed_by) == (chief, case_officer)
    assert client_of(chief).get(sheet.url).status_code == 404


def test_it_is_printed_once_and_read_on_that_day(
    letter: CheckLetter, case_officer: User, approver: User, client_of: ClientOf, clock: Any
) -> None:
    actions.print_letter(letter, by=case_officer)
    with pytest.raises(Refused, match="已经打印过"):
        actions.print_letter(letter, by=approver)
    assert client_of(approver).get(f"/letters/{letter.pk}/").status_code == 404
    clock.move(days=1)
    assert client_of(case_officer).get(f"/letters/{letter.pk}/").status_code == 404


@pytest.mark.parametrize("who", ["chief", "clerk", "party", "supervisor", "resident", "district_officer", "stranger"])
def test_who_does_not_print(request: pytest.FixtureRequest, letter: CheckLetter, case_officer: User, who: str) -> None:
    for post in ("case_officer", "approver", "cashier"):
        request.getfixturevalue(post)  # no post is empty, so that nobody stands in
    with pytest.raises(NotAllowed):
        actions.print_letter(letter, by=request.getfixturevalue(who))


def test_nor_does_somebody_at_the_street_with_a_part_in_the_place(
    letter: CheckLetter, case_officer: User, yard: Territory, client_of: ClientOf
) -> None:
    grant(case_officer, Role.TEN_CHIEF, yard)
    with pytest.raises(NotAllowed):
        actions.print_letter(letter, by=case_officer)
    assert "现在没有等打印的" in client_of(case_officer).get("/letters/").content.decode()


def test_where_the_street_has_nobody_the_district_stands_in(
    letter: CheckLetter, case_officer: User, district_officer: User
) -> None:
    RoleGrant.objects.filter(user=case_officer).delete()
    assert actions.print_letter(letter, by=district_officer).printed_by == district_officer


def test_before_the_result_nobody_asks(motion: Motion, resident: User, household: Household, chief: User) -> None:
    actions.cast(motion, "agree", receipt_id=uuid4(), by=resident)
    with pytest.raises(Refused, match="结果公布以后"):
        actions.ask_letter(motion.roll.units.get(household=household), by=chief)


def test_asked_once_and_only_where_there_is_a_ballot(
    letter: CheckLetter, published: Motion, chief: User, clerk: User
) -> None:
    with pytest.raises(Refused, match="已经申请过"):
        actions.ask_letter(letter.unit, by=clerk)
    with pytest.raises(Refused, match="没有参加"):
        actions.ask_letter(published.roll.units.filter(ballot=None).first(), by=chief)


def test_whoever_has_an_account_there_is_told(
    published: Motion, resident: User, household: Household, chief: User
) -> None:
    actions.ask_letter(published.roll.units.get(household=household), by=chief)
    assert Message.objects.of(resident).filter(title__contains="核对号信").exists()


def test_a_stranger_asks_for_none(unit: Unit, stranger_chief: User) -> None:
    with pytest.raises(NotAllowed):
        actions.ask_letter(unit, by=stranger_chief)


def moved_out_and_in(door: Household, clock: Any) -> User:
    """Whoever lived behind the door is gone, somebody else is there."""
    clock.move(minutes=5)
    Residence.objects.filter(household=door, until=None).update(until=clock.now(), is_representative=False)
    clock.move(minutes=5)
    return make_resident("亥新来", door, represents=True, since=clock.now())


def test_no_letter_goes_to_who_moved_in_after_the_ballot(
    unit: Unit, letter: CheckLetter, households: list[Household], chief: User, case_officer: User, clock: Any
) -> None:
    moved_out_and_in(households[3], clock)
    with pytest.raises(Refused, match="投票以后才登记"):
        actions.print_letter(letter, by=case_officer)
    assert selectors.letters_to_print(case_officer) == []
    other = unit.roll.units.get(household=households[4])
    moved_out_and_in(households[4], clock)
    with pytest.raises(Refused) as refused:
        actions.ask_letter(other, by=chief)
    assert "投票以后才登记" in str(refused.value.fields["door"])
