"""Next year's arrangement is published: provisional deadlines become firm, firm ones stay."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from minshi.clock import CHINA
from minshi.deadlines.actions import schedule
from minshi.deadlines.models import Deadline
from minshi.policy import calendar
from minshi.policy.actions import publish_calendar, recompute_provisional
from minshi.policy.calendar import Period
from minshi.policy.defaults import Arrangement
from minshi.policy.models import CalendarVersion
from minshi.policy.signals import period_moved
from minshi.refusals import Refused
from minshi.territory.models import Territory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _calendar_of_the_database():
    """What a test published and rolled back must not stay in this process."""
    calendar.forget()
    yield
    calendar.forget()


def china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def next_year(**more: object) -> Arrangement:
    """An invented 2027: four days off at New Year, a Sunday worked for the last of them."""
    table = {
        "source": "测试用2027年安排",
        "published": date(2026, 11, 10),
        "since": date(2027, 1, 1),
        "through": date(2027, 12, 31),
        "rest": [["元旦", date(2027, 1, 1), date(2027, 1, 4)]],
        "work": [date(2027, 1, 10)],
    }
    return Arrangement.parse({**table, **more})


def set_deadline(place: Territory, kind: str, period: Period, **more: object) -> Deadline:
    return schedule(place, kind, period.end, basis=period.basis, provisional=period.provisional, **more)


def test_a_provisional_deadline_is_counted_anew(clock, yard: Territory) -> None:
    clock.set("2026-12-30 10:00")
    deadline = set_deadline(yard, "test", calendar.period(china("2026-12-30 10:00"), working_days=3))
    assert deadline.provisional
    assert deadline.due == china("2027-01-06 00:00")  # 31 December, 4 and 5 January
    publish_calendar(next_year(), by=None)
    deadline.refresh_from_db()
    assert deadline.due == china("2027-01-07 00:00")  # 4 January is off now
    assert not deadline.provisional
    assert deadline.basis == f"wd:3@2026-12-30;v{CalendarVersion.objects.count()}"


def test_its_reminder_moves_with_it(clock, yard: Territory) -> None:
    clock.set("2026-12-30 10:00")
    period = calendar.period(china("2026-12-30 10:00"), working_days=3)
    set_deadline(yard, "test", period, remind_at=period.end - timedelta(days=1))
    publish_calendar(next_year(), by=None)
    due, reminder = (Deadline.objects.get(kind=kind) for kind in ("test", "reminder:test"))
    assert due.due - reminder.due == timedelta(days=1)
    assert not reminder.provisional


def test_a_firm_deadline_never_moves_whatever_the_calendar_says_later(clock, yard: Territory) -> None:
    clock.set("2026-12-01 10:00")
    deadline = set_deadline(yard, "test", calendar.period(china("2026-12-01 10:00"), working_days=10))
    assert not deadline.provisional
    worked = [date(2026, 12, 5), date(2026, 12, 6)]
    publish_calendar(next_year(source="测试用2026年调整", since=date(2026, 12, 1), rest=[], work=worked), by=None)
    before = deadline.due
    deadline.refresh_from_db()
    assert deadline.due == before
    calendar.forget()
    assert calendar.period_end(china("2026-12-01 10:00"), working_days=10) < before  # only new periods


def test_a_deadline_met_already_is_left_alone(clock, yard: Territory) -> None:
    clock.set("2026-12-30 10:00")
    deadline = set_deadline(yard, "test", calendar.period(china("2026-12-30 10:00"), working_days=3))
    Deadline.objects.filter(pk=deadline.pk).update(handled_at=china("2026-12-30 11:00"), outcome="met")
    publish_calendar(next_year(), by=None)
    deadline.refresh_from_db()
    assert deadline.provisional


def test_an_end_that_would_have_passed_stays_where_people_expect_it(clock, yard: Territory) -> None:
    clock.set("2026-12-30 10:00")
    deadline = set_deadline(yard, "test", calendar.period(china("2026-12-30 10:00"), working_days=3))
    before = deadline.due
    clock.set("2027-01-05 20:00")
    publish_calendar(next_year(rest=[], work=[date(2027, 1, 2), date(2027, 1, 3)]), by=None)
    deadline.refresh_from_db()
    assert deadline.due == before
    assert not deadline.provisional


def test_who_keeps_a_period_of_its_own_hears_of_it(clock, yard: Territory) -> None:
    clock.set("2026-12-30 10:00")
    deadline = set_deadline(yard, "test", calendar.period(china("2026-12-30 10:00"), working_days=3))
    heard: list[tuple[int, datetime, datetime]] = []

    def hear(sender, deadline, before, **kwargs):
        heard.append((deadline.pk, before, deadline.due))

    period_moved.connect(hear)
    try:
        publish_calendar(next_year(), by=None)
        recompute_provisional()
    finally:
        period_moved.disconnect(hear)
    assert heard == [(deadline.pk, china("2027-01-06 00:00"), china("2027-01-07 00:00"))]


def test_counting_anew_without_news_changes_nothing(clock, yard: Territory) -> None:
    clock.set("2026-12-30 10:00")
    deadline = set_deadline(yard, "test", calendar.period(china("2026-12-30 10:00"), working_days=3))
    assert recompute_provisional() == 0
    before = deadline.due
    deadline.refresh_from_db()
    assert (deadline.due, deadline.provisional) == (before, True)


def test_a_deadline_set_with_the_old_calendar_is_found_by_the_daily_round(clock, yard: Territory) -> None:
    clock.set("2026-12-30 10:00")
    period = calendar.period(china("2026-12-30 10:00"), working_days=3)
    publish_calendar(next_year(), by=None)
    set_deadline(yard, "test", period)  # a process that had not asked for the newest version yet
    assert recompute_provisional() == 1


def test_the_newest_arrangement_that_names_a_day_holds() -> None:
    publish_calendar(next_year(), by=None)
    publish_calendar(next_year(source="测试用2027年调整", rest=[], work=[date(2027, 1, 4)]), by=None)
    newest = calendar.read()
    assert newest.is_working(date(2027, 1, 4))
    assert newest.is_working(date(2027, 1, 10))
    assert not newest.is_working(date(2027, 1, 1))


def test_one_arrangement_is_published_once_and_no_year_is_left_out() -> None:
    publish_calendar(next_year(), by=None)
    with pytest.raises(Refused, match="已经录入"):
        publish_calendar(next_year(), by=None)
    with pytest.raises(Refused, match="逐年"):
        publish_calendar(
            next_year(source="测试用2029年安排", since=date(2029, 1, 1), through=date(2029, 12, 31)), by=None
        )


def test_the_command_publishes_a_file(tmp_path, capsys) -> None:
    file = tmp_path / "2027.toml"
    file.write_text(
        '[[arrangement]]\nsource = "测试用2027年安排"\npublished = 2026-11-10\n'
        'since = 2027-01-01\nthrough = 2027-12-31\nrest = [["元旦", 2027-01-01, 2027-01-03]]\nwork = []\n'
    )
    call_command("publish_calendar", str(file))
    call_command("publish_calendar", str(file))
    assert capsys.readouterr().out.count("已录入") == 1
    assert calendar.read().through == date(2027, 12, 31)
    file.write_text(file.read_text().replace("2027", "2031"))
    with pytest.raises(CommandError, match="逐年"):
        call_command("publish_calendar", str(file))
