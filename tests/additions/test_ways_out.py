"""No dead ends, proven from the tables: from every state of every machine some step leads towards an end."""

from __future__ import annotations

import pytest

from minshi.deadlines import actions as deadlines
from minshi.lifecycle.machine import Machine, all_machines
from proposals.lifecycle import BAD_END, STEPS, STOPPABLE
from proposals.models import ENDED, Stage

MACHINES = sorted(all_machines(), key=lambda machine: machine.subject)
GOES_ON_ELSEWHERE = {"funding.hold": {"held"}}
"""States whose next step is another machine's: the retained part waits for the rating of its project."""


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
    assert ends_of(machine)


def test_a_project_ends_only_where_nothing_is_held_any_more() -> None:
    project = next(machine for machine in MACHINES if machine.subject == "proposals.proposal")
    assert ends_of(project) == set(map(str, ENDED))


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
