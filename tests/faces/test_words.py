"""Money, days and shares as people read them."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from evaluation import rules
from evaluation.models import Survey
from evaluation.report import Report, Row
from minshi.faces.words import (
    cn_date,
    cn_datetime,
    cn_until,
    full_date,
    percent,
    share,
    share_in_percent,
    threshold,
    wan,
    wan_yuan,
    yuan,
)
from minshi.territory.models import Territory
from proposals.models import Card, PlaceTotal, Stage
from proposals.templatetags.cards import _figure
from tests.faces.test_translation import APPS

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


@time_machine.travel(dt.datetime(2026, 11, 3, 12, tzinfo=CHINA))
def test_what_hangs_on_a_wall_says_its_year() -> None:
    assert full_date(dt.date(2026, 11, 26)) == "2026年11月26日"
    assert full_date(dt.datetime(2026, 11, 26, 17, tzinfo=dt.UTC)) == "2026年11月27日"


def test_sums_in_a_sentence_have_their_unit() -> None:
    assert [wan_yuan(fen) for fen in (57_050_000, 860_000)] == ["57.05 万元", "8,600.00 元"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2/3", "三分之二"), ("1/3", "三分之一"), ("3/4", "四分之三"), ("8/10", "八成"), ("4/5", "八成"),
        ("1/10", "一成"), ("2/10", "两成"), ("1/2", "一半"), ("1/1", "全部"), ("17/20", "85%"), ("13/17", "13/17"),
        (Fraction(3, 5), "六成"), ("3/2", "3/2"), ("0/1", "0/1"), ("x", "x"), (3, "3"),
    ],
)  # fmt: skip
def test_shares_as_people_say_them(value: Any, said: str) -> None:
    assert share(value) == said


def test_of_votes_a_half_is_one_more_than_half() -> None:
    assert [threshold(value) for value in ("1/2", "2/4", "2/3", "1/1")] == ["过半", "过半", "三分之二", "全部"]


def test_digits_only_where_they_are_exact() -> None:
    assert [share_in_percent(value) for value in ("1/10", "1/20", "1/3")] == ["10%", "5%", "三分之一"]


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (35, 44, 79), (4, 5, 80), (976, 1000, 97), (9_999_999, 10_000_000, 99), (0, 5, 0), (5, 5, 100), (0, 0, 0),
        (29, 100, 29), (57, 100, 57), (Decimal("79.99"), Decimal("100"), 79),
    ],
)  # fmt: skip
def test_a_percentage_is_never_rounded_up(part: Any, whole: Any, shown: int) -> None:
    assert percent(part, whole) == shown


COUNTED = st.integers(1, 10**9).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole)))


@given(COUNTED, st.integers(0, 100))
def test_it_reaches_a_threshold_exactly_when_the_share_does(counted: tuple[int, int], hundredths: int) -> None:
    part, whole = counted
    assert (percent(part, whole) >= hundredths) == (Fraction(part, whole) >= Fraction(hundredths, 100))


@given(st.integers(1, 400), st.integers(0, 100))
def test_also_just_at_it(whole: int, hundredths: int) -> None:
    """Where rounding would go wrong: the last count below the threshold and the first above."""
    least = -(-whole * hundredths // 100)
    assert percent(least, whole) >= hundredths
    assert least == 0 or percent(least - 1, whole) < hundredths


@pytest.mark.django_db
def test_every_page_says_the_same_of_the_same_answers() -> None:
    survey = Survey(answers_count=44, satisfied=35)
    card = Card(stage=Stage.ARCHIVED, rating_answers=44, rating_satisfied=35)
    total = PlaceTotal(place=Territory(), rating_answers=44, rating_satisfied=35)
    row = Row("", 0, 0, 0, {"rating_answers": 44, "rating_satisfied": 35})
    report = Report(Territory(), None, row, [], [], [], supervised=0, streets=0, sponsors=0, facilities=0)
    said = [rules.percent(survey), total.satisfied_percent, report.percent]
    assert (said, _figure(card)) == ([79, 79, 79], "满意 79%")


DRAWS = ("words.py", "faces.py")  # the one function, and the lengths of bars


def test_only_one_place_works_out_how_many_of_a_hundred() -> None:
    """Whoever multiplies by a hundred to divide, or lets a format do it, rounds on their own."""
    root = Path(settings.BASE_DIR)
    own_way = re.compile(r"100 \* [^/\n]+/|\* 100 *//?|:\.[0-9]+%\}|widthratio")
    sources = [path for app in APPS for path in (root / app).rglob("*.py") if path.name not in DRAWS]
    pages = list((root / "templates").rglob("*.html"))
    assert [str(path.relative_to(root)) for path in sources + pages if own_way.search(path.read_text())] == []


def test_domain_code_has_its_words_from_here_and_not_from_template_tags() -> None:
    """A template tag draws; what it draws with is below it, where everything else finds it too."""
    root = Path(settings.BASE_DIR)
    sources = [path for app in APPS for path in (root / app).rglob("*.py") if "templatetags" not in path.parts]
    drawn = re.compile(rf"^\s*(from|import) +({'|'.join(APPS)})\S*\.templatetags", re.MULTILINE)
    assert [str(path.relative_to(root)) for path in sources if drawn.search(path.read_text())] == []
