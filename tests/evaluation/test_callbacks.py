"""差评回访: contacted in one working day, mended in fifteen, confirmed by whoever rated."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from evaluation.actions import callbacks
from evaluation.actions.surveys import rate
from evaluation.models import CallBack, Survey
from minshi.accounts.models import User
from minshi.deadlines.models import Deadline
from minshi.notifications.models import Message
from minshi.policy import calendar
from minshi.refusals import NotAllowed, Refused

pytestmark = pytest.mark.django_db

FOUND, DONE = "上门看过，灯罩松动", "重新固定了灯罩"


@pytest.fixture
def called(survey: Survey, raters: list[User]) -> CallBack:
    rate(survey, level=4, by=raters[0], advice="灯罩晃")
    return CallBack.objects.get()


def test_a_bad_rating_is_called_back_within_one_working_day(called: CallBack, clerk: User) -> None:
    deadline = Deadline.objects.of(called).open().get()
    assert deadline.due == calendar.period_end(deadline.set_at, working_days=1)
    assert (deadline.role, called.stage) == ("clerk", "open")
    assert Message.objects.filter(user=clerk, title__contains="差评").exists()


def test_a_good_rating_is_not_called_back(survey: Survey, raters: list[User]) -> None:
    rate(survey, level=3, by=raters[0])
    assert not CallBack.objects.exists()


def test_changing_the_rating_before_anybody_called_withdraws_it(
    survey: Survey, raters: list[User], called: CallBack
) -> None:
    rate(survey, level=2, by=raters[0])
    called.refresh_from_db()
    assert (called.stage, Deadline.objects.of(called).open().count()) == ("withdrawn", 0)
    rate(survey, level=5, by=raters[0])
    called.refresh_from_db()
    assert called.stage == "open"


def test_a_call_back_that_was_begun_goes_on_whatever_the_rating(
    survey: Survey, raters: list[User], called: CallBack, clerk: User
) -> None:
    callbacks.contact(called, findings=FOUND, by=clerk)
    rate(survey, level=1, by=raters[0])
    called.refresh_from_db()
    assert called.stage == "contacted"


def test_it_is_mended_in_fifteen_working_days_and_confirmed_by_the_rater(
    called: CallBack, clerk: User, raters: list[User]
) -> None:
    callbacks.contact(called, findings=FOUND, by=clerk)
    deadline = Deadline.objects.of(called).open().get()
    assert deadline.due == calendar.period_end(deadline.set_at, working_days=15)
    callbacks.mend(called, measures=DONE, by=clerk)
    assert Message.objects.filter(user=raters[0], title__contains="已整改").exists()
    callbacks.confirm(called, by=raters[0])
    assert (called.stage, called.outcome) == ("settled", "confirmed")


def test_who_mended_does_not_confirm(called: CallBack, clerk: User, second_clerk: User) -> None:
    callbacks.contact(called, findings=FOUND, by=clerk)
    callbacks.mend(called, measures=DONE, by=clerk)
    with pytest.raises(NotAllowed):
        callbacks.confirm(called, by=clerk)
    with pytest.raises(IntegrityError), transaction.atomic():
        CallBack.objects.filter(pk=called.pk).update(settled_by=clerk)
    callbacks.confirm(called, by=second_clerk)  # from the rater's signed sheet


def test_the_rater_may_say_that_it_is_not_mended(
    called: CallBack, clerk: User, raters: list[User], neighbour: User
) -> None:
    callbacks.contact(called, findings=FOUND, by=clerk)
    callbacks.mend(called, measures=DONE, by=clerk)
    with pytest.raises(NotAllowed):
        callbacks.contest(called, reason="还是晃", by=neighbour)
    with pytest.raises(Refused):
        callbacks.contest(called, reason="", by=raters[0])
    callbacks.contest(called, reason="还是晃", by=raters[0])
    assert (called.stage, called.contested) == ("contacted", 1)


def test_a_silent_rater_is_written_down_as_such(called: CallBack, clerk: User, until: Callable[..., None]) -> None:
    callbacks.contact(called, findings=FOUND, by=clerk)
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


def test_a_stranger_clerk_does_not_call(called: CallBack, stranger_clerk: User) -> None:
    with pytest.raises(NotAllowed):
        callbacks.contact(called, findings=FOUND, by=stranger_clerk)


def test_it_is_not_mended_before_anybody_called(called: CallBack, clerk: User) -> None:
    with pytest.raises(Refused, match="等联系"):
        callbacks.mend(called, measures=DONE, by=clerk)
