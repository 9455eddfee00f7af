"""Holidays published after posting: what runs may only end later, as a row of its own, and everybody reads one end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.test import Client

from evaluation.models import Check
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.disclosure import actions as disclosure
from minshi.disclosure.models import Notice
from minshi.disclosure.selectors import progress
from minshi.faces.words import cn_until
from minshi.policy import calendar
from minshi.policy.actions import publish_calendar, recompute_provisional
from minshi.policy.models import Lengthening
from minshi.territory.models import Territory
from tests.conftest import Clock
from tests.policy.test_publish_calendar import china, next_year
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]

POSTED, OLD_END, NEW_END = "2026-12-28 10:00", china("2027-01-06 00:00"), china("2027-01-07 00:00")
"""Posted for five working days on the last Monday of the year; 4 January will be a day off."""


@pytest.fixture(autouse=True)
def _calendar_of_the_database() -> Iterator[None]:
    calendar.forget()
    yield
    calendar.forget()


@pytest.fixture
def notice(clock: Clock, yard: Territory) -> Notice:
    clock.set(POSTED)
    return disclosure.post(kind="initiation", title="公示", body="装一盏灯", place=yard, days=5, households=12, by=None)


def published() -> None:
    publish_calendar(next_year(), by=None)
    calendar.forget()


def test_a_running_notice_ends_later_and_says_so_everywhere(notice: Notice, client: Client) -> None:
    assert (notice.ends_at, notice.provisional) == (OLD_END, True)
    published()
    notice.refresh_from_db()
    assert (notice.ends_at, notice.provisional) == (NEW_END, False)
    row = Lengthening.objects.get(subject_type="disclosure.notice", subject_id=notice.pk)
    assert (row.old_end, row.new_end, row.version.source) == (OLD_END, NEW_END, "测试用2027年安排")
    for page in (notice.get_absolute_url(), f"{notice.get_absolute_url()}print/"):
        text = client.get(page).content.decode()
        assert "暂定" not in text
        assert f"原定 {cn_until(OLD_END)} 截止；测试用2027年安排公布后，公示期顺延到 {cn_until(NEW_END)}" in text
    board = client.get("/notices/").content.decode()
    assert cn_until(NEW_END) in board and cn_until(OLD_END) not in board


def test_list_and_count_agree_after_it(notice: Notice) -> None:
    published()
    notice.refresh_from_db()
    told = progress(notice, china("2027-01-06 12:00"))
    numbers = [day.number for day in told.days if day.number]
    assert numbers == [1, 2, 3, 4, 5] and (told.done, told.total) == (5, 5)
    assert told.days[-1].date == notice.last_day == date(2027, 1, 6) and told.days[-1].number == 5


def test_the_gate_and_who_waits_for_it_follow(way: Way, clock: Clock, client: Client) -> None:
    clock.set("2026-12-01 10:00")
    proposal = way.deciding()
    clock.set(POSTED)
    way.study(proposal)
    way.decide(proposal)
    proposal.refresh_from_db()
    old = proposal.gate_notice.ends_at
    published()
    proposal.refresh_from_db()
    notice = proposal.gate_notice
    assert notice.ends_at > old and proposal.due_at == notice.ends_at
    assert Deadline.objects.of(proposal).open().get(kind="stage:announced").due == notice.ends_at
    cache.clear()
    page = client.get(proposal.get_absolute_url()).content.decode()
    assert f"{cn_until(notice.ends_at)} 截止" in page and f"{cn_until(old)} 截止" not in page
    disclosure.object_to(notice, facts="会照到卧室里", by=way.who("neighbour"))
    platform_clock.set_to(old + timedelta(minutes=5))
    deadlines.sweep()
    proposal.refresh_from_db()
    assert proposal.stage == "announced"


def test_an_objection_is_answered_by_the_day_that_stands_beside_it(notice: Notice, way: Way, clock: Clock) -> None:
    clock.set("2026-12-31 10:00")
    objection = disclosure.object_to(notice, facts="会照到卧室里", by=way.who("neighbour"))
    before = objection.due_at
    published()
    objection.refresh_from_db()
    task = Deadline.objects.of(objection).open().get(kind="objection.answer")
    assert objection.due_at == task.due > before and not task.provisional
    assert Lengthening.objects.filter(subject_type="disclosure.objection", subject_id=objection.pk).count() == 1


def test_a_request_for_money_follows(way: Way, clock: Clock) -> None:
    clock.set("2026-11-02 10:00")
    proposal = way.raising()
    way.planned(proposal)
    clock.set("2026-12-30 10:00")
    grant = way.asked(proposal)
    before = grant.due_at
    publish_calendar(next_year(work=[]), by=None)
    grant.refresh_from_db()
    assert grant.due_at == Deadline.objects.of(grant).open().get().due > before


def test_a_check_after_the_archive_follows(way: Way, clock: Clock) -> None:
    clock.set("2026-03-02 09:00")
    proposal = way.archived()
    checks = Check.objects.filter(aftercare__proposal=proposal).order_by("months")
    found = {check.pk: check.due_at for check in checks}
    assert all(row.basis for row in Deadline.objects.open().filter(kind="aftercare.check"))
    late = max(found.values())
    last = (late - timedelta(seconds=1)).astimezone(platform_clock.CHINA).date()
    rest = [["测试", last - timedelta(days=5), last + timedelta(days=10)]]
    publish_calendar(next_year(rest=rest, work=[]), by=None)
    moved = {check.pk: check.due_at for check in checks.all()}
    assert max(moved.values()) > late
    for pk, due in moved.items():
        assert due >= found[pk] and Deadline.objects.open().get(kind="aftercare.check", subject_id=pk).due == due


# --- Later only -----------------------------------------------------------------------------------


def test_more_worked_days_shorten_nothing(notice: Notice) -> None:
    publish_calendar(next_year(rest=[], work=[date(2027, 1, 2), date(2027, 1, 3)]), by=None)
    calendar.forget()
    notice.refresh_from_db()
    assert (notice.ends_at, notice.provisional) == (OLD_END, False)
    assert not Lengthening.objects.exists()
    told = progress(notice, china("2027-01-05 12:00"))
    assert (told.done, told.total) == (5, 5) and told.days[-1].note == "照公布时的截止日，不提前"


def test_a_firm_end_too_is_lengthened_by_a_later_change(clock: Clock, yard: Territory) -> None:
    clock.set("2026-12-01 10:00")
    notice = disclosure.post(kind="initiation", title="公示", body="装一盏灯", place=yard, days=5, by=None)
    before = notice.ends_at
    assert not notice.provisional
    rest = [["临时放假", date(2026, 12, 3), date(2026, 12, 4)]]
    publish_calendar(next_year(source="测试用2026年调整", since=date(2026, 12, 1), rest=rest, work=[]), by=None)
    notice.refresh_from_db()
    assert notice.ends_at == before + timedelta(days=2)


def test_what_is_over_stays_over_and_repeating_adds_nothing(notice: Notice, clock: Clock) -> None:
    platform_clock.set_to(OLD_END + timedelta(minutes=1))
    published()
    recompute_provisional()
    notice.refresh_from_db()
    assert notice.ends_at == OLD_END and not Lengthening.objects.exists()


def test_the_database_moves_no_end_without_its_row(notice: Notice) -> None:
    for change in ({"ends_at": NEW_END}, {"ends_at": OLD_END - timedelta(days=1)}):
        with pytest.raises(DatabaseError, match="ends when it was said"), transaction.atomic():
            Notice.objects.filter(pk=notice.pk).update(**change)
    published()
    row = Lengthening.objects.get(subject_type="disclosure.notice")
    with pytest.raises(DatabaseError), transaction.atomic():
        Lengthening.objects.filter(pk=row.pk).update(new_end=NEW_END + timedelta(days=3))
