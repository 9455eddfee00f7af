"""What tests that begin in the middle of a walk find there: where it stands, and nothing that another test did."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from minshi.accounts.models import User
from proposals.models import Proposal, Stage
from tests.conftest import Clock
from tests.walked import each
from tests.way import Way

pytestmark = [pytest.mark.django_db, pytest.mark.walked("cosigned")]
JPEG = b"\xff\xd8"


@pytest.mark.parametrize("_turn", ["before", "after"])
@pytest.mark.walked("consulting")
def test_it_finds_nothing_of_what_the_one_before_did(way: Way, clerk: Any, clock: Clock, _turn: str) -> None:
    proposal = way.consulting()
    files = list(Path(settings.MEDIA_ROOT).rglob("*.jpg"))
    assert proposal.stage == Stage.CONSULTING and not proposal.groups.exists()
    assert timedelta() <= clock.now() - proposal.stage_since < timedelta(hours=1)
    assert files and all(file.read_bytes().startswith(JPEG) for file in files)
    assert not hasattr(clerk, "said")
    # And leaves everything otherwise.
    way.group(proposal)
    clock.move(days=90)
    for file in files:
        file.write_bytes(b"spoilt")
    clerk.said = "this was here"


WALKED: set[int] = set()


@pytest.mark.parametrize("stage", each({stage: stage for stage in ("cosigning", "cosigned", "voting", "consulting")}))
def test_one_walk_goes_on_from_stage_to_stage(way: Way, stage: str) -> None:
    proposal = getattr(way, stage)()
    assert proposal.stage == stage
    assert Proposal.objects.get() == proposal
    WALKED.add(proposal.pk)
    assert len(WALKED) == 1


def test_who_asks_again_gets_another(way: Way) -> None:
    assert way.cosigned() != way.cosigned()


@pytest.mark.walked("submitted", "supervisor")
def test_somebody_may_be_there_before_the_walk(way: Way, supervisor: User) -> None:
    assert way.submitted()
    assert supervisor.pk < way.who("resident").pk
    assert way.who("party").pk > way.who("resident").pk


@pytest.mark.walked(None)
def test_without_a_walk_nobody_is_there() -> None:
    assert not Proposal.objects.exists() and not User.objects.exists()
