"""Votes: opened by the clerk, cast on phones and on paper, read twice, published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from deliberation import actions as deliberation
from deliberation.models import Choice, Motion, MotionStage, PaperBallot, Purpose
from evaluation.replay import pictures
from evaluation.replay.projects import Project
from minshi.residents.models import Role
from minshi.rolls.models import Unit

MOST_ROUNDS = 10
"""The chief goes round at most so often in the days of a vote."""


def vote(project: Project) -> Iterator[datetime]:
    yield from _vote(project, Purpose.CANVASS, "vote", project.story["votes"])


def formal(project: Project) -> Iterator[datetime]:
    """What touches common parts is voted on formally, once the plan is agreed."""
    if "formal" in project.story:
        yield from _vote(project, Purpose.FORMAL, "formal", project.story["formal"])


def _vote(project: Project, purpose: str, step: str, votes: dict[str, Any]) -> Iterator[datetime]:
    clerk = project.staff(Role.CLERK)
    yield project.on(step)
    motion = deliberation.open_motion(project.proposal, purpose=purpose, by=clerk)
    papers: list[PaperBallot] = []
    yield from _cast(project, motion, votes, papers)
    yield project.on(f"{step}_count", after=motion.closes_at, days=0)
    for paper in papers:
        deliberation.confirm_paper(paper, paper.choice, by=clerk)
    yield project.on(f"{step}_publish", after=max([motion.closes_at, *_corrections(papers)]), days=0)
    motion.refresh_from_db()
    if motion.stage == MotionStage.COUNTING:
        deliberation.publish(motion, by=clerk)


def _corrections(papers: Sequence[PaperBallot]) -> Iterator[datetime]:
    return (paper.line.correct_until for paper in papers if paper.line.correct_until)


def _cast(project: Project, motion: Motion, votes: dict[str, Any], papers: list[PaperBallot]) -> Iterator[datetime]:
    """Who takes part comes in rounds, evenly over the window; whoever is not reached is noted in the last one."""
    choices = [choice for choice in Choice for _vote in range(votes[choice])]
    project.rng.shuffle(choices)
    voters, silent = _voters(project, motion, len(choices), votes["online"])
    size = ceil(len(voters) / min(MOST_ROUNDS, ceil(len(voters) / 5)))
    rounds = [voters[start : start + size] for start in range(0, len(voters), size)]
    span = (motion.closes_at - motion.opens_at - timedelta(hours=6)) / len(rounds)
    for number, units in enumerate(rounds):
        yield motion.opens_at + timedelta(minutes=project.rng.randrange(20, 200)) + span * number
        for unit in units:
            _give(project, motion, unit, choices.pop(), papers)
    for unit in silent[: votes["unreachable"]]:
        deliberation.mark_unreachable(unit, note="上门两次、打电话一次，都没有联系上", by=project.chief)


def _voters(project: Project, motion: Motion, number: int, online: int) -> tuple[list[Unit], list[Unit]]:
    """Those with a phone first among who takes part, but in the order of the doors; and who does not."""
    units = list(motion.roll.units.select_related("household", "roll__motion__proposal__place", "roll__motion__place"))
    by_phone = [unit for unit in units if unit.household_id in project.yard.users][:online]
    others = [unit for unit in units if unit not in by_phone]
    taking_part = {unit.pk for unit in [*by_phone, *others][:number]}
    voters = [unit for unit in units if unit.pk in taking_part]
    for unit in voters:
        unit.votes_online = unit in by_phone  # type: ignore[attr-defined]
    return voters, [unit for unit in units if unit.pk not in taking_part]


def _give(project: Project, motion: Motion, unit: Unit, choice: str, papers: list[PaperBallot]) -> None:
    number = project.a_number()
    if unit.votes_online:  # type: ignore[attr-defined]
        deliberation.cast(motion, choice, receipt_id=number, by=project.yard.users[unit.household_id or 0])
        return
    papers.append(
        deliberation.register_paper(unit, receipt_id=number, photo=pictures.sheet(), choice=choice, by=project.chief)
    )
