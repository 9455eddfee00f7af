"""Which value holds in a place, at a time."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction

import pytest

from minshi.clock import CHINA
from minshi.policy.actions import set_value
from minshi.policy.selectors import UnknownParameter, is_default, rules_of, terms, value
from minshi.policy.units import fraction
from minshi.territory.models import Territory

pytestmark = pytest.mark.django_db


def rule(name: str, place: Territory, number: object, since: str) -> None:
    set_value(name, place, number, since=date.fromisoformat(since), source="测试文件〔2026〕1号", by=None)


def test_without_a_rule_the_default_holds_and_the_page_says_so(yard: Territory) -> None:
    assert value("review.days", yard) == 3
    assert is_default(yard)


def test_the_nearest_place_that_ruled_wins(
    district: Territory, street: Territory, yard: Territory, other_street: Territory
) -> None:
    rule("review.days", district, 2, "2026-01-01")
    rule("review.days", street, 1, "2026-01-01")
    assert [value("review.days", place) for place in (district, street, yard, other_street)] == [2, 1, 1, 2]
    assert not is_default(yard)


def test_a_neighbouring_street_is_not_bound(street: Territory, other_street: Territory) -> None:
    rule("review.days", street, 1, "2026-01-01")
    assert value("review.days", other_street) == 3
    assert is_default(other_street)


def test_within_a_place_the_newest_that_has_begun_wins(district: Territory, yard: Territory) -> None:
    rule("review.days", district, 2, "2026-01-01")
    rule("review.days", district, 5, "2026-06-01")
    rule("review.days", district, 8, "2099-01-01")
    assert value("review.days", yard) == 5
    assert value("review.days", yard, at=date(2026, 3, 1)) == 2
    assert value("review.days", yard, at=date(2025, 12, 31)) == 3


def test_a_rule_begins_at_midnight_in_china(district: Territory) -> None:
    rule("review.days", district, 2, "2026-06-01")
    assert value("review.days", district, at=datetime(2026, 5, 31, 23, 59, tzinfo=CHINA)) == 3
    assert value("review.days", district, at=datetime(2026, 6, 1, 0, 0, tzinfo=CHINA)) == 2
    assert value("review.days", district, at=datetime.fromisoformat("2026-05-31T16:00:00+00:00")) == 2


def test_the_platforms_own_clock_decides_what_has_begun(clock, district: Territory) -> None:
    clock.set("2026-05-31 23:00")
    rule("review.days", district, 2, "2026-06-01")
    assert value("review.days", district) == 3
    assert is_default(district)
    clock.set("2026-06-01 00:01")
    assert value("review.days", district) == 2


def test_terms_take_names_and_prefixes_in_one_query(
    district: Territory, yard: Territory, django_assert_num_queries
) -> None:
    rule("rating.days", district, 10, "2026-01-01")
    with django_assert_num_queries(1):
        found = terms(["rating.", "payment.shares", "review.days"], yard)
    assert found["rating.days"] == 10
    assert found["rating.pass"] == "8/10"
    assert found["payment.shares"] == [30, 67, 3]
    assert "review.climb_days" not in found
    assert terms("review.", yard) == {"review.days": 3, "review.climb_days": 3}


def test_one_value_is_one_query(yard: Territory, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        value("review.days", yard)


def test_a_name_nobody_declared_is_an_error(yard: Territory) -> None:
    with pytest.raises(UnknownParameter):
        value("review.day", yard)
    with pytest.raises(UnknownParameter):
        terms(["review.days", "reviews."], yard)


def test_the_page_sees_the_source_of_each_rule(district: Territory, yard: Territory) -> None:
    rule("review.days", district, 2, "2026-01-01")
    rules = {one.parameter.name: one for one in rules_of(yard)}
    assert rules["review.days"].place == district
    assert rules["review.days"].source == "测试文件〔2026〕1号"
    assert rules["wish.days"].is_default
    assert is_default(yard, ["wish."])
    assert not is_default(yard, ["review."])


def test_fractions_are_exact() -> None:
    assert fraction("2/3") == Fraction(2, 3)
    assert fraction("8/10") == Fraction(4, 5)
    assert 128 < fraction("2/3") * 193 < 129
    for wrong in ("0.66", "2/0", "-1/3", "１/２", "1e3/2", True, 0.5, None):
        with pytest.raises(ValueError):
            fraction(wrong)
