"""A household without a phone corrects its rating on paper: a second envelope with the slip, read by two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from evaluation.actions.paper import bring_correction, confirm_paper, enter_paper, register_paper, void_paper
from evaluation.actions.surveys import end_window
from evaluation.models import Answer, PaperAnswer, Survey
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.clock import now
from minshi.paper.models import Line
from minshi.refusals import NotAllowed, Refused
from minshi.territory.models import Household
from tests.way import a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def sheet(survey: Survey, fifty: list[Household], chief: User, supervisor: User, case_officer: User) -> PaperAnswer:
    """Of a door nobody of which is in the register, read by two: satisfied."""
    unit = survey.roll.units.get(household=fifty[40])
    registered = register_paper(unit, receipt_id=uuid4(), by=chief)
    enter_paper(registered, level=2, photo=a_picture(), by=supervisor)
    return fresh(confirm_paper(registered, level=2, by=case_officer))


def fresh(sheet: PaperAnswer) -> PaperAnswer:
    return PaperAnswer.objects.select_related("line", "unit__roll__survey__proposal").get(pk=sheet.pk)


def test_read_alike_by_two_it_is_what_counts(
    sheet: PaperAnswer, chief: User, supervisor: User, case_officer: User
) -> None:
    bring_correction(sheet, stub=a_picture(), by=chief)
    assert Answer.objects.get().level == 2
    sheet = fresh(enter_paper(fresh(sheet), level=5, photo=a_picture(), by=supervisor))
    with pytest.raises(Refused, match="不能自己核对"):
        confirm_paper(fresh(sheet), level=5, by=supervisor)
    confirm_paper(sheet, level=5, by=case_officer)
    assert Answer.objects.get().level == 5
    with pytest.raises(Refused, match="已经登记过"):
        bring_correction(fresh(sheet), by=chief)


def test_it_counts_where_it_came_in_time_although_it_is_read_later(
    survey: Survey, sheet: PaperAnswer, chief: User, supervisor: User, case_officer: User
) -> None:
    assert sheet.line.correct_until
    bring_correction(sheet, by=chief)
    platform_clock.move(sheet.line.correct_until - now() + timedelta(hours=1))
    enter_paper(fresh(sheet), level=4, photo=a_picture(), by=supervisor)
    confirm_paper(fresh(sheet), level=4, by=case_officer)
    assert Answer.objects.get().level == 4


def test_none_is_taken_in_after_its_days(sheet: PaperAnswer, chief: User) -> None:
    assert sheet.line.correct_until
    platform_clock.move(sheet.line.correct_until - now() + timedelta(seconds=1))
    with pytest.raises(Refused, match="期限已经过了"):
        bring_correction(sheet, by=chief)
    with pytest.raises(IntegrityError, match="days to correct it are over"), transaction.atomic():
        Line.objects.filter(pk=sheet.line_id).update(
            corrected={"level": 5}, corrected_by=chief, corrected_at=now(), correction="错了"
        )


def test_the_result_waits_until_it_is_read(
    survey: Survey, sheet: PaperAnswer, answered: Callable[..., None], chief: User, supervisor: User, case_officer: User
) -> None:
    answered(survey, good=35, bad=0)
    platform_clock.move(survey.closes_at - now() - timedelta(hours=1))
    Line.objects.filter(pk=sheet.line_id).update(correct_until=survey.closes_at + timedelta(days=3))
    bring_correction(fresh(sheet), by=chief)
    platform_clock.move(timedelta(hours=2))
    end_window(survey, by=None)
    survey.refresh_from_db()
    assert survey.stage == "counting"
    enter_paper(fresh(sheet), level=5, photo=a_picture(), by=supervisor)
    confirm_paper(fresh(sheet), level=5, by=case_officer)
    survey.refresh_from_db()
    assert (survey.stage, survey.satisfied) == ("closed", 35)


def test_a_wrong_one_is_taken_back_and_the_right_one_brought(sheet: PaperAnswer, chief: User) -> None:
    bring_correction(sheet, by=chief)
    void_paper(fresh(sheet), reason="拿错了纸", by=chief)
    sheet = fresh(sheet)
    assert not sheet.is_void
    assert Answer.objects.get().level == 2
    bring_correction(sheet, by=chief)
    assert sheet.line.second_sheet


def test_a_stranger_brings_none(sheet: PaperAnswer, stranger_chief: User) -> None:
    with pytest.raises(NotAllowed):
        bring_correction(sheet, by=stranger_chief)


def test_the_pages_lead_from_the_door_to_the_readers(
    sheet: PaperAnswer, chief: User, supervisor: User, case_officer: User, client_of: ClientOf
) -> None:
    number = sheet.survey.proposal.number
    page = f"/projects/{number}/ratings/paper/{sheet.unit.ordinal}/"
    client = client_of(chief)
    assert f"{page}second/" in client.get(page).content.decode()
    assert client.post(f"{page}second/", {}).status_code == 422
    assert client.post(f"{page}second/", {"stubs": a_picture()}).status_code == 302
    for reader in (supervisor, case_officer):
        readers = client_of(reader)
        check = reverse("rating_check", args=[sheet.pk])
        assert check in readers.get(f"/projects/{number}/ratings/check/").content.decode()
        assert sheet.unit.household.address not in readers.get(check).content.decode()
        readers.post(check, {"level": "5", "photos": a_picture()})
    assert Answer.objects.get().level == 5
