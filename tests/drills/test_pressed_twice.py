"""Every action of a walk through everything, pressed twice at once: one is done, the other reads one sentence."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from minshi import clock
from minshi.deadlines import actions as deadlines
from tests.doubled import Tally, all_actions, pressed_twice
from tests.way import Way

DRILL = os.environ.get("MINSHI_DRILL") == "1"
"""The demo's whole walk takes minutes; without it one project's way, from its proposal to a survey."""

TWICE_IS_MEANT = {
    "proposals.actions.proposing.submit": "a page calls submit_once; alone it makes what it is told",
    "proposals.actions.wishes.wish": "a page calls wish_once; alone it makes what it is told",
    "proposals.actions.proposing.add_photo": "part of a form that has its key; the same picture twice is two pictures",
}
"""Actions of which two at once are two, and why."""


pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill]


def test_pressed_twice_at_once_is_one_outcome_and_one_sentence(
    way: Way, supervisor: Any, tmp_path: Path, settings: Any
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    with pressed_twice(most=2 if DRILL else 1) as tally:
        way.archived()
    _says_so(tally, 30)


@pytest.mark.skipif(not DRILL, reason="three minutes: run.py drill pressed_twice")
def test_the_demos_walk_pressed_twice(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    try:
        with pressed_twice(most=4) as tally:
            call_command("replay", stdout=StringIO())
            while deadlines.sweep():
                pass
    finally:
        clock.reset()
    _says_so(tally, 75)


def _says_so(tally: Tally, least: int) -> None:
    every = set(all_actions())
    assert set(TWICE_IS_MEANT) < every
    print(f"\n{len(every)} actions, {len(tally.pressed)} pressed twice, {sum(tally.pressed.values())} times")
    print("not walked:", *sorted(every - set(tally.pressed)), sep="\n  ")
    for name, wrong in sorted(tally.faults.items()):
        print(f"FAULT {name}: {wrong[:400]}")
    assert {name: wrong for name, wrong in tally.faults.items() if name not in TWICE_IS_MEANT} == {}
    assert len(tally.pressed) >= least
