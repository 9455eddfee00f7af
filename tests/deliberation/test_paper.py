"""Paper: registered by one, read again by another, and the household has the last word for three days."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from deliberation import actions
from deliberation.models import Ballot, BallotChange, Motion, PaperBallot, waiting
from minshi.accounts.models import User
from minshi.clock import now
from minshi.notifications.models import Message
from minshi.paper import actions as paper_actions
from minshi.paper.models import Line
from minshi.refusals import NotAllowed, Refused
from minshi.rolls.models import Reach, Unit
from minshi.territory.models import Household
from tests.cast import make_resident
from tests.way import Way, a_picture

pytestmark = [pytest.mark.django_db, pytest.mark.walked("voting")]
UnitOf = Callable[[Household], Unit]


@pytest.fixture
def paper(motion: Motion, chief: User, household: Household, unit_of: UnitOf) -> PaperBallot:
    """The resident's sheet, brought in by the chief: agree."""
    return actions.register_paper(unit_of(household), receipt_id=uuid4(), photo=a_picture(), choice="agree", by=chief)


def test_the_stub_alone_reserves_the_household(
    motion: Motion, chief: User, unit_of: UnitOf, household: Household
) -> None:
    paper = actions.register_paper(unit_of(household), receipt_id=uuid4(), by=chief)
    assert (paper.choice, paper.line.sheet.registered_by) == ("", chief)
    assert unit_of(household) not in waiting(motion.roll)
    assert not Ballot.objects.exists()


def test_the_photo_is_drawn_anew(paper: PaperBallot) -> None:
    assert paper.line.words.name.startswith("paper/words/")
    assert paper.line.words.name.endswith(".jpg")
    assert "photo" not in paper.line.words.name.removeprefix("paper/words/")


def test_a_choice_without_a_photo_is_not_taken(
    motion: Motion, chief: User, unit_of: UnitOf, household: Household
) -> None:
    with pytest.raises(Refused) as refusal:
        actions.register_paper(unit_of(household), receipt_id=uuid4(), choice="agree", by=chief)
    assert "photo" in refusal.value.fields
    assert not PaperBallot.objects.exists()


def test_the_same_request_again_returns_the_same_stub(
    motion: Motion, chief: User, unit_of: UnitOf, household: Household
) -> None:
    number = uuid4()
    first = actions.register_paper(unit_of(household), receipt_id=number, by=chief)
    assert actions.register_paper(unit_of(household), receipt_id=number, by=chief) == first


def test_a_second_sheet_of_a_household_is_refused(paper: PaperBallot, clerk: User) -> None:
    with pytest.raises(Refused, match="登记过"):
        actions.register_paper(paper.unit, receipt_id=uuid4(), by=clerk)


@pytest.mark.parametrize("who", ["resident", "stranger", "stranger_chief", "stranger_clerk", "case_officer", "party"])
def test_these_do_not_take_paper_in(
    request: pytest.FixtureRequest, motion: Motion, unit_of: UnitOf, household: Household, who: str
) -> None:
    with pytest.raises(NotAllowed):
        actions.register_paper(unit_of(household), receipt_id=uuid4(), by=request.getfixturevalue(who))


def test_no_stub_is_registered_after_the_end(
    motion: Motion, chief: User, unit_of: UnitOf, household: Household, clock: Any
) -> None:
    clock.move(seconds=(motion.closes_at - clock.now()).total_seconds())
    with pytest.raises(Refused, match="24:00 截止"):
        actions.register_paper(unit_of(household), receipt_id=uuid4(), by=chief)
    with pytest.raises(IntegrityError, match="before the end"), transaction.atomic():
        sheet = paper_actions.register(motion.place, [(household, None)], about="迟到的纸票", by=chief)
        PaperBallot.objects.create(unit=unit_of(household), line=sheet.lines.get())


def test_the_household_is_told_what_was_entered(paper: PaperBallot, resident: User) -> None:
    message = Message.objects.filter(user=resident).latest("pk")
    assert "录入您家的纸质票" in message.title
    assert message.url == f"/receipts/{paper.slip_number}/"


# --- The second reading --------------------------------------------------------------------------


def test_it_is_confirmed_only_while_counting(paper: PaperBallot, clerk: User) -> None:
    with pytest.raises(Refused, match="开始计票后"):
        actions.confirm_paper(paper, "agree", by=clerk)


def test_read_alike_by_another_person_it_is_a_ballot(motion: Motion, paper: PaperBallot, way: Way, clerk: User) -> None:
    way.to_counting(motion)
    actions.confirm_paper(paper, "agree", by=clerk)
    ballot = Ballot.objects.get()
    assert (ballot.choice, ballot.channel, ballot.slip_number) == ("agree", "paper", paper.slip_number)


def test_who_entered_it_does_not_confirm_it(motion: Motion, paper: PaperBallot, way: Way, chief: User) -> None:
    way.to_counting(motion)
    with pytest.raises(Refused, match="不能自己核对"):
        actions.confirm_paper(paper, "agree", by=chief)


def test_not_even_raw_sql_lets_one_person_do_both(motion: Motion, paper: PaperBallot, way: Way, chief: User) -> None:
    way.to_counting(motion)
    with pytest.raises(IntegrityError, match="second_reading_is_by_another"), transaction.atomic():
        Line.objects.filter(pk=paper.line_id).update(second={"choice": "agree"}, second_by=chief)


def test_read_differently_a_third_person_decides(
    motion: Motion, paper: PaperBallot, way: Way, clerk: User, second_clerk: User, chief: User
) -> None:
    way.to_counting(motion)
    actions.confirm_paper(paper, "against", by=clerk)
    assert not Ballot.objects.exists()
    with pytest.raises(Refused, match="不能自己核对"):
        actions.confirm_paper(paper, "against", by=clerk)
    with pytest.raises(Refused, match="三人一起看"):
        actions.confirm_paper(paper, "abstain", by=second_clerk)
    actions.confirm_paper(paper, "against", by=second_clerk)
    paper.refresh_from_db()
    line = Line.objects.get(pk=paper.line_id)
    assert (line.first, line.settled) == ({"choice": "agree"}, {"choice": "against"})
    assert (line.first_by, line.second_by, line.third_by) == (chief, clerk, second_clerk)
    assert Ballot.objects.get().choice == "against"


def test_paper_replaces_the_phone_and_the_trail_stays(
    motion: Motion, household: Household, unit_of: UnitOf, resident: User, chief: User, clerk: User, way: Way
) -> None:
    online = actions.cast(motion, "against", receipt_id=uuid4(), by=resident)
    paper = actions.register_paper(unit_of(household), receipt_id=uuid4(), photo=a_picture(), choice="agree", by=chief)
    assert Ballot.objects.get().choice == "against"
    way.to_counting(motion)
    actions.confirm_paper(paper, "agree", by=clerk)
    assert (Ballot.objects.get().choice, Ballot.objects.get().channel) == ("agree", "paper")
    assert BallotChange.objects.get().slip_number == online.number


def test_a_confirmed_reading_does_not_change(motion: Motion, paper: PaperBallot, way: Way, clerk: User) -> None:
    way.to_counting(motion)
    actions.confirm_paper(paper, "agree", by=clerk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Line.objects.filter(pk=paper.line_id).update(first={"choice": "against"})


# --- Correction by the household -----------------------------------------------------------------


def test_the_household_corrects_what_was_entered_for_it(
    motion: Motion, paper: PaperBallot, way: Way, clerk: User, resident: User
) -> None:
    way.to_counting(motion)
    actions.confirm_paper(paper, "agree", by=clerk)
    actions.correct_paper(paper, "against", reason="勾的是不同意", receipt_id=uuid4(), by=resident)
    ballot = Ballot.objects.get()
    assert (ballot.choice, ballot.channel, ballot.by) == ("against", "paper", resident)
    assert BallotChange.objects.get().slip_number == paper.slip_number


def test_a_correction_before_the_second_reading_settles_it(
    motion: Motion, paper: PaperBallot, way: Way, clerk: User, resident: User
) -> None:
    way.to_counting(motion)
    actions.correct_paper(paper, "abstain", reason="录错了", receipt_id=uuid4(), by=resident)
    assert Ballot.objects.get().choice == "abstain"
    with pytest.raises(Refused, match="已经核对过"):
        actions.confirm_paper(paper, "agree", by=clerk)


def test_it_corrects_once_and_with_a_reason(motion: Motion, paper: PaperBallot, way: Way, resident: User) -> None:
    way.to_counting(motion)
    with pytest.raises(Refused) as refusal:
        actions.correct_paper(paper, "agree", reason=" ", receipt_id=uuid4(), by=resident)
    assert set(refusal.value.fields) == {"choice", "reason"}
    actions.correct_paper(paper, "against", reason="录错了", receipt_id=uuid4(), by=resident)
    with pytest.raises(Refused, match="更正过一次"):
        actions.correct_paper(paper, "abstain", reason="又错了", receipt_id=uuid4(), by=resident)


def test_three_calendar_days_after_the_end_are_the_last(
    motion: Motion, paper: PaperBallot, way: Way, resident: User, clock: Any
) -> None:
    way.to_counting(motion)
    paper.refresh_from_db()
    clock.move(seconds=(paper.line.correct_until - clock.now()).total_seconds())
    with pytest.raises(Refused, match="期限已经过了"):
        actions.correct_paper(paper, "against", reason="录错了", receipt_id=uuid4(), by=resident)


def test_another_adult_of_the_door_corrects_it_too(motion: Motion, paper: PaperBallot, way: Way, son: User) -> None:
    way.to_counting(motion)
    actions.correct_paper(paper, "against", reason="录错了", receipt_id=uuid4(), by=son)
    assert Ballot.objects.get().choice == "against"


def test_who_came_to_the_door_after_the_sheet_does_not(motion: Motion, paper: PaperBallot, way: Way) -> None:
    way.to_counting(motion)
    late = make_resident("申儿子", paper.line.household, since=now())
    with pytest.raises(NotAllowed):
        actions.correct_paper(paper, "against", reason="录错了", receipt_id=uuid4(), by=late)


@pytest.mark.parametrize("who", ["neighbour", "stranger", "clerk"])
def test_nobody_else_corrects_it(
    request: pytest.FixtureRequest, motion: Motion, paper: PaperBallot, way: Way, who: str
) -> None:
    way.to_counting(motion)
    with pytest.raises(NotAllowed):
        actions.correct_paper(paper, "against", reason="录错了", receipt_id=uuid4(), by=request.getfixturevalue(who))


# --- A stub taken back ---------------------------------------------------------------------------


def test_a_stub_of_the_wrong_household_is_taken_back_and_the_phone_works_again(
    motion: Motion, paper: PaperBallot, chief: User, resident: User
) -> None:
    actions.void_paper(paper, reason="登记错了门牌", by=chief)
    actions.cast(motion, "against", receipt_id=uuid4(), by=resident)
    assert Ballot.objects.get().channel == "online"
    assert Message.objects.filter(user=resident, title__contains="登记已撤销").exists()


def test_after_the_end_another_person_takes_it_back(
    motion: Motion, paper: PaperBallot, chief: User, clerk: User, way: Way
) -> None:
    way.to_counting(motion)
    with pytest.raises(Refused, match="另一位"):
        actions.void_paper(paper, reason="票没有收回", by=chief)
    with pytest.raises(Refused) as refusal:
        actions.void_paper(paper, reason="", by=clerk)
    assert "reason" in refusal.value.fields
    actions.void_paper(paper, reason="票没有收回", by=clerk)
    assert not PaperBallot.objects.valid().exists()


def test_a_confirmed_sheet_is_never_taken_back(motion: Motion, paper: PaperBallot, clerk: User, way: Way) -> None:
    way.to_counting(motion)
    actions.confirm_paper(paper, "agree", by=clerk)
    with pytest.raises(Refused, match="不能再撤销"):
        actions.void_paper(paper, reason="不想要了", by=clerk)
    with pytest.raises(IntegrityError, match="stays what was registered"), transaction.atomic():
        paper.delete()
    with pytest.raises(IntegrityError, match="never removed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM paper_line WHERE id = %s", [paper.line_id])


# --- 联系不上 ------------------------------------------------------------------------------------


def test_who_could_not_be_reached_stays_on_the_roll(
    motion: Motion, empty_door: Household, unit_of: UnitOf, chief: User
) -> None:
    unit = actions.mark_unreachable(unit_of(empty_door), note="11月5日、6日两次敲门无人", by=chief)
    assert unit.reach == Reach.UNREACHABLE
    assert motion.roll.units.count() == motion.electorate


def test_it_is_noted_how_it_was_tried(motion: Motion, empty_door: Household, unit_of: UnitOf, chief: User) -> None:
    with pytest.raises(Refused) as refusal:
        actions.mark_unreachable(unit_of(empty_door), note="", by=chief)
    assert "note" in refusal.value.fields
