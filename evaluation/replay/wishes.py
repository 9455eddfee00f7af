"""Wishes: said on a phone, at the door or in the book, wanted by others too, and answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from evaluation.replay import pictures
from evaluation.replay.people import Register
from minshi.accounts.models import User
from minshi.residents.models import Role
from minshi.territory.models import Territory
from proposals import actions as proposals
from proposals.models import Channel, Wish

WRITTEN_DOWN = (Channel.BOOK, Channel.DOOR, Channel.PAPER, Channel.PHONE)
"""Channels in which the community writes it down for somebody."""


def walk(spec: dict[str, Any], register: Register, today: datetime, wishes: dict[str, Wish]) -> Iterator[datetime]:
    """``then``: (verb, days later, reason; of a join the other's words; whom it is handed to).

    A wish with a ``key`` may become a project of that story.
    """
    rng = Random(spec["text"])
    place = Territory.objects.get(code=spec["place"])
    clerk = register.office(place, "community").staff[Role.CLERK]
    neighbours = _neighbours(register, place)
    channel = spec.get("channel", Channel.ONLINE)
    hour = spec.get("hour", rng.randrange(8, 21))
    said_at = today - timedelta(days=spec["days"]) + timedelta(hours=hour, minutes=rng.randrange(60))
    yield said_at
    wished = proposals.wish(
        place=place,
        text=spec["text"],
        category=spec["category"],
        channel=channel,
        urgent=spec.get("urgent", False),
        wisher_name="演示居民" if channel in WRITTEN_DOWN else "",
        photos=[pictures.yard(1)] if spec.get("urgent") else [],
        is_demo=True,
        by=clerk if channel in WRITTEN_DOWN else rng.choice(neighbours),
    )
    wishes[spec.get("key", spec["text"])] = wished
    yield said_at + timedelta(hours=rng.randrange(1, 9))
    others = [user for user in neighbours if user.pk != wished.by_id]
    for user in others[: spec.get("supporters", 0)]:
        proposals.support(wished, by=user)
    for verb, days, reason, *unit in spec.get("then", []):
        yield said_at + timedelta(days=days)
        if spec.get("urgent"):
            proposals.look_at_wish_photos(wished, set(wished.photos.values_list("pk", flat=True)), by=clerk)
        if verb == "agree":
            proposals.judge_wish(wished, is_done=True, by=wished.by)
        elif verb == "join":
            proposals.join_wish(wished, wishes[reason], by=clerk)
        else:
            proposals.answer_wish(wished, verb, by=clerk, reason=reason, unit="".join(unit))


def _neighbours(register: Register, place: Territory) -> list[User]:
    """Residents with a phone who live there."""
    return [user for yard in register.yards.values() if place.contains(yard.place) for user in yard.users.values()]
