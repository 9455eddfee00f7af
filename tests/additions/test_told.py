"""The table in the docs is what the code tells."""

from __future__ import annotations

from minshi.lifecycle.machine import all_machines
from minshi.notifications.catalogue import all_events
from minshi.notifications.table import PLACE, written


def test_the_table_in_the_docs_is_of_this_code() -> None:
    assert PLACE.read_text() == written(), "python3 run.py manage told"


def test_each_step_and_each_event_stands_in_it() -> None:
    table = written()
    ours = [machine for machine in all_machines() if not machine.subject.startswith("tests.")]
    assert [step.verb for each in ours for step in each.steps if f" ({step.verb}) |" not in table] == []
    assert [event.name for event in all_events() if f"| {event.name} |" not in table] == []
