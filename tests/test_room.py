"""A call with room below it: what it calls again and again asks the system for no memory."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable

import pytest

from minshi.room import with_room

CALLS = 2_000


def down(depth: int, then: Callable[[], object]) -> None:
    down(depth - 1, then) if depth else then()


def faults_of(depth: int) -> int:
    """Pages the system filled while a call was made again and again from so deep."""
    found: list[int] = []

    def again() -> None:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(CALLS):
            down(1, int)
        found.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

    down(depth, again)
    return found[0]


def most_faults() -> int:
    return max(map(faults_of, range(400)))


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="other interpreters keep frames elsewhere")
def test_a_deep_call_that_is_made_again_asks_for_no_memory() -> None:
    assert with_room(most_faults) < CALLS / 10


def test_what_is_called_gives_what_it_gives() -> None:
    assert with_room(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        with_room(lambda: 1 // 0)
