"""The whole district in one go: register first, then every story side by side, and back to the real time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection

from deliberation.actions import refresh_turnouts
from evaluation.replay import (
    calls,
    closing,
    decisions,
    facts,
    money,
    projects,
    questions,
    ratings,
    resources,
    rules,
    votes,
    wishes,
    works,
)
from evaluation.replay.people import Register
from evaluation.replay.projects import Project
from evaluation.replay.timeline import Timeline, Walk
from minshi import clock
from minshi.audit import actions as audit
from minshi.audit.actors import origin
from minshi.territory import divisions
from minshi.territory.models import Household
from proposals.actions import refresh_totals
from proposals.models import PlaceTotal, Proposal, Wish

PARTS: dict[str, Callable[[Project], Walk]] = {
    "propose": projects.propose,
    "review": projects.review,
    "cosign": projects.cosign,
    "vote": votes.vote,
    "agenda": decisions.agenda,
    "plan": decisions.plan,
    "formal": votes.formal,
    "decide": decisions.decide,
    "handle": projects.handle,
    "draw_up": money.draw_up,
    "pledge": money.pledge,
    "ask": money.ask,
    "announce": money.announce,
    "enquiry": works.enquiry,
    "award": works.award,
    "sign": works.sign,
    "deliver": works.deliver,
    "accept": works.accept,
    "rate": ratings.rate,
    "settle": closing.settle,
    "archive": closing.archive,
}
"""The way in order. A story says ``until`` which part it goes; what would lie in the future is left."""


OFTEN = 5
"""A statement sent so many times is prepared."""


def is_there() -> bool:
    """Whether a district has been replayed to its end: the totals come last."""
    return PlaceTotal.objects.exists()


def is_empty() -> bool:
    """Whether nobody lives here yet: a replay that broke off leaves people behind."""
    return not Household.objects.exists() and not Proposal.objects.exists() and not Wish.objects.exists()


def replay(report: Callable[[int, int], None]) -> None:
    """Walk all of it and put the clock back. Only into an empty database whose clock may be moved."""
    clock.reset()
    present = clock.now()
    today = clock.midnight(present.date())
    begin = today - timedelta(days=facts.made_up()["begins"])
    token = origin.set("manage.py replay")
    try:
        with clock.setter() as set_to, _hurrying():
            timeline = Timeline(begin, present, set_to, report)
            divisions.load(divisions.published(), by=None)
            register = Register(begin.date())
            register.settle()
            timeline.add(money.open_pots(register, begin))
            said: dict[str, Wish] = {}
            for spec in facts.wishes():
                timeline.add(wishes.walk(spec, register, today, said))
            for spec in facts.resources():
                timeline.add(resources.walk(spec, register, today))
            for spec in facts.rules():
                timeline.add(rules.walk(spec, register, today))
            for spec in facts.calls():
                timeline.add(calls.walk(spec, register, today))
            for spec in facts.questions():
                timeline.add(questions.walk(spec, register, today))
            for story in facts.stories():
                timeline.add(*_way(Project.of(story, register, today, said)))
            timeline.run()
            refresh_turnouts()
            audit.seal()
    finally:
        clock.reset()
        origin.reset(token)
    refresh_totals()


def _way(project: Project) -> Iterator[Walk]:
    """Each part is begun when the one before is over, and none after the project has ended."""
    for name, part in PARTS.items():
        yield _unless_ended(project, part)
        if name == project.story["until"]:
            return


def _unless_ended(project: Project, part: Callable[[Project], Walk]) -> Walk:
    if project.proposal.pk:
        project.proposal.refresh_from_db()
        if project.proposal.is_ended:
            return
    try:
        yield from part(project)
    except Exception as error:
        error.add_note(f"while {project.story['key']} was at {part.__name__}")
        raise


@contextmanager
def _hurrying() -> Iterator[None]:
    """Nothing is acknowledged to anybody here: commits need not wait for the disk, the last one does.

    And the same statements come again and again: the server keeps their plans.
    """
    connection.ensure_connection()
    session = connection.connection
    before, session.prepare_threshold = session.prepare_threshold, OFTEN
    session.execute("SET synchronous_commit TO off")
    try:
        yield
    finally:
        session.prepare_threshold = before
        session.execute("RESET synchronous_commit")
