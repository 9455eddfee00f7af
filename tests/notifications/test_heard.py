"""Every step of every lifecycle is walked, and somebody hears of each that is not explained away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import models

from evaluation.models import Answer, CallBack, Check
from funding.models import Change, Contract, Ending
from minshi.clock import now
from minshi.disclosure import actions as disclosure
from minshi.disclosure.models import Objection
from minshi.lifecycle.machine import Machine, Step, all_machines
from minshi.lifecycle.models import StepRecord
from minshi.notifications.actions import tell_step
from minshi.notifications.catalogue import Told, tables_of
from minshi.notifications.models import Message, ToTell
from proposals import actions as proposals
from proposals.models import Proposal, ResourceRequest
from tests.way import Way

OFFICES = ("party", "supervisor", "case_officer", "approver", "cashier", "district_officer", "district_finance")


@pytest.fixture
def subjects(way: Way) -> dict[str, models.Model]:
    """One of each kind, from a project that went the whole way."""
    for role in OFFICES:
        way.who(role)
    asked = way.rating(title="添一个快递架")  # nobody has answered yet
    announced = way.announced(title="修一修大门")
    disclosure.object_to(announced.gate_notice, facts="大门还能用，请先修路", by=way.who("neighbour"))
    proposal = way.archived()
    proposal.merged_into = asked.proposal
    contract = Contract.objects.get(proposal=proposal)
    answer = Answer.objects.filter(survey__proposal=proposal).first()
    wished = proposals.wish(place=way.yard, text="想在楼下添一个快递架", by=way.who("neighbour"))
    wished.proposal = proposal
    offered = proposals.offer(place=way.yard, kind="skill", title="会修自行车", times="周六", by=way.who("neighbour"))
    asked_for = ResourceRequest(pk=1, resource=offered, by=way.who("resident"), text="链条掉了")
    question = proposals.ask("什么时候动工？", proposal=announced, by=way.who("neighbour"))
    said = {"theme": "更亮", "text": "灯", "criteria": "受益户多", "prizes": "一口锅", "by": way.who("clerk")}
    around = announced.place.at_level("community") or announced.place
    called = proposals.open_call(around, closes_at=now() + timedelta(days=5), **said)
    proposals.enter_call(called, announced, by=announced.proposer)
    found: list[Any] = [
        offered,
        asked_for,
        proposal,
        wished,
        question,
        called,
        proposal.motions.get(),
        proposal.meetings.get(),
        proposal.grants.get(),
        proposal.contributions.first(),
        contract.payments.first(),
        contract.hold,
        Change(pk=1, contract=contract, asked_by=way.who("clerk"), what="换一种灯杆", new_price_fen=1, new_days=1),
        Ending(pk=1, proposal=proposal, outcome="cancelled", reason="整院要拆迁", asked_by=way.who("clerk")),
        asked,
        CallBack(pk=1, answer=answer, survey=asked, level=4),
        Check.objects.filter(aftercare__proposal=proposal).first(),
    ]
    return {each._meta.label_lower: each for each in found}


def taken(machine: Machine, step: Step, subject: models.Model) -> StepRecord:
    """As if ``subject`` had just taken this step: it stands in its target, with the holder that stage has."""
    source = step.sources[0]
    setattr(subject, machine.stage_field, step.target or source)
    if isinstance(subject, Proposal):
        machine.entered(subject, now(), {})
    return StepRecord(
        subject_type=machine.subject,
        subject_id=subject.pk,
        verb=step.verb,
        source=source,
        target=step.target or source,
        label=str(step.label),
        reason="因为大家这样说",
        evidence={"notice": Objection.objects.get().notice.number} if step.verb.endswith("_above") else {},
        at=now(),
    )


def unheard(subjects: dict[str, models.Model], told: Callable[[models.Model, StepRecord], None]) -> list[str]:
    """Steps with a line that tells, of which nobody was told."""
    silent = []
    for machine in all_machines():
        if machine.subject.startswith("tests."):
            continue
        for step in machine.steps:
            lines = [line for table in tables_of(machine.subject) for line in table.by_verb.get(step.verb, [])]
            if not any(isinstance(line, Told) for line in lines):
                continue
            Message.objects.all().delete()
            ToTell.objects.all().delete()
            subject = subjects[machine.subject]
            told(subject, taken(machine, step, subject))
            said = list(Message.objects.values_list("title", "url"))
            if not said and not ToTell.objects.exists():
                silent.append(f"{machine.subject}:{step.verb}")
            for title, url in said:
                assert "%(" not in title
                assert url.startswith("/"), f"{machine.subject}:{step.verb} leads nowhere"
    return silent


def test_every_step_of_every_lifecycle_is_heard(subjects: dict[str, models.Model]) -> None:
    assert unheard(subjects, tell_step) == []


def test_a_telling_that_forgets_the_next_person_is_found(subjects: dict[str, models.Model]) -> None:
    """The naive twin: only what the proposer asked for is told."""

    def naive(subject: models.Model, record: StepRecord) -> None:
        if isinstance(subject, Proposal):
            tell_step(subject, record)

    silent = unheard(subjects, naive)
    assert {"funding.grant:ask", "funding.payment:approve", "deliberation.motion:open"} <= set(silent)
