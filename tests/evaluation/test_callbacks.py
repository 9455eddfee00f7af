"""差评回访: contacted in one working day, mended in fifteen, confirmed by whoever rated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from evaluation.actions import callbacks
from evaluation.actions.surveys import rate
from evaluation.models import CallBack, Survey
from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines.models import Deadline
from minshi.lifecycle.models import StepRecord
from minshi.notifications.models import Message
from minshi.policy import calendar
from minshi.refusals import NotAllowed, Refused
from minshi.residents.actions import move_out
from minshi.residents.models import Role
from minshi.territory.models import Household, Territory
from proposals.models import Proposal
from tests.cast import grant, home_of, make_resident
from tests.secrecy.watchers import tau

pytestmark = [pytest.mark.django_db, pytest.mark.walked("raters", "survey")]

FOUND, DONE = "上门看过，灯罩松动", "重新固定了灯罩"
TASK = "楼道灯的灯罩松动"


@pytest.fixture
def called(discontent: Callable[..., CallBack]) -> CallBack:
    return discontent()


def called_back(callback: CallBack, by: User, **words: Any) -> None:
    callbacks.contact(callback, **{"findings": FOUND, "task": TASK} | words, by=by)


def test_nobody_hears_who_is_discontent_before_the_round_has_ended(
    survey: Survey, raters: list[User], clerk: User, supervisor: User
) -> None:
    before = Message.objects.count()
    rate(survey, level=5, by=raters[0])
    rate(survey, level=2, by=raters[0])
    rate(survey, level=4, by=raters[0])
    assert not CallBack.objects.exists() and Message.objects.count() == before


def test_a_bad_rating_is_called_back_within_one_working_day_of_the_end(
    clerk: User, supervisor: User, case_officer: User, discontent: Callable[..., CallBack]
) -> None:
    called = discontent()
    deadline = Deadline.objects.of(called).open().get()
    assert deadline.due == calendar.period_end(deadline.set_at, working_days=1)
    assert (deadline.role, called.stage) == ("supervisor", "open")
    for who, hears in ((supervisor, True), (case_officer, True), (clerk, False)):
        told = Message.objects.filter(user=who, title__contains="差评")
        assert told.exists() is hears
    assert not Message.objects.filter(title__contains="不满意").exists()


def test_a_good_rating_is_not_called_back(survey: Survey, raters: list[User], until: Callable[..., None]) -> None:
    for user in raters[:30]:
        rate(survey, level=3, by=user)
    until(survey.closes_at)
    assert not CallBack.objects.exists()


@pytest.mark.parametrize("who", ["clerk", "chief", "neighbour", "approver", "stranger_clerk", "district_officer"])
def test_neither_clerk_nor_organiser_calls_back(called: CallBack, who: str, request: pytest.FixtureRequest) -> None:
    for post in ("supervisor", "case_officer", "approver"):
        request.getfixturevalue(post)  # no post is empty, so that nobody stands in
    with pytest.raises(NotAllowed):
        called_back(called, request.getfixturevalue(who))


def test_a_supervisor_who_is_also_the_chief_does_not(called: CallBack, supervisor: User, yard: Territory) -> None:
    grant(supervisor, Role.CHIEF, yard)
    with pytest.raises(NotAllowed):
        called_back(called, User.objects.get(pk=supervisor.pk))


@pytest.mark.parametrize(("tier", "office"), [(1, "case_officer"), (2, "district_officer"), (3, "district_finance")])
def test_the_office_above_the_holder_calls_back(
    called: CallBack, tier: int, office: str, request: pytest.FixtureRequest
) -> None:
    Proposal.objects.filter(pk=called.survey.proposal_id).update(tier=tier)
    called_back(CallBack.objects.get(pk=called.pk), request.getfixturevalue(office))


def test_who_mends_is_told_what_without_whose(called: CallBack, supervisor: User) -> None:
    for task in ("1栋101 的灯罩松动", "灯罩", ""):
        with pytest.raises(Refused) as refused:
            called_back(called, supervisor, task=task)
        assert set(refused.value.fields) == {"task"}
    called_back(called, supervisor)
    record = StepRecord.objects.of(called).latest("pk")
    assert (record.reason, record.evidence) == ("", {})


@pytest.mark.parametrize(
    ("task", "why"),
    [
        ("１０１室的灯罩松动", "门牌"),
        ("一零一户门口的灯罩", "门牌"),
        ("给甲居民家门口固定灯罩", "姓名"),
        ("甲 居 民说灯罩松动", "姓名"),
        ("住户不满意，灯罩松动", "评了几级"),
        ("他说楼道的灯罩一直在响，睡不好", "原话"),
    ],
)
def test_who_mends_reads_neither_door_nor_name_nor_level_nor_words(
    discontent: Callable[..., CallBack], supervisor: User, task: str, why: str
) -> None:
    called = discontent(advice="楼道的灯罩一直在响，睡不好")
    with pytest.raises(Refused) as refused:
        called_back(called, supervisor, task=task)
    assert why in str(refused.value.fields["task"])


def test_the_raters_own_words_go_on_where_they_agreed(discontent: Callable[..., CallBack], supervisor: User) -> None:
    called = discontent(advice="楼道的灯罩一直在响，睡不好")
    called_back(called, supervisor, task="楼道的灯罩一直在响，要固定", shares_words=True)
    assert called.stage == "contacted"


def test_the_rows_of_the_discontent_stand_in_no_order_of_their_doors(
    survey: Survey, raters: list[User], until: Callable[..., None]
) -> None:
    """Whoever mends reads the rows by their keys, in the desk's addresses, and learns no order of doors from them."""
    for user in raters[:40]:
        rate(survey, level=5, by=user)
    until(survey.closes_at)
    doors = list(CallBack.objects.order_by("pk").values_list("answer__unit__ordinal", flat=True))
    assert len(doors) == 40 and abs(tau(doors)) < 0.5
    assert tau(sorted(doors)) == 1  # as they stood when they were opened door by door


def test_it_is_mended_in_fifteen_working_days_and_confirmed_by_the_rater(
    called: CallBack, clerk: User, supervisor: User, raters: list[User]
) -> None:
    called_back(called, supervisor)
    deadline = Deadline.objects.of(called).open().get()
    assert deadline.due == calendar.period_end(deadline.set_at, working_days=15)
    callbacks.mend(called, measures=DONE, by=clerk)
    assert Message.objects.filter(user=raters[0], title__contains="已整改").exists()
    callbacks.confirm(called, by=raters[0])
    assert (called.stage, called.outcome) == ("settled", "confirmed")


def test_who_mended_does_not_confirm(called: CallBack, clerk: User, supervisor: User) -> None:
    called_back(called, supervisor)
    callbacks.mend(called, measures=DONE, by=clerk)
    with pytest.raises(NotAllowed):
        callbacks.confirm(called, by=clerk)
    with pytest.raises(IntegrityError), transaction.atomic():
        CallBack.objects.filter(pk=called.pk).update(settled_by=clerk)
    callbacks.confirm(called, by=supervisor)  # from the rater's signed sheet


def test_the_rater_may_say_that_it_is_not_mended(
    called: CallBack, clerk: User, supervisor: User, raters: list[User], neighbour: User
) -> None:
    called_back(called, supervisor)
    callbacks.mend(called, measures=DONE, by=clerk)
    with pytest.raises(NotAllowed):
        callbacks.contest(called, reason="还是晃", by=neighbour)
    with pytest.raises(Refused):
        callbacks.contest(called, reason="", by=raters[0])
    callbacks.contest(called, reason="还是晃", by=raters[0])
    assert (called.stage, called.contested) == ("contacted", 1)


def test_a_silent_rater_is_written_down_as_such(
    called: CallBack, clerk: User, supervisor: User, until: Callable[..., None]
) -> None:
    called_back(called, supervisor)
    callbacks.mend(called, measures=DONE, by=clerk)
    until(called.due_at)
    called.refresh_from_db()
    assert (called.stage, called.outcome) == ("settled", "silent")


def test_nobody_called_so_the_street_hears_of_it(
    called: CallBack, case_officer: User, until: Callable[..., None]
) -> None:
    late = called.due_at
    until(late)
    called.refresh_from_db()
    assert called.stage == "open" and called.due_at == late
    assert Message.objects.filter(user=case_officer, title__contains="逾期").exists()


def test_it_is_not_mended_before_anybody_called(called: CallBack, clerk: User) -> None:
    with pytest.raises(Refused, match="等联系"):
        callbacks.mend(called, measures=DONE, by=clerk)


def test_who_moved_in_since_is_not_the_rater(
    called: CallBack, supervisor: User, clerk: User, chief: User, raters: list[User], household: Household
) -> None:
    called_back(called, supervisor)
    callbacks.mend(called, measures=DONE, by=clerk)
    move_out(home_of(raters[0]), by=chief)
    moved_in = make_resident("亥新来", household, represents=True, since=now())
    with pytest.raises(NotAllowed):
        callbacks.confirm(called, by=moved_in)
    callbacks.confirm(called, by=User.objects.get(pk=raters[0].pk))
    assert called.outcome == "confirmed"
