"""A project that was accepted, fifty households that benefit, and somebody at each door who may answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from evaluation.actions.surveys import open_survey, rate
from evaluation.models import CallBack, Survey
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.disclosure.actions import post
from minshi.disclosure.models import Notice
from minshi.lifecycle import machine
from minshi.residents.models import Role
from minshi.territory.actions import add_households
from minshi.territory.models import Household, Territory
from proposals.actions import advance, freeze_beneficiaries
from proposals.models import Proposal, Stage
from tests.cast import make_resident, make_staff, member
from tests.conftest import Clock
from tests.way import Way

TO_ACCEPTED = (
    ("open_vote", ""),
    ("pass_vote", ""),
    ("agree_plan", ""),
    ("decide", "initiation"),
    ("open_handling", ""),
    ("accept", ""),
    ("announce_funding", "funding"),
    ("open_suppliers", ""),
    ("award", "award"),
    ("sign", ""),
    ("finish", ""),
    ("pass_acceptance", "acceptance"),
)


def _through(notice: Notice) -> None:
    platform_clock.move(notice.ends_at - platform_clock.now() + timedelta(minutes=1))


@member
def fifty(households: list[Household], building: Territory) -> list[Household]:
    more = add_households(place=building, addresses=[f"4{door:02d}" for door in range(38)], by=None)
    return [*households, *more]


@member
def raters(fifty: list[Household], resident: User, neighbour: User, chief: User) -> list[User]:
    """One grown-up per door, in the doors' order."""
    known = [resident, neighbour, chief]
    return [*known, *(make_resident(f"演示居民{number}", door) for number, door in enumerate(fifty[3:], start=4))]


@member
def accepted(
    way: Way, fifty: list[Household], monkeypatch: pytest.MonkeyPatch, clock: Clock, clerk: User, case_officer: User
) -> Proposal:
    """At 验收公示 with the notice passed; the stages of other apps are walked without their deeds."""
    clock.set("2026-03-02 09:00")
    proposal = way.cosigned()
    with monkeypatch.context() as patched:
        patched.setattr(machine, "_may", lambda step, by, subject: True)
        for verb, kind in TO_ACCEPTED:
            notice = _notice(proposal, kind) if kind else None
            if verb == "decide":
                freeze_beneficiaries(proposal, by=None)
            advance(proposal, verb, by=None, reason="演示", notice=notice)
            if notice is not None:
                _through(notice)
    assert proposal.stage == Stage.ACCEPTED
    return proposal


def _notice(proposal: Proposal, kind: str) -> Notice:
    return post(
        kind=kind,
        title="公示",
        place=proposal.place,
        body="公示内容。",
        doors=proposal.beneficiary_keys(),
        link=proposal.get_absolute_url(),
        by=None,
    )


@member
def survey(accepted: Proposal, clerk: User) -> Survey:
    return open_survey(accepted, by=clerk)


@pytest.fixture
def answered(raters: list[User]) -> Callable[..., None]:
    """Let so many households answer well and so many badly."""

    def answer(survey: Survey, good: int, bad: int) -> None:
        for number, user in enumerate(raters[: good + bad]):
            rate(survey, level=2 if number < good else 5, by=user)

    return answer


@pytest.fixture
def until(clock: Clock) -> Callable[..., None]:
    """Move to a moment and let what is due take effect, step by step."""

    def move(moment: datetime) -> None:
        for _turn in range(200):
            due = deadlines.next_due()
            if due is None or due > moment:
                break
            platform_clock.move(max(due - platform_clock.now(), timedelta()) + timedelta(seconds=1))
            deadlines.sweep()
            assert not Deadline.objects.open().filter(failures__gt=0).exists(), "a deadline failed"
        platform_clock.move(max(moment - platform_clock.now(), timedelta()) + timedelta(seconds=1))
        deadlines.sweep()

    return move


@pytest.fixture
def second_supervisor(community: Territory) -> User:
    return make_staff("supervisor2", "己监督", Role.SUPERVISOR, community)


@pytest.fixture
def discontent(survey: Survey, raters: list[User], until: Callable[..., None]) -> Callable[..., CallBack]:
    """One household is not satisfied, the others are; the round ends."""

    def ended(level: int = 4, advice: str = "灯罩晃") -> CallBack:
        rate(survey, level=level, by=raters[0], advice=advice)
        for user in raters[1:30]:
            rate(survey, level=2, by=user)
        until(survey.closes_at)
        return CallBack.objects.get()

    return ended
