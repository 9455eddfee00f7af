"""Money and days as people read them."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine

from minshi.faces.templatetags.faces import cn_date, cn_datetime, cn_until, wan, yuan

CHINA = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "0.00"),
        (1, "0.01"),
        (123_400, "1,234.00"),
        (320_000_000, "3,200,000.00"),
        (-5, "-0.05"),
        (None, ""),
    ],
)
def test_fen_are_shown_as_yuan_with_two_places(fen: int | None, text: str) -> None:
    assert yuan(fen) == text


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (57_050_000, "57.05 万"),
        (500_000_000, "500 万"),
        (999_999, "9,999.99"),
        (1_000_000, "1 万"),
        (123_456_789, "123.46 万"),
        (1_230_000_000_00, "12.3 亿"),
        (-57_050_000, "-57.05 万"),
        (None, ""),
    ],
)
def test_large_sums_are_shown_in_wan(fen: int | None, text: str) -> None:
    assert wan(fen) == text


@time_machine.travel(dt.datetime(2026, 11, 3, 12, tzinfo=CHINA))
def test_a_date_says_its_year_only_when_it_is_another() -> None:
    assert cn_date(dt.date(2026, 11, 26)) == "11月26日"
    assert cn_date(dt.date(2025, 1, 2)) == "2025年1月2日"
    assert cn_date("11月19日—26日") == "11月19日—26日"
    assert cn_date(None) == ""


@time_machine.travel(dt.datetime(2026, 11, 3, 12, tzinfo=CHINA))
def test_moments_are_told_in_the_time_of_the_place() -> None:
    evening_in_utc = dt.datetime(2026, 11, 26, 17, 5, tzinfo=dt.UTC)
    assert cn_date(evening_in_utc) == "11月27日"
    assert cn_datetime(evening_in_utc) == "11月27日 01:05"


@time_machine.travel(dt.datetime(2026, 11, 3, 12, tzinfo=CHINA))
def test_an_end_at_midnight_is_the_24th_hour_of_the_day_before() -> None:
    assert cn_until(dt.datetime(2026, 11, 27, tzinfo=CHINA)) == "11月26日 24:00"
    assert cn_until(dt.datetime(2026, 11, 26, 16, tzinfo=dt.UTC)) == "11月26日 24:00"
    assert cn_until(dt.datetime(2027, 1, 1, tzinfo=CHINA)) == "12月31日 24:00"
    assert cn_until(dt.datetime(2026, 11, 26, 18, 30, tzinfo=CHINA)) == "11月26日 18:30"
    assert cn_until(dt.date(2026, 11, 26)) == "11月26日 24:00"
    assert cn_until(None) == ""
