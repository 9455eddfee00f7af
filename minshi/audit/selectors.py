"""What pages and prints ask about the chain."""

from __future__ import annotations

from django.db.models.functions import TruncDate

from minshi.audit.models import DayRoot
from minshi.clock import CHINA, Instant


def yesterdays_root() -> DayRoot | None:
    """The newest root of a day that is over; prints carry it. One query."""
    return DayRoot.objects.filter(day__lt=TruncDate(Instant(), tzinfo=CHINA)).order_by("-day").first()
