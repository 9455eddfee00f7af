"""When a text may leave and what it may say."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from minshi.clock import CHINA
from minshi.paper.numbers import ALPHABET

NUMBER = re.compile(rf"(?<![A-Z0-9])[{ALPHABET}]{{4}}[-\s]?[{ALPHABET}]{{4}}[-\s]?[{ALPHABET}]{{4}}(?![A-Z0-9])", re.I)
"""A slip's or a check number as people write it."""


def without_numbers(text: str) -> str:
    """No text message carries a number of a ballot (domain.md 5)."""
    return NUMBER.sub("…", text)


def start_of_day(at: datetime) -> datetime:
    """00:00 in China of the day that ``at`` falls on."""
    return at.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)


def end_of_quiet(at: datetime, begins: int, ends: int) -> datetime | None:
    """When the quiet hours that ``at`` falls into end, or None; from the hour ``begins`` until ``ends``, in China."""
    hour = at.astimezone(CHINA).hour
    today = start_of_day(at) + timedelta(hours=ends)
    if begins <= ends:
        return today if begins <= hour < ends else None
    if hour >= begins:
        return today + timedelta(days=1)
    return today if hour < ends else None
