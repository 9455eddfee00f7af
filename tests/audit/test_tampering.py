"""Changes by somebody with every right, half of them with the whole chain made anew so that it fits again.

None of what is older than the last root that left is missed; without roots outside those that fit again are missed.
`python3 run.py drill tampering`: a thousand of them.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group

from minshi.audit import actions, roots
from minshi.audit.chain import faults
from minshi.audit.models import Event
from tests.audit.conftest import Connection
from tests.audit.rebuilding import CHAIN, guarded, rebuild, unguarded

pytestmark = [pytest.mark.drill, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fresh_chain")]
TIMES = 1000 if os.environ.get("MINSHI_DRILL") else 12
TOUCHED = (*CHAIN, "auth_group")
SEED = int(os.environ.get("MINSHI_SEED", random.SystemRandom().randrange(10**6)))


def other_words(owner: Connection, event: Event) -> None:
    owner.execute('UPDATE audit_event SET after = after || \'{"name": "x"}\' WHERE id = %s', [event.pk])
    owner.execute("UPDATE auth_group SET name = 'x' WHERE id = %s", [event.row_pk])


def another_hand(owner: Connection, event: Event) -> None:
    owner.execute("UPDATE audit_event SET actor = coalesce(actor, 0) + 1 WHERE id = %s", [event.pk])


def another_hour(owner: Connection, event: Event) -> None:
    owner.execute("UPDATE audit_event SET at = at - interval '1 hour' WHERE id = %s", [event.pk])


def another_door(owner: Connection, event: Event) -> None:
    owner.execute("UPDATE audit_event SET origin = 'elsewhere' WHERE id = %s", [event.pk])


def gone(owner: Connection, event: Event) -> None:
    owner.execute("DELETE FROM audit_link WHERE event_id = %s", [event.pk])
    owner.execute("DELETE FROM audit_event WHERE id = %s", [event.pk])
    owner.execute("DELETE FROM auth_group WHERE id = %s", [event.row_pk])


def later_than_it_was(owner: Connection, event: Event) -> None:
    owner.execute("UPDATE audit_link SET sealed_at = sealed_at + interval '1 minute' WHERE event_id = %s", [event.pk])


KINDS: tuple[Callable[[Connection, Event], None], ...] = (
    other_words, another_hand, another_hour, another_door, gone, later_than_it_was,
)  # fmt: skip


def test_nothing_older_than_the_last_root_that_left_is_missed(
    owner: Connection, clock: Any, settings: Any, tmp_path: Path
) -> None:
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    settings.ROOTS_FILE = tmp_path / "roots.txt"
    clock.set("2026-11-03 12:00")
    groups = [Group.objects.create(name=f"组{number}") for number in range(20)]
    actions.seal()
    roots.leave()
    assert [*faults(), *roots.lost()] == []
    copies = {table: f"kept_{table}" for table in TOUCHED}
    for table, kept in copies.items():
        owner.execute(f"CREATE TABLE {kept} AS TABLE {table}")  # type: ignore[arg-type]
    missed, missed_without_roots, rebuilt = 0, 0, 0
    try:
        for number in range(TIMES):
            event = Event.objects.of(chance.choice(groups))[0]
            fits_again = number % 2 == 0
            unguarded(owner, *TOUCHED)
            chance.choice(KINDS)(owner, event)
            if fits_again:
                rebuild(owner)
            guarded(owner, *TOUCHED)
            by_itself, by_roots = bool(list(faults())), bool(list(roots.lost()))
            missed += not by_itself and not by_roots
            missed_without_roots += not by_itself
            rebuilt += fits_again
            put_back(owner, copies)
        assert [*faults(), *roots.lost()] == []
    finally:
        for kept in copies.values():
            owner.execute(f"DROP TABLE {kept}")  # type: ignore[arg-type]
    print(f"{TIMES} changes, {rebuilt} with the chain made anew: {missed} missed, without roots {missed_without_roots}")
    assert missed == 0
    # And, beside those, an end that was cut off: nothing comes after it that would no longer fit.
    assert missed_without_roots >= rebuilt, "the twin without roots outside misses what fits again"


def put_back(owner: Connection, copies: dict[str, str]) -> None:
    unguarded(owner, *TOUCHED)
    for table, kept in reversed(copies.items()):
        owner.execute(f"DELETE FROM {table}")  # type: ignore[arg-type]
        owner.execute(f"INSERT INTO {table} SELECT * FROM {kept}")  # type: ignore[arg-type]
    guarded(owner, *TOUCHED)
