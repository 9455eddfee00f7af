"""What neighbours ask in public, under a project and of the policy; most of it is answered two days later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from evaluation.replay.people import Register
from minshi.residents.models import Role
from minshi.territory.models import Territory
from proposals import actions as proposals
from proposals.models import Proposal


def walk(spec: dict[str, Any], register: Register, today: datetime) -> Iterator[datetime]:
    """``of`` is the title of a project, ``place`` else the community whose policy is asked about."""
    asked_at = today - timedelta(days=spec["days"]) + timedelta(hours=10)
    yield asked_at
    proposal = Proposal.objects.select_related("place").get(title=spec["of"]) if "of" in spec else None
    around = proposal.place.at_level("community") if proposal else Territory.objects.get(code=spec["place"])
    assert around
    yards = [yard for yard in register.yards.values() if around.contains(yard.place)]
    asker = Random(spec["text"]).choice([user for yard in yards for user in yard.users.values()])
    asked = proposals.ask(spec["text"], proposal=proposal, by=asker, is_demo=True)
    if "answer" in spec:
        yield asked_at + timedelta(days=2)
        clerk = register.office(around, "community").staff[Role.CLERK]
        proposals.answer_question(asked, spec["answer"], by=clerk)
