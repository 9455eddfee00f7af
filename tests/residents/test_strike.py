"""A door leaves the register by two people: one asks with a reason, another confirms; nobody does both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from minshi.residents import register, striking
from minshi.residents.models import Role, StrikeOff
from minshi.residents.waiting import STRIKE
from minshi.territory.actions import add_place
from minshi.territory.models import Household, Territory
from tests.cast import grant, make_resident, make_staff, struck_off

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
PAGE = "/residents/strikes/"


@pytest.fixture
def door(yard: Territory, clerk: User) -> Household:
    """Entered by mistake."""
    return register.add_doors(yard, ["1单元9901"], by=clerk)[0]


@pytest.fixture
def other_chief(yard: Territory) -> User:
    """The chief of the building beside the door's yard."""
    far = add_place(parent=yard.parent, code="990101001001-7", name="样板巷7号院", level="yard", by=None)
    user = make_resident("巳楼长", None)
    grant(user, Role.CHIEF, far)
    return user


def asked(door: Household, by: User) -> StrikeOff:
    return striking.ask_to_strike(door, reason="登记错了", by=by)


def waits(strike: StrikeOff) -> Deadline:
    return Deadline.objects.of(strike).open().get(kind=STRIKE)


def let_it_pass(strike: StrikeOff) -> None:
    platform_clock.move(waits(strike).due - platform_clock.now() + timedelta(minutes=1))
    deadlines.sweep()


def is_there(door: Household) -> bool:
    return Household.objects.get(pk=door.pk).is_active


def test_one_asks_and_another_confirms(door: Household, clerk: User, second_clerk: User) -> None:
    strike = asked(door, clerk)
    assert is_there(door)
    striking.confirm_strike(strike, by=second_clerk)
    assert not is_there(door)
    strike.refresh_from_db()
    assert (strike.asked_as, strike.answered_as) == ("一社区工作人员", "一社区工作人员")
    with pytest.raises(Refused, match="已经注销"):
        asked(door, clerk)


def test_who_asked_does_not_confirm(door: Household, clerk: User, second_clerk: User) -> None:
    strike = asked(door, clerk)
    with pytest.raises(NotAllowed, match="另一个人"):
        striking.confirm_strike(strike, by=clerk)
    assert is_there(door)


def test_the_database_refuses_the_same_human_and_anybody_alone(
    door: Household, clerk: User, second_clerk: User
) -> None:
    strike = asked(door, clerk)
    with pytest.raises(IntegrityError), transaction.atomic():
        StrikeOff.objects.filter(pk=strike.pk).update(
            answered_by=clerk, answered_at=platform_clock.now(), is_granted=True
        )
    with pytest.raises(IntegrityError, match="two people"), transaction.atomic():
        Household.objects.filter(pk=door.pk).update(is_active=False)
    with pytest.raises(IntegrityError, match="asked and answered once"), transaction.atomic():
        StrikeOff.objects.create(
            household=door, reason="x", asked_by=clerk, answered_by=second_clerk, answered_at=platform_clock.now(),
            is_granted=True,
        )  # fmt: skip
    striking.refuse_strike(strike, reason="还有人住", by=second_clerk)
    with pytest.raises(IntegrityError, match="two people"), transaction.atomic():
        Household.objects.filter(pk=door.pk).update(is_active=False)
    with pytest.raises(IntegrityError, match="asked and answered once"), transaction.atomic():
        StrikeOff.objects.filter(pk=strike.pk).update(is_granted=True)


def test_a_reason_is_asked_for_and_one_asks_once(door: Household, clerk: User, second_clerk: User) -> None:
    with pytest.raises(Refused) as refused:
        striking.ask_to_strike(door, reason=" ", by=clerk)
    assert "reason" in refused.value.fields
    asked(door, clerk)
    with pytest.raises(Refused, match="等另一位确认"):
        asked(door, second_clerk)


def test_the_second_person_may_refuse_with_a_reason_that_the_first_reads(
    door: Household, clerk: User, second_clerk: User
) -> None:
    strike = asked(door, clerk)
    with pytest.raises(Refused, match="为什么不同意"):
        striking.refuse_strike(strike, reason="", by=second_clerk)
    striking.refuse_strike(strike, reason="还有人住", by=second_clerk)
    assert is_there(door)
    told = Message.objects.get(user=clerk)
    assert "没有注销" in told.title and told.body == "还有人住"
    asked(door, clerk)


# --- Who the second is ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "named"),
    [
        (["second_clerk", "party", "supervisor", "other_chief", "case_officer"], "second_clerk"),
        (["party", "supervisor", "other_chief", "case_officer"], "party"),
        (["supervisor", "other_chief", "case_officer"], "supervisor"),
        (["other_chief", "chief", "case_officer"], "other_chief"),
        (["chief", "case_officer", "district_officer"], "case_officer"),
        (["chief", "approver", "district_officer"], "approver"),
        (["chief", "district_officer"], "district_officer"),
    ],
)
def test_the_second_is_the_first_there_is_and_is_told(
    door: Household, clerk: User, there: list[str], named: str, request: Any
) -> None:
    who = {name: request.getfixturevalue(name) for name in there}
    strike = asked(door, clerk)
    heard = [name for name, user in who.items() if Message.objects.filter(user=user).exists()]
    assert heard == [named]
    for name in there:
        if name != named:
            with pytest.raises(NotAllowed):
                striking.confirm_strike(strike, by=who[name])
    striking.confirm_strike(strike, by=who[named])
    assert not is_there(door)


def test_where_the_street_asks_it_is_another_officer_there_else_the_district(
    door: Household, second_clerk: User, case_officer: User, district_officer: User, street: Territory
) -> None:
    strike = asked(door, case_officer)
    assert waits(strike).role == Role.DISTRICT_OFFICER
    striking.refuse_strike(strike, reason="先核实", by=district_officer)
    make_staff("case2", "未经办", Role.CASE_OFFICER, street)
    assert waits(asked(door, case_officer)).role == Role.CASE_OFFICER


def test_silence_climbs_to_the_next_and_stays_with_the_last(
    door: Household, clerk: User, party: User, case_officer: User, clock: Any
) -> None:
    clock.set("2026-03-02 09:00")
    strike = asked(door, clerk)
    assert waits(strike).role == Role.PARTY
    let_it_pass(strike)
    assert waits(strike).role == Role.CASE_OFFICER
    assert Message.objects.filter(user=case_officer).exists()
    due = waits(strike).due
    clock.move(days=5)
    deadlines.sweep()
    assert (waits(strike).role, waits(strike).due) == (Role.CASE_OFFICER, due), "late since it was due"
    assert is_there(door)


def test_the_second_has_it_on_their_own_page_and_presses_once(
    door: Household, clerk: User, other_chief: User, client_of: ClientOf
) -> None:
    asked(door, clerk)
    client = client_of(other_chief)
    assert PAGE in client.get("/mine/").content.decode()
    assert "1单元9901" in client.get(PAGE).content.decode() and "登记错了" in client.get(PAGE).content.decode()
    strike = StrikeOff.objects.get()
    answer = client.post(PAGE, {"strike": strike.pk, "verdict": "no", "reason": ""})
    assert answer.status_code == 422 and "为什么不同意" in answer.content.decode()
    client.post(PAGE, {"strike": strike.pk, "verdict": "yes"})
    assert not is_there(door)
    assert "现在没有门牌等您确认" in client.get(PAGE).content.decode()
    assert client.post(PAGE, {"strike": strike.pk, "verdict": "yes"}).status_code == 403
    assert client.post(PAGE, {"strike": "9" * 30}).status_code == 404


def test_the_desk_asks_and_names_what_it_waits_for(
    door: Household, clerk: User, second_clerk: User, client_of: ClientOf
) -> None:
    client, page = client_of(clerk), f"/admin/territory/household/{door.pk}/"
    assert client.post(f"{page}do/strike/", {"reason": ""}).status_code == 422
    client.post(f"{page}do/strike/", {"reason": "登记错了"})
    assert "等另一位确认" in client.get(f"{page}change/").content.decode()
    assert "等另一位确认" in client.get(f"{page}do/strike/").content.decode()
    desk = client_of(second_clerk).get("/admin/").content.decode()
    assert "确认注销门牌" in desk and PAGE in desk
    assert "1单元9901" not in desk, "doors stay on the page of whoever may see them"


def test_who_has_no_role_sees_nothing(resident: User, client_of: ClientOf) -> None:
    assert client_of(resident).get(PAGE).status_code == 403


# --- As before --------------------------------------------------------------------------------------


def test_a_door_struck_off_is_restored_by_one(yard: Territory, door: Household, clerk: User, neighbour: User) -> None:
    struck_off(door)
    with pytest.raises(Refused, match="已注销，可以恢复"):
        register.add_doors(yard, ["1-9901"], by=clerk)
    with pytest.raises(NotAllowed):
        striking.restore_door(door, by=neighbour)
    striking.restore_door(door, by=clerk)
    assert is_there(door)
    with pytest.raises(Refused, match="没有注销"):
        striking.restore_door(door, by=clerk)
    with pytest.raises(IntegrityError, match="two people"), transaction.atomic():
        Household.objects.filter(pk=door.pk).update(is_active=False)


def test_nobody_is_struck_off_with_their_door(
    household: Household, resident: User, clerk: User, second_clerk: User, households: list[Household]
) -> None:
    with pytest.raises(Refused, match="搬走"):
        asked(household, clerk)
    strike = asked(households[-1], clerk)
    make_resident("新来的", households[-1])
    with pytest.raises(Refused, match="搬走"):
        striking.confirm_strike(strike, by=second_clerk)
    assert is_there(households[-1])


@pytest.mark.parametrize("who", ["resident", "chief", "stranger_clerk", "party"])
def test_others_ask_for_nothing(households: list[Household], clerk: User, who: str, request: Any) -> None:
    with pytest.raises(NotAllowed):
        asked(households[-1], request.getfixturevalue(who))
