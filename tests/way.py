"""Bringing a proposal to a stage through the actions people use; each method walks on from where it stands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.territory.models import Household, Territory
from proposals import actions as proposals
from proposals.models import Category, Kind, Proposal, Source, Stage


def wait_until_over(proposal: Proposal) -> None:
    """Move the clock past the present stage's due date and let what is due take effect."""
    proposal.refresh_from_db()
    assert proposal.due_at
    platform_clock.move(proposal.due_at - platform_clock.now() + timedelta(minutes=1))
    deadlines.sweep()
    proposal.refresh_from_db()


class Way:
    """The cast walking one proposal; fixtures are asked for by name only when they are needed."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.request = request
        request.getfixturevalue("clock")
        self.who("chief")
        self.who("clerk")

    def who(self, name: str) -> User:
        user: User = self.request.getfixturevalue(name)
        return user

    @property
    def yard(self) -> Territory:
        place: Territory = self.request.getfixturevalue("yard")
        return place

    @property
    def households(self) -> list[Household]:
        doors: list[Household] = self.request.getfixturevalue("households")
        return doors

    # --- proposals -----------------------------------------------------------------------------

    def submitted(self, **words: Any) -> Proposal:
        return proposals.submit(
            **{
                "place": self.yard,
                "title": "院里装一盏路灯",
                "kind": Kind.WORKS,
                "category": Category.SAFETY,
                "need": "晚上看不清路，老人容易摔跤",
                "plan": "在院门口装一盏太阳能路灯",
                "spot": "院门口",
                "cost_fen": 2_000_000,
                "shares": {Source.SUBSIDY: 1_200_000, Source.SELF_RAISED: 800_000},
                "keeper": "院落自管小组",
                "by": self.who("resident"),
                **words,
            }
        )

    def cosigning(self, **words: Any) -> Proposal:
        proposal = self.submitted(**words)
        proposals.pass_review(proposal, by=self.who("chief"), reason="确实需要")
        return proposal

    def cosigned(self, **words: Any) -> Proposal:
        proposal = self.cosigning(**words)
        for household in self.households[: proposals.cosigns_needed(proposal)]:
            proposals.cosign(proposal, household, by=self.who("chief"), channel="paper")
        proposal.refresh_from_db()
        assert proposal.stage == Stage.COSIGNED
        return proposal


@pytest.fixture
def way(request: pytest.FixtureRequest) -> Way:
    return Way(request)
