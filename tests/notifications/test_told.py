"""Each step of each lifecycle is heard by somebody, or a line says why not; texts are for one's own rights."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from minshi.lifecycle.machine import Machine, all_machines
from minshi.notifications.catalogue import (
    Told,
    ToldBy,
    Unheard,
    all_events,
    event_named,
    tables_of,
)

ROOT = Path(__file__).parents[2]
APPS = ("minshi", "proposals", "deliberation", "funding", "evaluation")
TELLING = {"tell", "tell_all", "tell_role", "tell_doors", "tell_group"}

OURS = sorted((m for m in all_machines() if not m.subject.startswith("tests.")), key=lambda m: m.subject)


def lines_of(subject: str, verb: str) -> list[Told | ToldBy | Unheard]:
    return [line for table in tables_of(subject) for line in table.by_verb.get(verb, [])]


def unexplained(machine: Machine) -> list[str]:
    """Steps that nobody hears of and that no line explains."""
    return [step.verb for step in machine.steps if not lines_of(machine.subject, step.verb)]


@pytest.mark.parametrize("machine", OURS, ids=lambda machine: machine.subject)
def test_each_step_is_heard_or_explained(machine: Machine) -> None:
    assert unexplained(machine) == []


@pytest.mark.parametrize("machine", OURS, ids=lambda machine: machine.subject)
def test_each_line_is_of_a_step_there_is(machine: Machine) -> None:
    verbs = {verb for table in tables_of(machine.subject) for verb in table.by_verb}
    assert verbs <= set(machine.by_verb)


def test_a_step_without_a_line_is_found() -> None:
    """The naive twin: a lifecycle somebody added and told nobody of."""
    forgotten = Machine.__new__(Machine)
    object.__setattr__(forgotten, "subject", "proposals.nothing")
    object.__setattr__(forgotten, "steps", OURS[0].steps)
    assert unexplained(forgotten) == [step.verb for step in OURS[0].steps]


@pytest.mark.parametrize("machine", OURS, ids=lambda machine: machine.subject)
def test_a_step_that_is_explained_away_says_why(machine: Machine) -> None:
    for step in machine.steps:
        for line in lines_of(machine.subject, step.verb):
            if isinstance(line, Unheard):
                assert len(line.why) > 20, f"{machine.subject} {step.verb}"


# --- What is told by hand -------------------------------------------------------------------------------


def calls() -> list[tuple[str, ast.Call]]:
    found = []
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            if path.match("minshi/notifications/actions.py") or "migrations" in path.parts:
                continue
            text = path.read_text()
            if "notifications.actions import" not in text and "import tell_group" not in text:
                continue
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in TELLING:
                    found.append((f"{path.relative_to(ROOT)}:{node.lineno}", node))
    return found


def test_whatever_is_told_names_its_event() -> None:
    """What an app tells by itself stands in its list, too: who hears, and by which way."""
    nameless = [where for where, call in calls() if "event" not in {word.arg for word in call.keywords}]
    assert nameless == []


def test_each_step_told_by_its_action_names_events_there_are() -> None:
    for machine in OURS:
        for step in machine.steps:
            for line in lines_of(machine.subject, step.verb):
                if isinstance(line, ToldBy):
                    assert all(event_named(name) for name in line.events), step.verb


def test_each_listed_event_is_told_somewhere() -> None:
    sources = "\n".join(
        path.read_text() for app in APPS for path in (ROOT / app).rglob("*.py") if path.name not in ("catalogue.py",)
    )
    for event in all_events():
        constant = next(
            name
            for path in (*ROOT.glob("*/told.py"), *ROOT.glob("minshi/*/told.py"))
            for name, value in assigned(path)
            if isinstance(value, ast.Call) and value.args and getattr(value.args[0], "value", "") == event.name
        )
        assert f"told.{constant}" in sources, event.name


def assigned(path: Path) -> list[tuple[str, ast.expr]]:
    tree = ast.parse(path.read_text())
    return [(node.targets[0].id, node.value) for node in tree.body if isinstance(node, ast.Assign)]  # type: ignore[attr-defined]


# --- By which way -------------------------------------------------------------------------------------------

BY_TEXT = {
    ("proposals.proposal", "submit"),
    ("proposals.proposal", "resubmit"),
    ("proposals.proposal", "climb"),
    ("proposals.proposal", "return_for_revision"),
    ("deliberation.motion", "open"),
    ("deliberation.motion", "count"),
    ("evaluation.survey", "open"),
    ("evaluation.survey", "extend"),
    ("funding.contribution", "reverse"),
}
EVENTS_BY_TEXT = {
    "cosign.on_paper",
    "cosign.unread",
    "objection.answered",
    "objection.on_paper",
    "objection.unread",
    "ballot.on_paper",
    "paper.third",
    "rating.on_paper",
    "callback.mended",
    "pledge.on_paper",
    "pledge.unread",
    "refund.coming",
    "panel.named",
}


def test_texts_are_for_what_has_a_deadline_on_ones_own_rights() -> None:
    found = {
        (machine.subject, step.verb)
        for machine in OURS
        for step in machine.steps
        for line in lines_of(machine.subject, step.verb)
        if isinstance(line, Told) and line.way.by_text
    }
    assert found >= BY_TEXT
    assert {event.name for event in all_events() if event.way.by_text} >= EVENTS_BY_TEXT
