"""Persons and sweepers lock in one order, so that they do not wait for each other in a ring; nobody is waited for."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import OperationalError, connection, connections, transaction
from psycopg.errors import DeadlockDetected

from deliberation.models import Motion
from minshi.clock import Now
from minshi.deadlines import actions, locks
from minshi.deadlines.models import Deadline
from minshi.lifecycle.machine import lock
from minshi.territory.models import Territory
from proposals import actions as proposals
from proposals.models import Proposal, Wish
from tests.way import Way

transactional = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fired(monkeypatch: pytest.MonkeyPatch) -> list[Deadline]:
    seen: list[Deadline] = []
    monkeypatch.setitem(actions._handlers, "k", seen.append)
    return seen


def a_due_one(subject: Any) -> Deadline:
    kind, key = subject._meta.label_lower, subject.pk
    return Deadline.objects.create(subject_type=kind, subject_id=key, kind="k", due=Now() - timedelta(days=1))


def elsewhere(work: Any) -> threading.Thread:
    """In another session."""

    def run() -> None:
        try:
            work()
        finally:
            connections["default"].close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("deliberation.motion", ("proposal",)),
        ("evaluation.callback", ("survey", "proposal")),
        ("funding.contract", ("proposal",)),
        ("proposals.proposal", None),
        ("residents.residence", None),
    ],
)
def test_what_belongs_to_a_project_knows_the_way_to_it(name: str, way: tuple[str, ...] | None) -> None:
    assert locks.way_to_the_first(apps.get_model(name)) == way


@transactional
def test_while_a_person_has_the_project_its_motions_end_waits_and_the_others_do_not(
    way: Way, yard: Territory, fired: list[Deadline]
) -> None:
    motion = Motion.objects.get(proposal=way.voting())
    a_due_one(motion)
    other = a_due_one(yard)
    held, over = threading.Event(), threading.Event()

    def a_person() -> None:
        with transaction.atomic():
            lock(Proposal.objects.get(pk=motion.proposal_id))
            held.set()
            over.wait(20)

    thread = elsewhere(a_person)
    assert held.wait(20)
    began = time.monotonic()
    actions.sweep()
    assert time.monotonic() - began < 5 and fired == [other]
    over.set()
    thread.join()
    actions.sweep()
    assert len(fired) == 2


@transactional
def test_two_deadlines_of_one_project_are_never_handled_at_once(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever ends a motion goes on to its project, whoever ends the project's stage goes on to its motion."""
    motion = Motion.objects.get(proposal=way.voting())
    a_due_one(motion)
    a_due_one(motion.proposal)
    at_work, most = [0], [0]

    def handler(deadline: Deadline) -> None:
        at_work[0] += 1
        most[0] = max(most[0], at_work[0])
        lock(Motion.objects.get(pk=motion.pk))
        time.sleep(0.5)
        lock(Proposal.objects.get(pk=motion.proposal_id))
        at_work[0] -= 1

    monkeypatch.setitem(actions._handlers, "k", handler)
    sweepers = [elsewhere(actions.sweep) for _each in range(3)]
    for each in sweepers:
        each.join()
    while actions.sweep():
        pass
    assert most == [1]
    assert not Deadline.objects.filter(failures__gt=0).exists()
    assert Deadline.objects.filter(kind="k", outcome=Deadline.Outcome.FIRED).count() == 2


@transactional
def test_a_knot_that_was_cut_is_done_again_and_is_no_failure(yard: Territory, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[Deadline] = []

    def knotted(deadline: Deadline) -> None:
        tries.append(deadline)
        if len(tries) == 1:
            raise OperationalError from DeadlockDetected()

    monkeypatch.setitem(actions._handlers, "k", knotted)
    one = a_due_one(yard)
    assert actions.sweep() == 1 and len(tries) == 2
    one.refresh_from_db()
    assert one.outcome == Deadline.Outcome.FIRED and one.failures == 0


@pytest.mark.django_db
def test_a_subject_that_is_gone_or_belongs_to_no_project_holds_nothing_up(way: Way, fired: list[Deadline]) -> None:
    wish = Wish.objects.get(pk=proposals.wish(place=way.yard, text="想要一盏灯", by=way.who("resident")).pk)
    gone = Wish(pk=10**9)
    rows = [a_due_one(wish), a_due_one(gone)]
    rows.append(Deadline.objects.create(subject_type="x.x", subject_id=1, kind="k", due=Now() - timedelta(days=1)))
    assert actions.sweep() == 3 and {row.pk for row in fired} == {row.pk for row in rows}


@pytest.mark.django_db
def test_many_due_ones_are_asked_for_in_one_question(yard: Territory, fired: list[Deadline]) -> None:
    for number in range(30):
        Deadline.objects.create(subject_type="x.x", subject_id=number, kind="k", due=Now() - timedelta(days=1))
    with connection.execute_wrapper(Counting()):
        assert actions.sweep() == 30
    assert Counting.questions <= 3


class Counting:
    """How often it is asked what is due."""

    questions = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "ORDER BY" in sql and "COALESCE" in sql and "FOR UPDATE" not in sql:
            Counting.questions += 1
        return execute(sql, params, many, context)
