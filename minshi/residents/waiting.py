"""What waits for a word on where somebody lives, as rows of deadlines; set by an app above, asked here."""

from __future__ import annotations

from datetime import datetime

from minshi.deadlines.models import Deadline
from minshi.residents.models import Residence

CLAIM = "claim"
HURRIED = "claim:now"
"""Kinds of deadlines on a residence: a word is due; a vote runs, and somebody else is asked at the same time."""
REPRESENT = "represent"
STRIKE = "strike"
"""The same on a door that is to be struck off: the second person's."""


def waits_of(home: Residence) -> list[Deadline]:
    return list(Deadline.objects.of(home).open().filter(kind__in=(CLAIM, HURRIED)).order_by("due"))


def answered_by(home: Residence) -> datetime | None:
    """Until when whoever would speak for their household has an answer."""
    return Deadline.objects.of(home).open().filter(kind=REPRESENT).values_list("due", flat=True).first()
