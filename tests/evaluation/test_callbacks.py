"""差评回访: contacted in one working day, mended in fifteen, confirmed by whoever rated."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from evaluation.actions import callbacks
from evaluation.actions.surveys import confirm_paper, enter_paper, rate
from evaluation.models import CallBack, Survey
from minshi.accounts.models import User
from minshi.deadlines.models import Deadline
from minshi.notifications.models import Message
from minshi.policy import calendar
from minshi.refusals import NotAllowed, Refused
from minshi.territory.models import Household
from tests.way import a_picture

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
    assert called.stage == "open" and called.due_at > late
    assert Message.objects.filter(user=case_officer, title__contains="逾期").exists()


def test_a_stranger_clerk_does_not_call(called: CallBack, stranger_clerk: User) -> None:
    with pytest.raises(NotAllowed):
        callbacks.contact(called, findings=FOUND, by=stranger_clerk)


def test_it_is_not_mended_before_anybody_called(called: CallBack, clerk: User) -> None:
    with pytest.raises(Refused, match="等联系"):
        callbacks.mend(called, measures=DONE, by=clerk)


# --- Paper ------------------------------------------------------------------------------------------


def test_a_sheet_counts_once_two_people_read_it_alike(
    survey: Survey, fifty: list[Household], chief: User, clerk: User
) -> None:
    answer = enter_paper(survey, fifty[10], level=5, sheet=a_picture(), by=chief)
    assert not answer.is_counted and not CallBack.objects.exists()
    with pytest.raises(NotAllowed, match="两个人"):
        confirm_paper(answer, level=5, by=chief)
    with pytest.raises(Refused) as refused:
        confirm_paper(answer, level=3, by=clerk)
    assert "level" in refused.value.fields
    confirm_paper(answer, level=5, by=clerk)
    assert answer.is_counted and CallBack.objects.get().answer == answer


def test_a_signed_sheet_replaces_the_phone_and_never_back(
    survey: Survey, raters: list[User], fifty: list[Household], chief: User, clerk: User
) -> None:
    rate(survey, level=1, by=raters[0])
    answer = enter_paper(survey, fifty[0], level=4, sheet=a_picture(), by=chief)
    with pytest.raises(Refused, match="纸质"):
        rate(survey, level=1, by=raters[0])
    confirm_paper(answer, level=4, by=clerk)
    assert survey.answers.get().level == 4


def test_a_resident_does_not_enter_paper(survey: Survey, fifty: list[Household], resident: User) -> None:
    with pytest.raises(NotAllowed):
        enter_paper(survey, fifty[1], level=1, sheet=a_picture(), by=resident)


def test_sheets_in_time_are_read_after_the_end_and_then_the_result_is_drawn(
    survey: Survey, raters: list[User], fifty: list[Household], chief: User, clerk: User, until: Callable[..., None]
) -> None:
    for user in raters[:30]:
        rate(survey, level=1, by=user)
    late = enter_paper(survey, fifty[40], level=2, sheet=a_picture(), by=chief)
    until(survey.closes_at)
    survey.refresh_from_db()
    assert survey.stage == "counting"
    with pytest.raises(Refused, match="截止"):
        enter_paper(survey, fifty[41], level=2, sheet=a_picture(), by=chief)
    confirm_paper(late, level=2, by=clerk)
    survey.refresh_from_db()
    assert (survey.stage, survey.answers_count, survey.on_paper) == ("closed", 31, 1)


def test_a_misread_sheet_is_typed_in_anew_before_it_is_confirmed(
    survey: Survey, fifty: list[Household], chief: User, clerk: User
) -> None:
    enter_paper(survey, fifty[10], level=5, sheet=a_picture(), by=chief)
    again = enter_paper(survey, fifty[10], level=2, sheet=a_picture(), by=chief)
    confirm_paper(again, level=2, by=clerk)
    assert [answer.level for answer in survey.answers.counted()] == [2]
