"""Windows in which people take part follow a calendar published later: never shorter, as a row, read alike by all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import DatabaseError, models, transaction
from django.test import Client

from deliberation import actions as deliberation
from deliberation.models import Motion
from evaluation.actions import surveys
from evaluation.models import Survey
from funding import actions as funding
from funding.models import Enquiry
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.faces.words import cn_until
from minshi.policy import calendar
from minshi.policy.actions import publish_calendar, recompute_provisional
from minshi.policy.models import Lengthening
from minshi.refusals import Refused
from proposals.models import Proposal, Stage
from tests.conftest import Clock
from tests.policy.test_publish_calendar import china, next_year
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture(autouse=True)
def _calendar_of_the_database() -> Iterator[None]:
    calendar.forget()
    yield
    calendar.forget()


def published(**more: Any) -> None:
    publish_calendar(next_year(**more), by=None)
    calendar.forget()
    cache.clear()


def recorded(subject: models.Model) -> Lengthening:
    return Lengthening.objects.get(subject_type=subject._meta.label_lower, subject_id=subject.pk, kind="window")


@pytest.fixture
def motion(way: Way, clock: Clock) -> Motion:
    """Opened on the last Monday of the year for seven days: 4 January will be a day off."""
    clock.set("2026-12-21 10:00")
    proposal = way.cosigned()
    clock.set("2026-12-28 10:00")
    return deliberation.open_motion(proposal, by=way.who("clerk"))


def test_a_vote_that_would_end_on_a_day_off_ends_later_for_everybody(motion: Motion, way: Way, client: Client) -> None:
    old, new = china("2027-01-05 00:00"), china("2027-01-06 00:00")
    assert motion.closes_at == old
    counted, due = motion.counting_until, motion.publish_by
    published()
    motion.refresh_from_db()
    assert motion.closes_at == new and motion.counting_until > counted and motion.publish_by >= due
    row = recorded(motion)
    assert (row.old_end, row.new_end, row.version.source) == (old, new, "测试用2027年安排")
    page = client.get(f"/projects/{motion.proposal.number}/votes/").content.decode()  # type: ignore[union-attr]
    assert f"原定 {cn_until(old)} 截止；测试用2027年安排公布后，顺延到 {cn_until(new)}" in page
    proposal = Proposal.objects.get(pk=motion.proposal_id)
    assert proposal.due_at == proposal.card.act_ends_at == new
    listed = client.get(proposal.get_absolute_url()).content.decode()
    assert f"{cn_until(new)} 截止" in listed and f"{cn_until(old)} 截止" not in listed
    # In the hours that were added people vote, and nothing closes.
    platform_clock.set_to(old + timedelta(hours=3))
    deadlines.sweep()
    motion.refresh_from_db()
    assert motion.stage == "open"
    assert deliberation.cast(motion, "agree", receipt_id=uuid4(), by=way.who("resident"))
    platform_clock.set_to(new)
    deadlines.sweep()
    motion.refresh_from_db()
    assert motion.stage == "counting"
    with pytest.raises(Refused, match="截止"):
        deliberation.cast(motion, "against", receipt_id=uuid4(), by=way.who("resident"))


def test_a_sheet_read_before_is_corrected_in_days_that_begin_with_the_new_end(motion: Motion, way: Way) -> None:
    unit = motion.roll.units.get(household=way.households[7])
    paper = deliberation.register_paper(
        unit, receipt_id=uuid4(), photo=a_picture(), choice="agree", by=way.who("chief")
    )
    before = paper.line.correct_until
    published()
    paper.line.refresh_from_db()
    assert before and paper.line.correct_until and paper.line.correct_until > before
    motion.refresh_from_db()
    assert paper.line.correct_until - motion.closes_at >= timedelta(days=3)


def test_a_round_of_rating_ends_later_for_everybody(way: Way, clock: Clock, client: Client) -> None:
    clock.set("2026-10-12 09:00")
    survey = way.rating()
    old = survey.closes_at
    last = (old - timedelta(seconds=1)).astimezone(platform_clock.CHINA).date()
    publish_calendar(
        next_year(source="测试用调休", since=date(2026, 1, 1), rest=[["临时放假", last, last]], work=[]), by=None
    )
    cache.clear()
    survey.refresh_from_db()
    assert survey.closes_at > old and recorded(survey).old_end == old
    assert cn_until(survey.closes_at) in client.get(f"/projects/{survey.proposal.number}/ratings/").content.decode()
    platform_clock.set_to(old + timedelta(hours=3))
    deadlines.sweep()
    survey.refresh_from_db()
    assert (survey.stage, survey.extended_at) == ("open", None)
    assert surveys.rate(survey, level=1, by=way.raters()[0])
    proposal = Proposal.objects.get(pk=survey.proposal_id)
    assert proposal.due_at == proposal.card.act_ends_at == survey.closes_at
    platform_clock.set_to(survey.closes_at)
    with pytest.raises(Refused, match="截止"):
        surveys.rate(survey, level=1, by=way.raters()[1])


def test_quotes_come_in_for_the_working_days_they_were_given(way: Way, clock: Clock, client: Client) -> None:
    clock.set("2026-11-02 09:00")
    proposal = way.procuring()
    way.project_group(proposal)
    clock.set("2026-12-28 10:00")
    enquiry = funding.open_enquiry(proposal, needs="一盏路灯", by=way.who("chief"))
    old = enquiry.closes_at
    published()
    enquiry.refresh_from_db()
    assert enquiry.closes_at == old + timedelta(days=1) and recorded(enquiry).new_end == enquiry.closes_at
    page = client.get(f"/projects/{proposal.number}/suppliers/").content.decode()
    assert f"原定 {cn_until(old)} 截止" in page and f"{cn_until(enquiry.closes_at)} 截止报价" in page


def test_signing_ends_later_too(way: Way, clock: Clock) -> None:
    clock.set("2026-12-20 10:00")
    proposal = way.cosigning()
    old = proposal.due_at
    assert old == china("2027-01-05 00:00")
    published()
    proposal.refresh_from_db()
    assert proposal.due_at == proposal.card.act_ends_at == china("2027-01-06 00:00")
    platform_clock.set_to(old + timedelta(hours=3))
    deadlines.sweep()
    proposal.refresh_from_db()
    assert proposal.stage == Stage.COSIGNING


def test_more_worked_days_shorten_no_window_and_twice_is_once(motion: Motion) -> None:
    before = motion.closes_at
    published(rest=[], work=[date(2027, 1, 2), date(2027, 1, 3)])
    recompute_provisional()
    motion.refresh_from_db()
    assert motion.closes_at == before and not Lengthening.objects.filter(kind="window").exists()


def test_what_is_over_stays_over(motion: Motion) -> None:
    platform_clock.set_to(motion.closes_at + timedelta(minutes=1))
    published()
    before, _ = motion.closes_at, motion.refresh_from_db()
    assert motion.closes_at == before and not Lengthening.objects.filter(kind="window").exists()


def test_the_database_moves_no_window_without_its_row(motion: Motion, way: Way) -> None:
    later = motion.closes_at + timedelta(days=1)
    for end in (later, motion.closes_at - timedelta(days=1)):
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            Motion.objects.filter(pk=motion.pk).update(closes_at=end)


def test_nor_of_a_rating_or_an_enquiry(way: Way, clock: Clock) -> None:
    clock.set("2026-11-02 09:00")
    survey = way.rating()
    with pytest.raises(DatabaseError, match="never shortened"), transaction.atomic():
        Survey.objects.filter(pk=survey.pk).update(closes_at=survey.closes_at + timedelta(days=1))
    enquiry = Enquiry.objects.latest("pk")
    with pytest.raises(DatabaseError), transaction.atomic():
        Enquiry.objects.filter(pk=enquiry.pk).update(closes_at=enquiry.closes_at + timedelta(days=1))
