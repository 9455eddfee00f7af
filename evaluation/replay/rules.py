"""What yards and communities ruled for themselves: entered by one, confirmed by another the day after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from evaluation.replay.people import Register
from minshi.bylaws import actions as bylaws
from minshi.residents.models import Role
from minshi.residents.striking import second_after
from minshi.territory.models import Territory


def walk(spec: dict[str, Any], register: Register, today: datetime) -> Iterator[datetime]:
    """``place``: a community's code, or ``yard``: the key of one; ``lasts``: days of a committee's term."""
    place = register.yards[spec["yard"]].place if "yard" in spec else Territory.objects.get(code=spec["place"])
    staff = register.office(place, "community").staff
    day = today.date() - timedelta(days=spec["days"])
    yield today - timedelta(days=spec["days"]) + timedelta(hours=15)
    said = ("kind", "title", "text", "adopted", "members", "binds_owners")
    words = {name: spec[name] for name in said if name in spec}
    until = day + timedelta(days=spec["lasts"]) if "lasts" in spec else None
    entered = bylaws.enter(place, adopted_on=day, since=day, until=until, by=staff[Role.CLERK], **words)
    second = second_after(place, staff[Role.CLERK])
    yield today - timedelta(days=spec["days"] - 1) + timedelta(hours=9)
    if second and Role(second[0]) in staff:
        bylaws.confirm(entered, by=staff[Role(second[0])])
