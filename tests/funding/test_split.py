"""Dividing money in proportion, to the fen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funding.shares import split

FEN = st.integers(min_value=0, max_value=10**12)


def test_the_odd_fen_goes_to_the_largest_remainder_and_then_to_the_first() -> None:
    assert split(100, {"a": 1, "b": 1, "c": 1}) == {"a": 34, "b": 33, "c": 33}
    assert split(100, {"a": 1, "b": 2}) == {"a": 33, "b": 67}
    assert split(150_000, {"street": 1_200_000, "households": 800_000}) == {"street": 90_000, "households": 60_000}
    assert split(0, {"a": 5}) == {"a": 0}


def test_nothing_is_divided_among_nobody() -> None:
    assert split(0, {}) == {}
    with pytest.raises(ValueError, match="nobody"):
        split(1, {"a": 0})
    with pytest.raises(ValueError, match="negative"):
        split(5, {"a": -1, "b": 6})


@given(total=FEN, weights=st.lists(FEN, min_size=1, max_size=40))
def test_parts_add_up_and_nobody_gets_more_than_a_fen_beyond_their_share(total: int, weights: list[int]) -> None:
    whole = sum(weights)
    if not whole:
        return
    parts = split(total, dict(enumerate(weights)))
    assert sum(parts.values()) == total
    for key, weight in enumerate(weights):
        assert total * weight // whole <= parts[key] <= total * weight // whole + 1
        if total <= whole:
            assert parts[key] <= weight


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=20))
def test_rounding_each_part_by_itself_would_lose_or_invent_fen(weights: list[int]) -> None:
    """The naive twin drifts; ours never does."""
    total = sum(weights) // 3
    assert sum(split(total, dict(enumerate(weights))).values()) == total


def test_the_naive_rounding_does_drift() -> None:
    weights, total = [1, 1, 1], 100
    assert sum(round(total * weight / sum(weights)) for weight in weights) != total
