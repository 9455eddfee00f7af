"""撤销一户的纸质附议: entered by mistake, taken back by another than who registered it, counted anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from minshi.accounts.models import User
from minshi.clock import now
from minshi.notifications.models import Message, ToTell
from minshi.paper.models import Sheet
from minshi.refusals import NotAllowed, Refused
from minshi.territory.models import Household
from proposals import actions
from proposals.models import Proposal
from tests.desk.test_scope import do_of
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def listed(proposal: Proposal, doors: list[Household], by: User, read_by: User | None = None) -> Sheet:
    signed = [(door, None) for door in doors]
    sheet = actions.cosign_on_paper(proposal, signed, photo=a_picture(), by=by)
    return actions.read_list(sheet, signed, by=read_by) if read_by else sheet


def void(proposal: Proposal, door: Household, by: User) -> object:
    return actions.void_cosign(proposal, door, reason="登记错了门牌", by=by)


@pytest.fixture
def proposal(way: Way) -> Proposal:
    return way.cosigning(households=100)


def counted(proposal: Proposal) -> tuple[int, int]:
    proposal.card.refresh_from_db()
    return proposal.cosigns.counted().count(), proposal.card.cosigns


def test_a_counted_line_is_taken_back_at_the_desk_and_the_rest_counted_anew(
    way: Way, proposal: Proposal, client_of: ClientOf, chief: User, clerk: User, second_clerk: User
) -> None:
    first, second = way.households[4:6]
    listed(proposal, [first], by=chief, read_by=clerk)
    assert counted(proposal) == (1, 1)
    client = client_of(second_clerk)
    wrong = client.post(do_of(proposal, "void-cosign"), {"door": second.address, "reason": "本人说没有签"})
    assert wrong.status_code == 422 and "没有找到这一户" in wrong.content.decode()
    assert client.post(do_of(proposal, "void-cosign"), {"door": first.address, "reason": " "}).status_code == 422
    client.post(do_of(proposal, "void-cosign"), {"door": first.address, "reason": "本人说没有签"})
    assert counted(proposal) == (0, 0)
    given = proposal.cosigns.get()
    assert given.is_void and given.line and given.line.void_reason == "本人说没有签"
    assert given.line.voided_by == second_clerk


def test_the_door_may_sign_again_on_paper_or_on_a_phone(
    way: Way, proposal: Proposal, chief: User, clerk: User, neighbour: User
) -> None:
    door = neighbour.person.household
    listed(proposal, [door], by=chief, read_by=clerk)
    with pytest.raises(Refused, match="已经附议过"):
        actions.cosign(proposal, door, by=neighbour)
    void(proposal, door, by=clerk)
    actions.cosign(proposal, door, by=neighbour)
    assert counted(proposal) == (1, 1)
    other = way.households[5]
    listed(proposal, [other], by=chief)
    void(proposal, other, by=clerk)
    listed(proposal, [other], by=chief, read_by=clerk)
    assert counted(proposal) == (2, 2)


def test_who_registered_the_sheet_does_not_take_its_lines_back(
    way: Way, proposal: Proposal, client_of: ClientOf, chief: User, clerk: User
) -> None:
    door = way.households[4]
    sheet = listed(proposal, [door], by=clerk)
    answer = client_of(clerk).post(do_of(proposal, "void-cosign"), {"door": door.address, "reason": "登记错了"})
    assert (
        answer.status_code == 422
        and "由另一位来办" in answer.content.decode()
        and "登记错了" in answer.content.decode()
    )
    with pytest.raises(DatabaseError, match="by another person"), transaction.atomic():
        sheet.lines.update(voided_by=clerk, voided_at=now(), void_reason="登记错了")
    void(proposal, door, by=chief)


def test_the_household_is_told_with_the_reason_also_at_its_door(
    way: Way, proposal: Proposal, chief: User, clerk: User, neighbour: User
) -> None:
    without_a_phone = way.households[8]
    listed(proposal, [neighbour.person.household, without_a_phone], by=chief, read_by=clerk)
    void(proposal, neighbour.person.household, by=clerk)
    void(proposal, without_a_phone, by=clerk)
    assert Message.objects.get(user=neighbour, event="cosign.voided").body == "登记错了门牌"
    assert ToTell.objects.get(event="cosign.voided").household == without_a_phone


@pytest.mark.parametrize("who", ["neighbour", "party", "case_officer", "stranger_clerk"])
def test_only_who_takes_lists_in_there_takes_a_line_back(
    way: Way, proposal: Proposal, chief: User, clerk: User, who: str, request: pytest.FixtureRequest
) -> None:
    listed(proposal, [way.households[4]], by=chief, read_by=clerk)
    with pytest.raises(NotAllowed):
        void(proposal, way.households[4], by=request.getfixturevalue(who))


def test_what_was_signed_on_a_phone_is_not_taken_back_here(proposal: Proposal, clerk: User, neighbour: User) -> None:
    actions.cosign(proposal, neighbour.person.household, by=neighbour)
    with pytest.raises(Refused, match="没有登记过纸质附议"):
        void(proposal, neighbour.person.household, by=clerk)


def test_once_the_vote_runs_nothing_is_taken_back(way: Way, clerk: User) -> None:
    proposal = way.voting()
    given = proposal.cosigns.standing().select_related("line", "household")[0]
    assert given.line
    with pytest.raises(Refused, match="不能再撤销"):
        void(proposal, given.household, by=clerk)
    with pytest.raises(DatabaseError, match="has had its effect"), transaction.atomic():
        given.line.sheet.lines.update(voided_by=clerk, voided_at=now(), void_reason="登记错了")


def test_the_same_line_is_taken_back_once(way: Way, proposal: Proposal, chief: User, clerk: User) -> None:
    listed(proposal, [way.households[4]], by=chief, read_by=clerk)
    void(proposal, way.households[4], by=clerk)
    with pytest.raises(Refused, match="没有登记过纸质附议"):
        void(proposal, way.households[4], by=clerk)
