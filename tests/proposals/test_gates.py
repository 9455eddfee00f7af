"""No gate is passed without its notice, while it runs, with an open objection or reopened: by no action, by no SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from evaluation.actions import surveys
from minshi import clock as platform_clock
from minshi.clock import as_owner
from minshi.disclosure import actions as disclosure
from minshi.disclosure import signals
from minshi.lifecycle import machine
from minshi.lifecycle.machine import what_blocks_gate
from minshi.lifecycle.models import StepRecord
from minshi.refusals import Refused
from proposals.actions import advance
from proposals.lifecycle import PROPOSAL
from proposals.models import Proposal, Stage
from tests.walked import each
from tests.way import Way

pytestmark = pytest.mark.django_db

BEFORE: dict[str, Callable[[Way], Proposal]] = {
    "open_handling": Way.announced,
    "open_suppliers": Way.funded,
    "deliver_in_kind": Way.funded,
    "sign": Way.awarded,
    "open_survey": Way.accepted,
    "settle_hold": Way.rated,
    "result_stands": Way.rated,
    "settle": Way.rated,
    "archive": Way.settling,
}
"""Each step with a gate, and the way to where it is next."""

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
"""The bare steps, without their deeds, and the notice each is taken with."""

UNANNOUNCED = (
    ("decide", "open_handling"),
    ("announce_funding", "open_suppliers"),
    ("award", "sign"),
    ("pass_acceptance", "open_survey"),
)
"""Steps that enter a stage with a notice, and the step that waits for it."""


@pytest.fixture
def anybody_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_may", lambda step, by, subject: True)


def test_every_gate_is_asked_for_here() -> None:
    assert {step.verb for step in PROPOSAL.steps if step.gate} == set(BEFORE)


def record(proposal: Proposal, verb: str, target: str) -> None:
    StepRecord.objects.create(
        subject_type="proposals.proposal",
        subject_id=proposal.pk,
        verb=verb,
        source=proposal.stage,
        target=target,
        label=verb,
    )


def set_stage(proposal: Proposal, stage: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE proposals_proposal SET stage = %s WHERE id = %s", [stage, proposal.pk])


def by_sql(proposal: Proposal, verb: str) -> None:
    """The step without the platform's code, but with its record."""
    target = PROPOSAL.by_verb[verb].target or proposal.stage
    record(proposal, verb, target)
    set_stage(proposal, target)


def refused(proposal: Proposal, verb: str, why: str) -> None:
    proposal.refresh_from_db()
    assert why in "".join(what_blocks_gate(proposal, verb))
    with pytest.raises(Refused, match=why):
        advance(proposal, verb, by=None, reason="试试")
    with pytest.raises(IntegrityError, match="notice has not passed"), transaction.atomic():
        by_sql(proposal, verb)


def object_in_time(way: Way, proposal: Proposal, households: int) -> None:
    assert proposal.gate_notice
    for user in way.raters()[:households]:
        disclosure.object_to(proposal.gate_notice, facts="请再说明一下", by=user)


def to_its_end(proposal: Proposal) -> None:
    assert proposal.gate_notice
    platform_clock.move(proposal.gate_notice.ends_at - platform_clock.now() + timedelta(minutes=1))


@pytest.mark.usefixtures("anybody_may")
@pytest.mark.parametrize("verb", each({verb: walk.__name__ for verb, walk in BEFORE.items()}))
def test_a_gate_stays_closed_until_its_notice_has_passed(way: Way, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    proposal = BEFORE[verb](way)
    refused(proposal, verb, "公示期到")

    before = transaction.savepoint()
    with monkeypatch.context() as patched:
        patched.setattr(signals.reopened, "send", lambda *args, **kwargs: [])  # nobody sends it back
        object_in_time(way, proposal, 4)
    refused(proposal, verb, "须重新商议")
    transaction.savepoint_rollback(before)

    object_in_time(way, proposal, 1)
    to_its_end(proposal)
    refused(proposal, verb, "还有 1 条异议没有答复")
    assert proposal.gate_notice
    objection = proposal.gate_notice.objections.get()
    disclosure.answer(objection, text="已经当面说明清楚", outcome="explained", by=way.who("clerk"))
    assert what_blocks_gate(proposal, verb) == []


@pytest.mark.usefixtures("anybody_may")
@pytest.mark.parametrize(("entering", "verb"), UNANNOUNCED)
@pytest.mark.walked("cosigned")
def test_a_gate_without_its_notice_stays_closed(way: Way, entering: str, verb: str) -> None:
    """The notice of an earlier gate, long passed, does not open a later one."""
    proposal = way.cosigned()
    for step, kind in TO_ACCEPTED:
        notice = (
            disclosure.post(
                kind=kind,
                title="公示",
                place=proposal.place,
                body="内容",
                doors=proposal.beneficiary_keys(),
                link=proposal.get_absolute_url(),
                by=None,
            )
            if kind and step != entering
            else None
        )
        advance(proposal, step, by=None, reason="演示", notice=notice)
        if notice:
            to_its_end(proposal)
        if step == entering:
            break
    refused(proposal, verb, "还没有发布")


@pytest.mark.usefixtures("anybody_may")
@pytest.mark.walked("rating")
def test_rating_without_its_notice_is_not_settled(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    def unannounced(*args: Any, notice: object = None, **words: Any) -> StepRecord:
        return advance(*args, **words)

    survey = way.rating()
    way.answer(survey, good=12)
    with monkeypatch.context() as patched:
        patched.setattr(surveys, "advance", unannounced)
        proposal = way.result(survey).proposal
    assert proposal.stage == Stage.RATED
    refused(proposal, "settle", "还没有发布满意度公示")
    refused(proposal, "settle_hold", "还没有发布满意度公示")


@pytest.mark.walked("settling")
def test_accounts_without_their_notice_are_not_archived(way: Way) -> None:
    """The stage itself is entered with its notice only; the question still does not let nothing pass."""
    proposal = way.settling()
    proposal.gate_notice = None
    assert what_blocks_gate(proposal, "archive") == ["还没有发布结算公示"]


@pytest.fixture
def ungated_twin() -> Iterator[str]:
    """A second step between the same stages, which waits for nothing."""
    with as_owner() as owner:
        owner.execute(
            "INSERT INTO lifecycle_edge (subject_type, verb, source, target, gate)"
            " VALUES ('proposals.proposal', 'call_in', 'announced', 'handling', '')"
        )
        yield "call_in"
        owner.execute("DELETE FROM lifecycle_edge WHERE verb = 'call_in'")


@pytest.mark.walked("announced")
def test_a_second_step_between_the_same_stages_takes_no_gate_away(way: Way, ungated_twin: str) -> None:
    proposal = way.announced()
    with pytest.raises(IntegrityError, match="initiation notice has not passed"), transaction.atomic():
        by_sql(proposal, "open_handling")
    with pytest.raises(IntegrityError, match="initiation notice has not passed"), transaction.atomic():
        record(proposal, ungated_twin, Stage.HANDLING)
        by_sql(proposal, "open_handling")
    record(proposal, ungated_twin, Stage.HANDLING)
    set_stage(proposal, Stage.HANDLING)
    proposal.refresh_from_db()
    assert proposal.stage == Stage.HANDLING


def test_a_machine_with_gates_knows_its_notices() -> None:
    step = machine.Step("pass", "通过", ("a",), "b", gate="initiation")
    with pytest.raises(AssertionError, match="nobody knows its notices"):
        machine.Machine(subject="tests.nothing", steps=(step,), stage_labels={})
