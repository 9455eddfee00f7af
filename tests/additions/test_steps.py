"""A stage or a step that is added is held, ends, is shown, is permitted to somebody, and is taken by some action."""

from __future__ import annotations

from pathlib import Path

import pytest
from rules.permissions import permissions

from minshi.deadlines import actions as deadlines
from minshi.lifecycle.machine import Machine, Step, all_machines
from minshi.policy.defaults import parameters
from proposals.lifecycle import STAGES, STEPS, WAY
from proposals.models import ENDED, LIBRARY, Stage

ROOT = Path(__file__).parents[2]
APPS = ("proposals", "deliberation", "funding", "evaluation")
CODE = "\n".join(
    file.read_text()
    for app in APPS
    for file in (ROOT / app).rglob("*.py")
    if "migrations" not in file.parts and "lifecycle" not in str(file.relative_to(ROOT))
)
LEFT_AGAIN = (Stage.DECLINED, Stage.MERGED)  # a review is appealed against, what was merged parts again
EVERY_STEP = [(machine, step) for machine in all_machines() for step in machine.steps]
every_step = pytest.mark.parametrize(("machine", "step"), EVERY_STEP, ids=lambda each: getattr(each, "verb", ""))
BEFORE_THE_LIBRARY = {
    Stage.SUBMITTED, Stage.RETURNED, Stage.COSIGNING, Stage.COSIGNED, Stage.VOTING, Stage.CONSULTING, Stage.DECIDING,
}  # fmt: skip


@pytest.mark.parametrize("stage", Stage)
def test_a_stage_is_held_and_runs_out_or_is_an_end(stage: Stage) -> None:
    assert (stage in STAGES) != (stage in ENDED)
    assert stage in ENDED or f"stage:{stage}" in deadlines._handlers


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_on_the_line_once_and_has_its_days(stage: str) -> None:
    assert sum(stage in stages for _label, stages in WAY) == 1
    assert STAGES[stage].days in parameters()
    for prefix in STAGES[stage].terms:
        assert any(name.startswith(prefix) for name in parameters()), prefix


@pytest.mark.parametrize("stage", Stage)
def test_a_stage_is_in_the_library_or_before_it_or_a_bad_end(stage: Stage) -> None:
    shown = {each for stages in LIBRARY.values() for each in stages}
    bad_ends = set(ENDED) - {Stage.ARCHIVED}
    assert [stage in shown, stage in BEFORE_THE_LIBRARY, stage in bad_ends].count(True) == 1


@pytest.mark.parametrize("stage", Stage)
def test_a_stage_is_entered_and_left_unless_it_is_an_end(stage: Stage) -> None:
    assert any(step.target == stage for step in STEPS)
    leaving = [step for step in STEPS if stage in step.sources and step.target]
    assert bool(leaving) == (stage not in ENDED or stage in LEFT_AGAIN)


@every_step
def test_a_step_is_permitted_to_somebody(machine: Machine, step: Step) -> None:
    assert step.platform or step.permission
    assert not step.permission or step.permission in permissions


@every_step
def test_a_step_is_between_stages_that_are_there_and_some_action_takes_it(machine: Machine, step: Step) -> None:
    assert {*step.sources, step.target} - {""} <= set(machine.stage_labels)
    assert f'"{step.verb}"' in CODE
