"""What residents and units can give: offered, confirmed a day later, one of them asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from evaluation.replay.people import Register
from minshi.residents.models import Role
from minshi.territory.models import Territory
from proposals import actions as proposals

OLD_ENOUGH = 2
"""Days after which the community has looked at it."""


def walk(spec: dict[str, Any], register: Register, today: datetime) -> Iterator[datetime]:
    """``ask`` and ``answer``: what a neighbour asks for, and what is said to it."""
    place = Territory.objects.get(code=spec["place"])
    clerk = register.office(place, "community").staff[Role.CLERK]
    yards = [yard for yard in register.yards.values() if place.contains(yard.place)]
    neighbours = [user for yard in yards for user in yard.users.values()]
    offerer, other = Random(spec["title"]).sample(neighbours, 2)
    said_at = today - timedelta(days=spec["days"]) + timedelta(hours=9)
    yield said_at
    words = {name: spec[name] for name in ("kind", "title", "about", "times", "category", "unit") if name in spec}
    offered = proposals.offer(place=place, by=offerer, is_demo=True, **words)
    if spec["days"] < OLD_ENOUGH:
        return
    yield said_at + timedelta(days=1)
    proposals.confirm_resource(offered, by=clerk)
    if "ask" in spec:
        yield said_at + timedelta(days=3)
        asked = proposals.ask_resource(offered, text=spec["ask"], by=other)
        yield said_at + timedelta(days=4)
        proposals.answer_request(asked, agrees=True, answer=spec["answer"], by=offerer)
