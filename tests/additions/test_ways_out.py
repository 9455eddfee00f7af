"""No dead ends, proven from the tables: from every state of every machine some step leads towards an end."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import rules

from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.lifecycle.machine import Machine, all_machines
from proposals.lifecycle import BAD_END, STAGES, STEPS, STOPPABLE, decider_above, holder_place, reviewer_of
from proposals.models import ENDED, Proposal, Stage
from tests.way import Way

MACHINES = sorted(
    (machine for machine in all_machines() if not machine.subject.startswith("tests.")),
    key=lambda machine: machine.subject,
)
ENDS = {
    "deliberation.meeting": {"called_off", "recorded"},
    "deliberation.motion": {"published"},
    "evaluation.callback": {"settled", "withdrawn"},
    "evaluation.check": {"done"},
    "evaluation.survey": {"closed"},
    "funding.change": {"approved", "refused"},
    "funding.contribution": {"rejected", "reversed"},
    "funding.ending": {"closed", "refused"},
    "funding.grant": {"placed", "refused", "withdrawn"},
    "funding.hold": {"released"},
    "funding.payment": {"refused", "reversed"},
    "proposals.proposal": set(map(str, ENDED)),
    "proposals.resource": {"declined", "withdrawn"},
    "proposals.resourcerequest": {"agreed", "refused", "cancelled"},
    "proposals.question": {"hidden"},
    "proposals.call": {"ended"},
    "proposals.wish": {"declined", "fulfilled", "promoted"},
}
"""Where each kind of thing rests and nobody is waited for. Any other state that nothing leaves is a dead end; a new
kind says here where it ends."""
LEFT_AGAIN = {"proposals.proposal": {"declined", "merged"}}
"""Ends that somebody may undo: nobody is waited for there all the same."""


def ends_of(machine: Machine) -> set[str]:
    """States that nothing leaves."""
    left = {source for _verb, source, target, _gate in machine.edges() if target != source}
    return set(machine.stage_labels) - left


def leads_to_an_end(machine: Machine) -> set[str]:
    """States from which some row of steps comes to an end."""
    reached = ends_of(machine)
    edges = [(source, target) for _verb, source, target, _gate in machine.edges() if source != target]
    while more := {source for source, target in edges if target in reached} - reached:
        reached |= more
    return reached


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.subject)
def test_from_every_state_some_step_leads_out_to_an_end(machine: Machine) -> None:
    assert set(machine.stage_labels) - leads_to_an_end(machine) == set()
    assert ends_of(machine) == ENDS[machine.subject] - LEFT_AGAIN.get(machine.subject, set())


@pytest.mark.parametrize("stage", sorted(set(Stage) - set(ENDED)))
def test_a_stage_is_left_by_a_person_or_runs_out_by_itself(stage: str) -> None:
    """Somebody may take a step, and where nobody does its deadline has an effect."""
    leaving = [step for step in STEPS if stage in step.sources and step.target and step.target != stage]
    assert leaving
    assert any(step.permission for step in leaving) or any(step.platform for step in leaving)
    assert f"stage:{stage}" in deadlines._handlers


def test_every_bad_end_of_what_may_have_money_has_its_way_into_the_ending() -> None:
    """The stages a project may come back to after a holder took it on: none of them ends it directly."""
    verbs = {step.verb: step for step in STEPS}
    later = set(STOPPABLE) | {Stage.VOTING, Stage.COSIGNED}
    for step in STEPS:
        ends = step.target in set(ENDED) - {Stage.ARCHIVED}
        if ends and set(step.sources) & later and step.verb != "withdraw":  # refused once a holder took it on
            assert step.verb in BAD_END, step.verb
            assert verbs[BAD_END[step.verb]].target == Stage.ENDING
            assert set(step.sources) <= set(verbs[BAD_END[step.verb]].sources)


# --- Also where few posts are filled ------------------------------------------------------------------

OWN = {"proposals.own", "proposals.propose"}
"""A resident's own steps: they wait for no post."""
ASKED_OF = ("proposals.proposal", *(f"funding.{name}" for name in ("grant", "payment", "change", "ending", "hold")))
"""Machines whose permissions are asked of a project, or of what has its place and stage."""


class Bare(Way):
    """A proposal of a place in which nobody holds a post."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.request = request
        request.getfixturevalue("clock")


def held(proposal: Proposal, stage: str, of: Machine) -> Any:
    """A thing of the project as it stands in that stage, with the holder that its table gives it; never saved."""
    if of.subject != "proposals.proposal":
        return SimpleNamespace(stage=stage, proposal=proposal, territory=proposal.place, place=proposal.place)
    rule = STAGES[stage]
    proposal.stage, proposal.holder_role = stage, rule.role
    proposal.holder_place = holder_place(proposal.place, rule.level)
    if stage == Stage.SUBMITTED:
        proposal.holder_role, proposal.holder_place = reviewer_of(proposal.place, proposal.proposer)
    return proposal


@pytest.mark.django_db
@pytest.mark.parametrize("subject", ASKED_OF)
def test_no_step_waits_for_a_post_where_only_the_district_has_its_two_officers(
    request: pytest.FixtureRequest, district_officer: User, district_finance: User, subject: str
) -> None:
    """The barest place there is: what nobody is left for is done by the district, named as its stand-in."""
    machine = next(machine for machine in MACHINES if machine.subject == subject)
    proposal = Bare(request).submitted()
    waits = []
    for step in machine.steps:
        for stage in step.sources:
            if not stage or step.platform or step.permission in OWN or stage in (Stage.RETURNED, *ENDED):
                continue
            thing = held(proposal, stage, machine)
            if step.verb.endswith("_above"):  # has been brought before the level above
                thing.holder_role, thing.holder_place = decider_above(proposal.place, "street")[1:]
            if not any(rules.has_perm(step.permission, user, thing) for user in (district_officer, district_finance)):
                waits.append((step.verb, stage, step.permission))
    assert waits == []
