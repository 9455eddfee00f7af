"""What may be tried only so often, counted in PostgreSQL on the platform's clock: Redis may be away."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

from minshi.clock import Instant
from minshi.signin.models import Tally, keyed

# One statement, so two at once cannot both read the same count.
COUNT = """
INSERT INTO signin_tally AS tally (key, count, until) VALUES (%s, 1, minshi_now() + make_interval(secs => %s))
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN tally.until <= minshi_now() THEN 1 ELSE tally.count + 1 END,
    until = CASE WHEN tally.until <= minshi_now() THEN excluded.until ELSE tally.until END
RETURNING count
"""


def exceeds(most: int, within: timedelta, *what: str) -> bool:
    """Count one more of ``what`` and say whether that is too many in the present window.

    A rolled-back transaction has counted nothing: count guesses outside of what may be refused.
    """
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [keyed("tally", *what), within.total_seconds()])
        return int(cursor.fetchone()[0]) > most


def count(*what: str) -> int:
    """How many of ``what`` were counted in the present window."""
    return (
        Tally.objects.filter(key=keyed("tally", *what), until__gt=Instant()).values_list("count", flat=True).first()
        or 0
    )


def forgive(*what: str) -> None:
    Tally.objects.filter(key=keyed("tally", *what)).delete()


def forget_tallies() -> int:
    return Tally.objects.filter(until__lt=Instant()).delete()[0]
