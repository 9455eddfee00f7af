"""What a person would ask: can people sign in, can it write, is it sealed, is anything overdue, is everybody there."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q

from minshi.clock import Instant
from minshi.deadlines.models import Deadline, SweeperState
from minshi.health import hearts, looking
from minshi.notifications.models import Outbox

log = logging.getLogger(__name__)

LATE = timedelta(seconds=60)
"""The promise: within a minute while any worker lives."""
TEXT_LATE, MESSAGE_LATE = timedelta(seconds=60), timedelta(minutes=15)
"""How long a code, and a text of a message, may wait to be sent."""
SEALED_WITHIN = 180.0
"""Seconds; the sealer comes each minute, the sweeper seals when it is two minutes late."""

SEALED = "SELECT coalesce((SELECT horizon FROM audit_link ORDER BY seq DESC LIMIT 1), 0)"
# Apart, so that the planner sees how few lie above: within one statement it reads every event there is.
UNSEALED = """
SELECT count(*), coalesce(extract(epoch FROM minshi_now() - min(event.at)), 0)::float
FROM audit_event AS event
WHERE event.xid >= %s AND NOT EXISTS (SELECT FROM audit_link WHERE event_id = event.id)
"""
READ_ONLY = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean"


Sign = Callable[[], bool]
_warnings: dict[str, Sign] = {}


def warns(name: str) -> Callable[[Sign], Sign]:
    """For the apps above: what somebody is to hear of before it stops the site."""

    def register(sign: Sign) -> Sign:
        _warnings[name] = sign
        return sign

    return register


def deadlines_are() -> dict[str, Any]:
    """Whether they are stopped after a jump of the clock, how many keep failing, how many are late."""
    still = Deadline.objects.open()
    return {
        "stopped": SweeperState.objects.filter(stopped_at__isnull=False).exists(),
        "failing": still.filter(failures__gt=0).count(),
        "late": Deadline.objects.due(Instant() - LATE).filter(failures=0).count(),
    }


def texts_are() -> dict[str, int]:
    """Of what is to leave for phones: how many wait too long, how many the gateway did not take."""
    waiting = Outbox.objects.filter(state=Outbox.State.OPEN)
    code = Q(message=None, next_at__lt=Instant() - TEXT_LATE)
    late = code | Q(next_at__lt=Instant() - MESSAGE_LATE)
    failing = Q(attempts__gt=0) & ~Q(error="")
    return waiting.aggregate(late=Count("pk", filter=late), failing=Count("pk", filter=failing))


def sealing_is() -> dict[str, Any]:
    """How many events are not chained yet, and for how many seconds the oldest of them: for who runs the site alone,
    since either tells the moment at which somebody voted or answered."""
    with connection.cursor() as cursor:
        cursor.execute(SEALED)
        cursor.execute(UNSEALED, cursor.fetchone())
        rows, seconds = cursor.fetchone()
    return {"unsealed": rows, "seconds": round(max(0.0, seconds), 1)}


def can_write() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(READ_ONLY)
        return not cursor.fetchone()[0]


def media_can_be_written() -> bool:
    """By writing: a full or read-only disk says nothing before."""
    try:
        Path(settings.MEDIA_ROOT).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.MEDIA_ROOT) as file:
            file.write(b"1")
            file.flush()
    except OSError as error:
        log.warning("media cannot be written: %s", type(error).__name__)
        return False
    return True


def all_of_them() -> dict[str, Any]:
    """Everything that is looked at, for ``/healthz``."""
    since = hearts.ages()
    return {
        "heartbeats": since,
        "silent": hearts.silent(since),
        "missing": hearts.missing(),
        "deadlines": deadlines_are(),
        "looked": looking.last(),
        "texts": texts_are(),
        "sealing": sealing_is(),
        "writes": can_write(),
        "media": media_can_be_written(),
        "warnings": {name: sign() for name, sign in _warnings.items()},
    }


def wrong(seen: dict[str, Any]) -> Iterator[str]:
    """The names of what is not well among these; an alarm and ``/healthz`` go by the same."""
    yield from (f"silent {kind}" for kind in seen["silent"])
    yield from (f"missing {process}" for process in seen["missing"])
    yield from (f"deadlines {name}" for name, many in seen["deadlines"].items() if many)
    yield from (f"texts {name}" for name, many in seen["texts"].items() if many)
    if not looking.is_well(seen["looked"]):
        yield "looked"
    if seen["sealing"]["seconds"] > SEALED_WITHIN:
        yield "sealing"
    yield from (name for name in ("writes", "media") if not seen[name])
    yield from (name for name, near in seen["warnings"].items() if near)
