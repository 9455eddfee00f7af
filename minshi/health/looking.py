"""Somebody looks: what can be proven is proven each night and soon after each restart (trust.md).

Each app adds its own questions; a question answers with one line for each fault, naming a thing and never a value.
On the machine's clock, like heartbeats: moving the platform's time makes nobody look earlier.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from minshi import clock
from minshi.audit.chain import faults
from minshi.audit.roots import lost
from minshi.guards import release
from minshi.health.models import Look
from minshi.ledger.checks import findings
from minshi.lifecycle.edges import wrong_edges

log = logging.getLogger(__name__)
Question = Callable[[], Iterator[str]]
_questions: dict[str, Question] = {}

LISTED = 200
"""Lines kept of one look; where more is wrong, their number."""
OVERDUE_HOURS = 26
"""A night's look that did not come; before the first nobody is late yet."""
NIGHT = 3
"""The hour in China after which the night's look is due."""


def asks(name: str) -> Callable[[Question], Question]:
    """Add a question, once, in an app's ``ready``."""

    def register(question: Question) -> Question:
        if _questions.setdefault(name, question) is not question:
            raise ValueError(f"two questions are called {name}")
        return question

    return register


@asks("release")
def release_differs() -> Iterator[str]:
    for each in release.differences(connection):
        yield f"{each.code} {each.name}"
    with connection.cursor() as cursor:
        for how, edge in wrong_edges(cursor):
            yield f"edge-{how} {edge}"


@asks("chain")
def chain_is_broken() -> Iterator[str]:
    for fault in itertools.chain(faults(), lost()):
        yield f"{fault.code} {fault.where} {fault.detail}".rstrip()


@asks("books")
def books_are_wrong() -> Iterator[str]:
    for finding in findings():
        yield finding.code


@asks("clock")
def clock_is_moved() -> Iterator[str]:
    """Where it may not be moved it has no offset."""
    if not settings.CLOCK_MOVABLE:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM public.clock_offset WHERE shift <> interval '0'")
            if cursor.fetchone()[0]:
                yield "clock-moved clock_offset"


def due(running_for: timedelta) -> bool:
    """Whether to look now: not since this process began, so long ago, or not since three in the night."""
    last = Look.objects.order_by("-began_at").first()
    now = _machine_time()
    if last is None or last.began_at < now - running_for:
        return True
    night = now.astimezone(clock.CHINA).replace(hour=NIGHT, minute=0, second=0, microsecond=0)
    return last.began_at < (night if night <= now else night - timedelta(days=1))


def look() -> Look | None:
    """Ask everything; None while somebody else does. A question that fails is itself a fault."""
    if not _ask_for_the_lock("pg_try_advisory_lock"):
        return None
    try:
        began = _machine_time()
        lines = [line for name, question in _questions.items() for line in _asked(name, question)]
        seen = Look.objects.create(
            began_at=began, ended_at=_machine_time(), found=lines[:LISTED], more=max(0, len(lines) - LISTED)
        )
    finally:
        _ask_for_the_lock("pg_advisory_unlock")
    for line in seen.found:
        log.critical("look: %s", line)
    return seen


def _asked(name: str, question: Question) -> Iterator[str]:
    try:
        yield from list(question())
    except Exception as error:
        log.exception("the question %s failed", name)
        yield f"unanswered {name}: {type(error).__name__}"


def _ask_for_the_lock(function: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtext('minshi.health.look'))")
        return bool(cursor.fetchone()[0])


def _machine_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def last() -> dict[str, Any]:
    """For ``/healthz``: hours since the last look, and how much it found."""
    seen = Look.objects.order_by("-began_at").first()
    if seen is None:
        return {"hours": None, "found": 0}
    return {
        "hours": round((_machine_time() - seen.began_at).total_seconds() / 3600, 1),
        "found": len(seen.found) + seen.more,
    }


def is_well(seen: dict[str, Any]) -> bool:
    return not seen["found"] and (seen["hours"] is None or seen["hours"] < OVERDUE_HOURS)
