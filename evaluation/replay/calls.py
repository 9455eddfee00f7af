"""提案大赛: a community calls for proposals; what comes in are its projects, and one call has its result."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from evaluation.replay.people import Register
from minshi.residents.models import Role
from minshi.territory.models import Territory
from proposals import actions as proposals
from proposals.models import Proposal

JUDGED_AFTER = 4
"""Days after its end on which the community names the result."""


def walk(spec: dict[str, Any], register: Register, today: datetime) -> Iterator[datetime]:
    """``entries``: title → what each was given; ``entered``: so many days before today they take part."""
    place = Territory.objects.get(code=spec["place"])
    clerk = register.office(place, "community").staff[Role.CLERK]
    called_at = today - timedelta(days=spec["days"]) + timedelta(hours=9)
    closes_at = today - timedelta(days=spec["days"] - spec["window"])
    yield called_at
    words = {name: spec[name] for name in ("theme", "text", "criteria", "prizes")}
    called = proposals.open_call(place, closes_at=closes_at, by=clerk, **words)
    yield today - timedelta(days=spec["entered"]) + timedelta(hours=20)
    given = {}
    for title, prize in spec["entries"].items():
        proposal = Proposal.objects.select_related("place", "proposer").get(title=title)
        given[proposals.enter_call(called, proposal, by=proposal.proposer).pk] = prize
    yield closes_at + timedelta(days=JUDGED_AFTER, hours=10)
    proposals.record_results(called, given, reason=spec["result"], by=clerk)
