"""Parts of a result: small ones and unanimous ones are folded, and never one alone, which the total would tell."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest

from deliberation.rules import Group, folded, may_stand_together

LEAST = 5


def groups(*counts: tuple[int, int, int]) -> list[Group]:
    return [Group((f"{place}栋",), each) for place, each in enumerate(counts, start=1)]


def told(found: Sequence[Group]) -> list[tuple[str, tuple[int, ...]]]:
    return [("、".join(group.names), group.counts) for group in found]


def test_parts_that_tell_on_nobody_stand_by_themselves() -> None:
    assert told(folded(groups((6, 2, 0), (9, 1, 1)), LEAST)) == [("2栋", (9, 1, 1)), ("1栋", (6, 2, 0))]


def test_two_small_ones_are_told_together() -> None:
    assert told(folded(groups((6, 2, 0), (2, 1, 0), (1, 1, 1)), LEAST)) == [("1栋", (6, 2, 0)), ("2栋、3栋", (3, 2, 1))]


def test_one_alone_takes_the_smallest_other_with_it() -> None:
    found = folded(groups((9, 2, 0), (5, 2, 0), (3, 0, 0)), LEAST)
    assert told(found) == [("1栋", (9, 2, 0)), ("2栋、3栋", (8, 2, 0))]


def test_what_is_still_unanimous_together_takes_another() -> None:
    found = folded(groups((9, 2, 0), (5, 2, 0), (7, 0, 0), (8, 0, 0)), LEAST)
    assert told(found) == [("1栋", (9, 2, 0)), ("2栋、3栋、4栋", (20, 2, 0))]


def test_whoever_stands_alone_in_a_part_does_not_read_there_what_all_the_others_chose() -> None:
    """All but one: the one knows the rest. It is folded until another two of it differ from the many."""
    found = folded(groups((9, 2, 0), (6, 2, 0), (7, 1, 0)), LEAST)
    assert told(found) == [("1栋", (9, 2, 0)), ("2栋、3栋", (13, 3, 0))]
    assert folded(groups((7, 1, 0), (6, 0, 0)), LEAST) == []
    assert not may_stand_together(groups((6, 2, 0), (6, 1, 0)), LEAST)


@pytest.mark.parametrize(
    "counts", [((4, 0, 0),), ((9, 2, 0), (3, 0, 0)), ((9, 1, 0), (8, 0, 0)), ((2, 1, 0), (1, 0, 0)), ()]
)
def test_where_folding_leaves_nothing_only_the_total_is_told(counts: tuple[tuple[int, int, int], ...]) -> None:
    assert len(folded(groups(*counts), LEAST)) <= 1


def test_an_empty_part_hides_nobody() -> None:
    assert told(folded(groups((9, 2, 0), (3, 0, 0), (0, 0, 0)), LEAST)) == [("1栋、2栋", (12, 2, 0))]


def test_whatever_the_counts_no_part_and_no_remainder_tells() -> None:
    some = [(0, 0, 0), (1, 0, 0), (3, 0, 0), (4, 1, 0), (7, 0, 0), (8, 2, 1), (9, 1, 0)]
    for counts in product(some, repeat=4):
        found = folded(groups(*counts), LEAST)
        for part in found:
            assert part.tells_on_nobody(LEAST), counts
            assert part.ballots - max(part.counts) > 1, counts
        assert not found or sum(part.ballots for part in found) == sum(map(sum, counts))


def test_two_tables_stand_together_only_where_each_cell_may() -> None:
    assert may_stand_together(groups((6, 2, 0), (0, 0, 0)), LEAST)
    assert not may_stand_together(groups((6, 2, 0), (3, 1, 0)), LEAST)
