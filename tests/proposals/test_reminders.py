"""When a third of the time is left, whoever holds the matter hears of it, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines.actions import sweep
from minshi.notifications.models import Message
from proposals.models import Proposal, Source
from tests.way import Way

pytestmark = pytest.mark.django_db

WITHOUT_OFFICE = {Source.SELF_RAISED: 2_000_000}
STAGES: dict[str, tuple[Callable[[Way], Proposal], set[str]]] = {
    "with the chief": (Way.submitted, {"chief"}),
    "with the proposer": (Way.cosigning, {"resident"}),
    "with both clerks": (lambda way: way.handling(tier=1, shares=WITHOUT_OFFICE), {"clerk", "second_clerk"}),
    "with the street": (lambda way: way.handling(tier=2), {"case_officer"}),
    "with the district": (lambda way: way.handling(tier=3), {"district_officer"}),
}


@pytest.fixture
def everybody(request: pytest.FixtureRequest) -> dict[int, str]:
    names = ("resident", "neighbour", "chief", "stranger_chief", "clerk", "second_clerk", "stranger_clerk")
    offices = ("case_officer", "approver", "district_officer", "district_finance")
    return {request.getfixturevalue(name).pk: name for name in (*names, *offices)}


@pytest.mark.parametrize("stage", STAGES)
def test_who_holds_it_is_reminded(way: Way, everybody: dict[int, str], stage: str) -> None:
    reach, expected = STAGES[stage]
    proposal = reach(way)
    Message.objects.all().delete()
    assert proposal.due_at and proposal.stage_since
    last_third = (proposal.due_at - proposal.stage_since) / 3
    platform_clock.set_to(proposal.due_at - last_third - timedelta(minutes=1))
    sweep()
    assert reminded(everybody) == set()
    platform_clock.set_to(proposal.due_at - last_third + timedelta(minutes=1))
    sweep()
    assert reminded(everybody) == expected


def reminded(names: dict[int, str]) -> set[str]:
    told = User.objects.filter(pk__in=Message.objects.filter(title__startswith="快到期").values("user"))
    return {names[user.pk] for user in told}
