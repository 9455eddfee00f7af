"""Kunming's divisions as the statistics number them: city, districts, streets, communities."""

from __future__ import annotations

import json
import re
from itertools import groupby
from pathlib import Path

from minshi.accounts.models import User
from minshi.lifecycle.action import action
from minshi.territory.actions import add_levels
from minshi.territory.models import Territory

DIVISIONS = Path(__file__).resolve().parent / "data" / "kunming_divisions.json"

DIGITS = {"city": 4, "district": 6, "street": 9, "community": 12}
"""How many digits of the statistical code name a place of each level; what lies below has no number there."""


def short_name(official: str) -> str:
    """What people say: the place, not its committee (佳园社区居委会 → 佳园社区, 白邑村委会 → 白邑村)."""
    name = re.sub(r"社区居(民委员|委)会$", "社区", official)
    return re.sub(r"村?村(民委员|委)会$", "村", name)


def published(file: Path = DIVISIONS) -> list[tuple[str, str]]:
    """(code, official name) from the city down; places the statistics made up say 虚拟 in their name."""
    data = json.loads(file.read_text())
    return [tuple(row) for row in [data["city"], *data["districts"], *data["streets"], *data["communities"]]]


@action
def load(rows: list[tuple[str, str]], *, by: User | None) -> int:
    """Add the places that are not there yet; returns how many. What is there stays as it is."""
    add_levels(by=by)
    level_of = {digits: code for code, digits in DIGITS.items()}
    lengths = list(DIGITS.values())
    above = dict(zip(lengths, [0, *lengths[:-1]], strict=True))
    known = {place.code: place for place in Territory.objects.filter(level_id__in=level_of.values())}
    added = 0
    for digits, group in groupby(sorted(rows, key=_digits), key=_digits):
        new = [
            _place(code, official, level_of[digits], known[code[: above[digits]]] if above[digits] else None)
            for code, official in group
            if code not in known
        ]
        known.update((place.code, place) for place in Territory.objects.bulk_create(new))
        added += len(new)
    return added


def _digits(row: tuple[str, str]) -> int:
    return len(row[0])


def _place(code: str, official: str, level: str, parent: Territory | None) -> Territory:
    name = short_name(official)
    return Territory(
        code=code,
        name=name,
        official_name=official,
        level_id=level,
        parent=parent,
        path=f"{parent.path if parent else ''}{code}/",
        full_name=f"{parent.full_name if parent else ''}{name}",
    )
