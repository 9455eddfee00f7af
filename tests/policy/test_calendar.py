"""Counting days by 民法典 201–203, with the golden values."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import chinese_calendar
import holidays
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from minshi.clock import CHINA
from minshi.policy import calendar
from minshi.policy.calendar import Calendar, Length, add_working_days, is_working, period_end
from minshi.policy.models import CalendarDay, CalendarVersion

pytestmark = pytest.mark.django_db

LEFT = {"2026-09-29": 3, "2026-09-30": 2, "2026-10-05": 2, "2026-10-08": 1, "2026-10-09": 0}
YEARS = (2022, 2023, 2024, 2025, 2026)


def china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=offset) for offset in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize(
    ("start", "number", "last"),
    [
        ("2026-02-13", 5, "2026-02-27"),
        ("2026-02-13", 1, "2026-02-14"),
        ("2026-09-24", 5, "2026-10-09"),
        ("2026-09-30", 1, "2026-10-08"),
        ("2026-10-09", 1, "2026-10-10"),
    ],
)
def test_golden_values(start: str, number: int, last: str) -> None:
    expected = date.fromisoformat(last)
    assert add_working_days(date.fromisoformat(start), number) == expected
    end = period_end(china(f"{start} 15:30"), working_days=number)
    assert end == china(f"{expected + timedelta(days=1)} 00:00")


def test_the_worked_weekends_of_2026() -> None:
    worked = [day for day in days_of(2026) if day.weekday() >= 5 and is_working(day)]
    assert worked == [date(2026, *month_day) for month_day in [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]]


@pytest.mark.parametrize("year", YEARS)
def test_every_day_agrees_with_two_other_calendars(year: int) -> None:
    library = holidays.country_holidays("CN", years=year)
    assert [day for day in days_of(year) if is_working(day) != chinese_calendar.is_workday(day)] == []
    assert [day for day in days_of(year) if is_working(day) != library.is_working_day(day)] == []


def test_a_calendar_of_plain_weekdays_would_be_caught() -> None:
    """The naive twin: weekends and nothing else misses dozens of days."""
    naive = Calendar(1, date(2024, 1, 1), date(2026, 12, 31), {}, {})
    wrong = [
        day
        for year in (2024, 2025, 2026)
        for day in days_of(year)
        if naive.is_working(day) != chinese_calendar.is_workday(day)
    ]
    assert len(wrong) > 60
    assert naive.add_working_days(date(2026, 2, 13), 5) != date(2026, 2, 27)


def test_the_starting_day_is_not_counted_however_late_it_is() -> None:
    early, late = china("2026-11-02 00:00"), china("2026-11-02 23:59")
    assert period_end(early, working_days=1) == period_end(late, working_days=1) == china("2026-11-04 00:00")


def test_the_starting_day_is_the_day_in_china() -> None:
    from_utc = datetime.fromisoformat("2026-11-02T17:00:00+00:00")  # 01:00 of the 3rd in China
    assert period_end(from_utc, working_days=1) == china("2026-11-05 00:00")


def test_calendar_days_end_with_a_rest_day_only_to_move_on() -> None:
    # the 7th day after 2026-11-01 (Sunday) is a Sunday: the period ends with Monday
    assert period_end(china("2026-11-01 09:00"), calendar_days=7) == china("2026-11-10 00:00")
    assert period_end(china("2026-11-02 09:00"), calendar_days=2) == china("2026-11-05 00:00")
    # the last day in 国庆: on to 10-08
    assert period_end(china("2026-09-25 09:00"), calendar_days=7) == china("2026-10-09 00:00")


def test_a_worked_weekend_is_no_rest_day_for_calendar_days() -> None:
    assert period_end(china("2026-02-07 09:00"), calendar_days=7) == china("2026-02-15 00:00")


def test_months_end_with_the_corresponding_day_or_the_last_of_the_month() -> None:
    assert calendar.months_after(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert calendar.months_after(date(2025, 12, 15), 12) == date(2026, 12, 15)
    assert period_end(china("2026-05-04 09:00"), months=6) == china("2026-11-05 00:00")


def test_hours_run_round_the_clock() -> None:
    assert period_end(china("2026-10-01 23:30"), hours=2) == china("2026-10-02 01:30")


def test_days_can_be_counted_back() -> None:
    assert add_working_days(date(2026, 10, 9), -3) == date(2026, 9, 29)


def test_a_period_has_exactly_one_length() -> None:
    for lengths in ({}, {"working_days": 1, "calendar_days": 1}, {"working_days": 0}):
        with pytest.raises(ValueError):
            period_end(china("2026-11-02 09:00"), **lengths)


def test_working_days_left_count_down_to_nothing() -> None:
    end = period_end(china("2026-09-29 09:00"), working_days=3)  # 30 September, 8 and 9 October
    left = {day: calendar.working_days_left(china(f"{day} 10:00"), end) for day in LEFT}
    assert left == LEFT
    assert calendar.working_days_left(china("2026-10-09 23:59"), end) == 0
    assert calendar.working_days_left(end, end) == 0


def test_beyond_the_last_published_day_all_is_provisional() -> None:
    assert not calendar.is_provisional(period_end(china("2026-12-24 09:00"), working_days=5))
    beyond = calendar.period(china("2026-12-25 09:00"), working_days=5)
    assert beyond.provisional
    assert calendar.is_provisional(beyond.end)
    assert not calendar.is_provisional(china("2027-01-01 00:00"))  # exclusive: the last day is 31 December


def test_beyond_the_last_published_day_statutory_days_and_weekends_still_rest() -> None:
    assert not is_working(date(2027, 1, 1))
    assert not is_working(date(2027, 10, 1))
    assert not is_working(date(2027, 3, 6))
    assert is_working(date(2027, 3, 8))


def test_a_basis_can_be_counted_again() -> None:
    period = calendar.period(china("2026-11-02 09:00"), working_days=5)
    assert period.basis == f"wd:5@2026-11-02;v{calendar.current().number}"
    assert calendar.recounted(calendar.current(), period.basis, china("2026-11-09 09:00")) == period
    bare = calendar.recounted(calendar.current(), "wd:5", china("2026-11-02 09:00"))
    assert bare == period
    assert calendar.recounted(calendar.current(), "clerk|9901/", china("2026-11-02 09:00")) is None
    assert Length.of(calendar_days=15) == ("cd", 15)


def test_counting_asks_the_database_at_most_once_a_minute(django_assert_num_queries) -> None:
    calendar.forget()
    is_working(date(2026, 11, 2))
    with django_assert_num_queries(0):
        for _count in range(50):
            period_end(china("2026-11-02 09:00"), working_days=15)


def test_a_published_day_is_never_edited() -> None:
    for change in (
        "UPDATE policy_calendarday SET is_working = true",
        "DELETE FROM policy_calendarday",
        "UPDATE policy_calendarversion SET through = '2030-01-01'",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    assert CalendarVersion.objects.count() == len(YEARS)


def test_an_arrangement_names_a_day_once() -> None:
    day = CalendarDay.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarDay.objects.create(version=day.version, date=day.date, is_working=True, name="重复")
