"""A household without a phone corrects on paper: a second sheet with the slip, read by two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from deliberation import actions
from deliberation.models import Ballot, BallotChange, Motion, PaperBallot
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.refusals import NotAllowed, Refused
from minshi.rolls.models import Unit
from minshi.territory.models import Household
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def paper(motion: Motion, chief: User, empty_door: Household, unit_of: Callable[[Household], Unit]) -> PaperBallot:
    """Of a door nobody of which is in the register: 未登记."""
    return actions.register_paper(unit_of(empty_door), receipt_id=uuid4(), photo=a_picture(), choice="agree", by=chief)


def test_read_alike_by_two_it_is_what_counts(paper: PaperBallot, way: Way, clerk: User, second_clerk: User) -> None:
    way.to_counting(paper.motion)
    actions.confirm_paper(paper, "agree", by=clerk)
    second = actions.bring_correction(paper, photo=a_picture(), choice="against", by=clerk)
    assert Ballot.objects.get().choice == "agree"
    with pytest.raises(Refused, match="不能自己核对"):
        actions.confirm_correction(second, "against", by=clerk)
    actions.confirm_correction(second, "against", by=second_clerk)
    ballot = Ballot.objects.get()
    assert (ballot.choice, ballot.channel, ballot.slip_number) == ("against", "paper", second.slip_number)
    assert BallotChange.objects.get().slip_number == paper.slip_number


def test_it_comes_once_and_while_counting(paper: PaperBallot, way: Way, clerk: User) -> None:
    with pytest.raises(Refused, match="截止后开始计票"):
        actions.bring_correction(paper, photo=a_picture(), choice="against", by=clerk)
    way.to_counting(paper.motion)
    actions.bring_correction(paper, photo=a_picture(), choice="against", by=clerk)
    fresh = PaperBallot.objects.get(pk=paper.pk)
    with pytest.raises(Refused, match="已经登记过"):
        actions.bring_correction(fresh, photo=a_picture(), choice="abstain", by=clerk)


def test_publication_waits_until_it_is_read_also_after_its_days(
    paper: PaperBallot, way: Way, clerk: User, second_clerk: User
) -> None:
    motion = paper.motion
    way.to_counting(motion)
    actions.confirm_paper(paper, "agree", by=clerk)
    second = actions.bring_correction(paper, photo=a_picture(), choice="against", by=clerk)
    platform_clock.move(timedelta(days=4))
    with pytest.raises(Refused, match="第二张纸没有核对"):
        actions.publish(Motion.objects.get(pk=motion.pk), by=None)
    actions.confirm_correction(second, "against", by=second_clerk)
    actions.publish(Motion.objects.get(pk=motion.pk), by=None)
    assert Ballot.objects.get().choice == "against"


def test_a_wrong_one_is_taken_back_by_another_and_the_right_one_brought(
    paper: PaperBallot, way: Way, clerk: User, second_clerk: User
) -> None:
    way.to_counting(paper.motion)
    actions.confirm_paper(paper, "agree", by=clerk)
    actions.bring_correction(paper, photo=a_picture(), choice="against", by=clerk)
    fresh = PaperBallot.objects.get(pk=paper.pk)
    with pytest.raises(Refused, match="另一位来办"):
        actions.void_paper(fresh, reason="拿错了纸", by=clerk)
    actions.void_paper(fresh, reason="拿错了纸", by=second_clerk)
    second = actions.bring_correction(
        PaperBallot.objects.get(pk=paper.pk), photo=a_picture(), choice="abstain", by=clerk
    )
    actions.confirm_correction(second, "abstain", by=second_clerk)
    assert Ballot.objects.get().choice == "abstain"


def test_a_stranger_brings_none(paper: PaperBallot, way: Way, stranger_chief: User) -> None:
    way.to_counting(paper.motion)
    with pytest.raises(NotAllowed):
        actions.bring_correction(paper, photo=a_picture(), choice="against", by=stranger_chief)


def test_the_pages_lead_from_the_door_to_the_second_reader(
    paper: PaperBallot, way: Way, clerk: User, second_clerk: User, client_of: ClientOf
) -> None:
    way.to_counting(paper.motion)
    actions.confirm_paper(paper, "agree", by=clerk)
    page = f"/projects/{paper.motion.proposal.number}/paper/{paper.unit.ordinal}/"
    client = client_of(clerk)
    assert f"{page}second/" in client.get(page).content.decode()
    answer = client.post(f"{page}second/", {"choice": "abstain", "photos": a_picture()})
    assert answer.status_code == 302
    reader = client_of(second_clerk)
    shown = reader.get("/paper/confirm/", follow=True)
    assert shown.request["PATH_INFO"] == "/paper/confirm/correction/"
    assert paper.unit.household.address not in shown.content.decode()
    reader.post("/paper/confirm/correction/", {"paper": shown.context["key"], "choice": "abstain"})
    assert Ballot.objects.get().choice == "abstain"
