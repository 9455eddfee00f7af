"""满意度评议: who is asked, how many must answer, and what the result decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from evaluation import rules
from evaluation.actions import callbacks
from evaluation.actions.surveys import open_survey, rate, rule, settle_hold
from evaluation.models import Answer, CallBack, Survey
from minshi.accounts.models import User
from minshi.disclosure.actions import answer, correct, object_to
from minshi.lifecycle.machine import take
from minshi.lifecycle.models import StepRecord
from minshi.refusals import NotAllowed, Refused
from minshi.rolls.actions import freeze_households
from minshi.rolls.models import Unit
from minshi.territory.models import Household
from proposals.actions import advance
from proposals.models import Card, Proposal, Stage
from tests.cast import make_resident
from tests.conftest import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.walked("raters", "survey")]


@pytest.mark.walked("survey")
def test_all_who_benefit_are_asked_and_thirty_must_answer(survey: Survey, accepted: Proposal) -> None:
    assert (survey.round, survey.asked, survey.needed, survey.stage) == (1, 50, 30, "open")
    accepted.refresh_from_db()
    assert (accepted.stage, accepted.due_at) == (Stage.RATING, survey.closes_at)


@pytest.mark.walked(None)
def test_where_few_benefit_two_thirds_must_answer() -> None:
    terms = {
        "rating.minimum_households": 30,
        "rating.minimum_share": "3/10",
        "rating.small_share": "2/3",
    }
    assert [rules.needed(roll, terms) for roll in (1, 12, 29, 30, 99, 193, 1000)] == [1, 8, 20, 30, 30, 58, 300]


@pytest.mark.walked(None)
def test_the_survey_waits_for_the_acceptance_notice(accepted: Proposal, clerk: User, clock: Clock) -> None:
    clock.move(days=-3)
    with pytest.raises(Refused, match="公示期"):
        open_survey(accepted, by=clerk)


@pytest.mark.walked(None)
def test_a_clerk_of_another_street_cannot_open_it(accepted: Proposal, stranger_clerk: User) -> None:
    with pytest.raises(NotAllowed):
        open_survey(accepted, by=stranger_clerk)


@pytest.mark.walked(None)
def test_nobody_opened_it_so_the_platform_does(accepted: Proposal, until: Callable[..., None]) -> None:
    until(accepted.due_at)
    accepted.refresh_from_db()
    assert accepted.stage == Stage.RATING


def test_a_household_answers_once_and_may_change_until_the_end(survey: Survey, raters: list[User]) -> None:
    first = rate(survey, level=3, by=raters[0], aspects={"price": 2}, advice="灯再亮一点，电话13812345678")
    again = rate(survey, level=1, by=raters[0])
    assert first.pk == again.pk
    assert first.advice == "灯再亮一点，电话138****5678"
    assert [answer.level for answer in survey.answers.all()] == [1]


def test_an_answer_after_the_end_is_refused(survey: Survey, raters: list[User], clock: Clock) -> None:
    rate(survey, level=3, by=raters[0])
    clock.move(days=8)
    for user in raters[:2]:
        with pytest.raises(Refused, match="截止"):
            rate(survey, level=1, by=user)


def _insert(survey: Survey, unit: Unit, by: User) -> Answer:
    return Answer.objects.create(
        survey=survey, unit=unit, speaker=by.person, by=by, level=1, channel="online", slip_number="X"
    )


def test_the_database_refuses_an_answer_after_the_end_whoever_writes_it(
    survey: Survey, raters: list[User], clock: Clock
) -> None:
    rate(survey, level=3, by=raters[0])
    clock.move(days=8)
    with pytest.raises(IntegrityError), transaction.atomic():
        Answer.objects.filter(survey=survey).update(level=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        _insert(survey, survey.roll.units.get(household=raters[1].person.household), raters[1])


@pytest.mark.walked("survey")
def test_who_does_not_benefit_is_not_asked(survey: Survey, stranger: User) -> None:
    with pytest.raises(NotAllowed, match="名单"):
        rate(survey, level=1, by=stranger)


@pytest.mark.walked("survey")
def test_the_database_knows_the_roll_too(survey: Survey, stranger: User) -> None:
    elsewhere = freeze_households(Household.objects.filter(pk=stranger.person.household.pk), by=None)
    with pytest.raises(IntegrityError, match="not on the roll"), transaction.atomic():
        _insert(survey, elsewhere.units.get(), stranger)
    with pytest.raises(IntegrityError, match="may not speak"), transaction.atomic():
        _insert(survey, survey.roll.units.first(), stranger)


def test_a_child_does_not_answer_for_the_household(survey: Survey, raters: list[User]) -> None:
    child = make_resident("小朋友", raters[5].person.household, adult=False)
    with pytest.raises(NotAllowed, match="18"):
        rate(survey, level=1, by=child)


def test_only_the_representative_answers_where_there_is_one(survey: Survey, raters: list[User]) -> None:
    other = make_resident("家里人", raters[0].person.household)
    with pytest.raises(NotAllowed, match="户代表"):
        rate(survey, level=1, by=other)


def test_eighty_percent_pass_and_the_result_is_announced(
    survey: Survey, accepted: Proposal, answered: Callable[..., None], until: Callable[..., None]
) -> None:
    answered(survey, good=32, bad=8)
    until(survey.closes_at)
    survey.refresh_from_db()
    accepted.refresh_from_db()
    assert (survey.verdict, survey.answers_count, survey.satisfied, survey.levels) == (
        "passed",
        40,
        32,
        [0, 32, 0, 0, 8],
    )
    assert accepted.stage == Stage.RATED
    assert accepted.gate_notice == survey.notice
    assert survey.notice and survey.notice.households == 50
    card = Card.objects.get(pk=accepted.pk)
    assert (card.rating_answers, card.rating_satisfied) == (40, 32)


def test_the_retained_part_waits_for_the_notice(
    survey: Survey, accepted: Proposal, answered: Callable[..., None], until: Callable[..., None], clock: Clock
) -> None:
    answered(survey, good=40, bad=0)
    until(survey.closes_at)
    survey.refresh_from_db()
    with pytest.raises(Refused, match="公示期"):
        settle_hold(survey, by=None)
    assert survey.notice
    until(survey.notice.ends_at)
    survey.refresh_from_db()
    assert survey.hold_settled_at and survey.hold_settled_at >= survey.notice.ends_at
    assert StepRecord.objects.of(accepted).latest("id").verb == "settle_hold"


def test_an_open_objection_keeps_the_retained_part_waiting(
    survey: Survey, raters: list[User], answered: Callable[..., None], until: Callable[..., None], clock: Clock
) -> None:
    answered(survey, good=40, bad=0)
    until(survey.closes_at)
    survey.refresh_from_db()
    assert survey.notice
    objection = object_to(survey.notice, facts="我家没有收到测评表。", by=raters[45])
    until(survey.notice.ends_at)
    survey.refresh_from_db()
    assert survey.hold_settled_at is None
    objection.refresh_from_db()
    assert objection.level == "street"  # the community kept silent
    answer(objection, text="已补送测评表并说明。", outcome="explained", by=User.objects.get(username="case"))
    until(clock.now() + timedelta(days=4))
    survey.refresh_from_db()
    assert survey.hold_settled_at is not None


def test_too_few_answers_extend_the_window_once_then_the_street_decides(
    survey: Survey,
    accepted: Proposal,
    answered: Callable[..., None],
    until: Callable[..., None],
    approver: User,
    clerk: User,
) -> None:
    answered(survey, good=10, bad=0)
    first_end = survey.closes_at
    until(first_end)
    survey.refresh_from_db()
    assert survey.extended_at and survey.closes_at > first_end and survey.stage == "open"
    assert "10 户" in StepRecord.objects.of(accepted).get(verb="extend_survey").reason
    until(survey.closes_at)
    survey.refresh_from_db()
    accepted.refresh_from_db()
    assert (survey.verdict, accepted.stage, accepted.holder_role) == ("too_few", Stage.RATING, "approver")

    with pytest.raises(NotAllowed):
        rule(survey, ruling="release", reason="到场核实，住户普遍满意", by=clerk)
    with pytest.raises(Refused) as refused:
        rule(survey, ruling="release", reason=" ", by=approver)
    assert "reason" in refused.value.fields
    rule(survey, ruling="release", reason="到场核实，住户普遍满意", by=approver)
    accepted.refresh_from_db()
    assert accepted.stage == Stage.RATED and survey.notice and "到场核实" in survey.notice.body


def test_enough_answers_after_the_extension_count(
    survey: Survey, raters: list[User], answered: Callable[..., None], until: Callable[..., None]
) -> None:
    answered(survey, good=10, bad=0)
    until(survey.closes_at)
    survey.refresh_from_db()
    for user in raters[10:40]:
        rate(survey, level=1, by=user)
    until(survey.closes_at)
    survey.refresh_from_db()
    assert (survey.verdict, survey.answers_count) == ("passed", 40)


def _mend_all(survey: Survey, clerk: User, supervisor: User) -> None:
    for callback in CallBack.objects.filter(survey=survey, stage="open"):
        callbacks.contact(callback, findings="上门看过，灯罩松动", task="灯罩松动要固定", by=supervisor)
        callbacks.mend(callback, measures="已经重新固定灯罩", by=clerk)


def test_seventy_two_percent_are_mended_asked_again_and_released_at_eighty_four(
    survey: Survey,
    accepted: Proposal,
    raters: list[User],
    answered: Callable[..., None],
    until: Callable[..., None],
    clerk: User,
    supervisor: User,
) -> None:
    answered(survey, good=36, bad=14)
    until(survey.closes_at)
    survey.refresh_from_db()
    accepted.refresh_from_db()
    assert (survey.verdict, accepted.stage) == ("mend", Stage.REWORK)
    assert survey.hold_settled_at is None

    with pytest.raises(Refused, match="14 条差评"):
        open_survey(accepted, by=clerk)
    _mend_all(survey, clerk, supervisor)
    second = open_survey(accepted, by=clerk, report="灯罩全部重新固定")
    assert second.round == 2
    answered(second, good=42, bad=8)
    until(second.closes_at)
    second.refresh_from_db()
    assert (second.verdict, second.satisfied) == ("passed", 42)
    assert second.notice
    until(second.notice.ends_at)
    second.refresh_from_db()
    assert second.hold_settled_at is not None


def test_fifty_five_percent_refuse_the_work_until_it_is_accepted_again(
    survey: Survey, accepted: Proposal, answered: Callable[..., None], until: Callable[..., None], clerk: User
) -> None:
    answered(survey, good=22, bad=18)
    until(survey.closes_at)
    survey.refresh_from_db()
    accepted.refresh_from_db()
    assert (survey.verdict, accepted.stage) == ("refused", Stage.ACCEPTING)
    with pytest.raises(Refused):
        open_survey(accepted, by=clerk)


def test_after_three_rounds_the_street_decides(
    survey: Survey,
    accepted: Proposal,
    answered: Callable[..., None],
    until: Callable[..., None],
    clerk: User,
    supervisor: User,
    approver: User,
) -> None:
    for number in (1, 2, 3):
        answered(survey, good=30, bad=15)
        until(survey.closes_at)
        accepted.refresh_from_db()
        _mend_all(survey, clerk, supervisor)
        if number < 3:
            assert accepted.stage == Stage.REWORK
            survey = open_survey(accepted, by=clerk)
    assert (accepted.stage, accepted.holder_role) == (Stage.RATING, "approver")
    survey.refresh_from_db()
    rule(survey, ruling="refuse", reason="三轮都没有达标，不付尾款", by=approver)
    assert survey.notice
    until(survey.notice.ends_at)
    survey.refresh_from_db()
    assert not survey.decides_release and survey.hold_settled_at


def test_a_third_of_the_households_objecting_brings_another_round(
    survey: Survey, accepted: Proposal, raters: list[User], answered: Callable[..., None], until: Callable[..., None]
) -> None:
    answered(survey, good=40, bad=0)
    until(survey.closes_at)
    survey.refresh_from_db()
    assert survey.notice
    for user in raters[:17]:
        object_to(survey.notice, facts="统计的户数不对。", by=user)
    accepted.refresh_from_db()
    assert accepted.stage == Stage.REWORK
    survey.refresh_from_db()
    assert survey.hold_settled_at is None


@pytest.mark.walked(None)
def test_a_third_objecting_to_the_acceptance_has_it_done_anew(
    accepted: Proposal, raters: list[User], clock: Clock
) -> None:
    clock.move(days=-3)
    assert accepted.gate_notice
    for user in raters[:17]:
        object_to(accepted.gate_notice, facts="灯还没有装牢。", by=user)
    accepted.refresh_from_db()
    assert accepted.stage == Stage.ACCEPTING


def test_a_corrected_result_hangs_its_days_anew(
    survey: Survey, accepted: Proposal, answered: Callable[..., None], until: Callable[..., None], clerk: User
) -> None:
    answered(survey, good=40, bad=0)
    until(survey.closes_at)
    survey.refresh_from_db()
    first = survey.notice
    assert first
    until(first.ends_at - timedelta(days=1))
    second = correct(first, reason="把纸质户数写明", by=clerk)
    survey.refresh_from_db()
    accepted.refresh_from_db()
    assert survey.notice == second == accepted.gate_notice
    until(first.ends_at + timedelta(hours=1))
    survey.refresh_from_db()
    assert survey.hold_settled_at is None
    until(second.ends_at)
    survey.refresh_from_db()
    assert survey.hold_settled_at and survey.hold_settled_at >= second.ends_at


# --- What the database keeps --------------------------------------------------------------------


def test_a_result_is_never_edited(survey: Survey, answered: Callable[..., None], until: Callable[..., None]) -> None:
    answered(survey, good=32, bad=8)
    until(survey.closes_at)
    for change in ({"satisfied": 40}, {"verdict": "mend"}, {"roll": 10}, {"terms": {}}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Survey.objects.filter(pk=survey.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Answer.objects.filter(survey=survey, level=5).update(level=1)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM evaluation_answer WHERE survey_id = %s", [survey.pk])


@pytest.mark.walked("survey")
def test_the_window_is_never_shortened(survey: Survey) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Survey.objects.filter(pk=survey.pk).update(closes_at=survey.opens_at + (survey.closes_at - survey.opens_at) / 2)


def test_a_result_that_is_not_the_answers_is_refused(survey: Survey, raters: list[User], clock: Clock) -> None:
    for user in raters[:32]:
        rate(survey, level=5, by=user)
    clock.move(days=8)
    false = {"answers_count": 32, "satisfied": 32, "levels": [32, 0, 0, 0, 0], "on_paper": 0, "verdict": "passed"}
    with pytest.raises(IntegrityError), transaction.atomic():
        take(survey, "close", by=None, setting={**false, "closed_at": clock.now()})
    honest_count = {**false, "satisfied": 0}
    with pytest.raises(IntegrityError), transaction.atomic():
        take(survey, "close", by=None, setting={**honest_count, "closed_at": clock.now()})


@pytest.mark.walked("survey")
def test_a_project_is_not_rated_without_a_survey_that_says_so(survey: Survey, accepted: Proposal) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        advance(accepted, "pass_survey", by=None)


def test_a_part_that_few_rated_is_not_told(survey: Survey, raters: list[User], until: Callable[..., None]) -> None:
    """A mean of one is what one household said; the smallest group is policy's five."""
    for number, user in enumerate(raters[:30]):
        parts = {"price": number % 2 + 1 if number < 4 else None, "quality": number % 2 + 1 if number < 5 else None}
        rate(survey, level=1, aspects=parts, by=user)
    until(survey.closes_at)
    survey.refresh_from_db()
    assert survey.aspects == {"quality": 1.4}


def test_a_part_that_all_rated_alike_or_all_but_one_is_not_told(
    survey: Survey, raters: list[User], until: Callable[..., None]
) -> None:
    """A mean of 5 says that each said 5; the one who did not knows it of all the others."""
    for number, user in enumerate(raters[:30]):
        parts = {"price": 5, "quality": 1 if number == 7 else 5, "process": 1 if number in (7, 8) else 5}
        rate(survey, level=1, aspects=parts, by=user)
    until(survey.closes_at)
    survey.refresh_from_db()
    assert survey.aspects == {"process": 4.73}
