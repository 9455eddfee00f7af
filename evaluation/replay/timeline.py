"""One line of time for all projects: each waits for its moment, and whatever is due on the way takes effect first."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count

from minshi import clock
from minshi.audit import actions as audit
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline

Walk = Iterator[datetime]
"""Yields the moment of what it does next, and does it when it is asked to go on."""

INSTANT = timedelta(seconds=1)
DAY = timedelta(days=1)


class Stuck(Exception):
    """A deadline that should have taken effect did not."""


class Timeline:
    """``report`` is called with (walks finished, walks altogether) whenever one has finished."""

    def __init__(
        self, begin: datetime, end: datetime, set_to: Callable[[datetime], None], report: Callable[[int, int], None]
    ) -> None:
        self.end, self.set_to, self.report = end, set_to, report
        self.waiting: list[tuple[datetime, int, list[Walk]]] = []
        self.order = count()
        self.parts = self.done = 0
        self.reached, self.reached_at = begin - DAY, time.monotonic()
        self._set(begin)

    def add(self, *parts: Walk) -> None:
        """Something that happens in parts, one after the other."""
        self.parts += len(parts)
        self._wait(list(parts))

    def run(self) -> None:
        """Walk everything up to the end; what lies behind it has not happened yet and is left."""
        while self.waiting:
            moment, _number, parts = heapq.heappop(self.waiting)
            if moment < self.end:
                self.to(moment)
                self._wait(parts)
            else:
                self._finish(len(parts))
        self.to(self.end)

    def _wait(self, parts: list[Walk]) -> None:
        """Let the first part do what its moment has come for, and note its next one."""
        while parts:
            if (moment := next(parts[0], None)) is not None:
                heapq.heappush(self.waiting, (moment, next(self.order), parts))
                return
            parts.pop(0)
            self._finish(1)

    def _finish(self, number: int) -> None:
        self.done += number
        self.report(self.done, self.parts)

    # --- Time ----------------------------------------------------------------------------------

    def to(self, moment: datetime) -> None:
        """Move everybody's time there, from one due deadline to the next. Time never goes back."""
        while (due := deadlines.next_due()) is not None and due <= moment:
            self._set(due + INSTANT)
            self._sweep(due)
        self._set(moment)

    def _set(self, moment: datetime) -> None:
        if moment <= self._now():
            return
        if moment.astimezone(clock.CHINA).date() > self.reached.astimezone(clock.CHINA).date():
            audit.seal()  # the day that is over has its root
        self.set_to(moment)
        self.reached, self.reached_at = moment, time.monotonic()

    def _now(self) -> datetime:
        """A little later than it is, so that time never goes back; asking the database each time would cost more."""
        return self.reached + timedelta(seconds=time.monotonic() - self.reached_at + 0.1)

    def _sweep(self, due: datetime) -> None:
        while deadlines.sweep():
            pass
        if stuck := Deadline.objects.due(due).first():
            raise Stuck(f"{stuck} did not take effect")


def together(*walks: Walk) -> Walk:
    """Several things side by side, each at its own moments."""
    waiting = [(moment, number, walk) for number, walk in enumerate(walks) if (moment := next(walk, None))]
    heapq.heapify(waiting)
    while waiting:
        moment, number, walk = heapq.heappop(waiting)
        yield moment
        if later := next(walk, None):
            heapq.heappush(waiting, (later, number, walk))
