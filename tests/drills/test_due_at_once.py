"""A jump of the calendar or a long outage: thousands are due at once, and two sweepers are done within a minute.

Half of a city's desk would wait otherwise. The same for those whose handler escalates a project.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.clock import as_owner
from minshi.deadlines.models import Deadline, Effect
from minshi.lifecycle.models import StepRecord
from minshi.servers.children import Child, Family
from proposals import actions
from proposals.models import Proposal, Wish
from tests.drills.processes import environment, place_for_servers
from tests.way import Way

pytestmark = [pytest.mark.drill(only=True), pytest.mark.django_db(transaction=True)]

BIG = bool(os.environ.get("MINSHI_DRILL"))
WISHES, ESCALATE = (3000, 2000) if BIG else (60, 40)
WITHIN = 60
APART = 1_000_000
"""Between the keys of one copy and of the next."""


def copies(of: models.Model, number: int, *others: type[models.Model]) -> None:
    """So many more of ``of``, with the rows of ``others`` and the deadlines that hang on it, into the tables."""
    tables = {type(of)._meta.db_table: "id"}
    with as_owner() as owner:
        for model in (type(of), *others, Deadline):
            table = model._meta.db_table
            tables[table] = "id"
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute("BEGIN")
        owner.execute("SET CONSTRAINTS ALL DEFERRED")
        for model in (type(of), *others, Deadline):
            copy_rows(owner, model, of, number, tables)
        owner.execute("COMMIT")
        for model in (type(of), *others, Deadline):
            owner.execute(f"ALTER TABLE {model._meta.db_table} ENABLE TRIGGER USER")


def copy_rows(owner: object, model: type[models.Model], of: models.Model, number: int, tables: dict[str, str]) -> None:
    names, values = [], []
    for field in model._meta.concrete_fields:
        column = field.column
        names.append(f'"{column}"')
        ours = field.primary_key and not field.remote_field
        points = field.remote_field and field.remote_field.model._meta.db_table in tables
        if ours or points or (model is Deadline and column == "subject_id"):
            values.append(f'"{column}" + {APART}::bigint * n')
        elif field.unique and isinstance(field, models.CharField):
            values.append(f'"{column}" || n')
        elif field.unique and field.null:
            values.append("NULL")
        else:
            values.append(f'"{column}"')
    whose = {
        type(of): f"id = {of.pk}",
        Deadline: f"subject_type = '{of._meta.label_lower}' AND subject_id = {of.pk} AND handled_at IS NULL",
    }
    where = whose.get(model, f"{of._meta.model_name}_id = {of.pk}")
    owner.execute(  # type: ignore[attr-defined]
        f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) SELECT {', '.join(values)}"
        f" FROM {model._meta.db_table}, generate_series(1, {number}) AS n WHERE {where}"
    )


@contextmanager
def two_sweepers() -> Iterator[None]:
    with place_for_servers() as place, Family() as family:
        for name in ("one", "two"):
            argv = [sys.executable, "manage.py", "sweep", "--every", "0.5"]
            family.start(Child(name, argv, log=place / f"{name}.log", env=environment(), cwd=settings.BASE_DIR))
        yield
        family.stop()
        said = "".join((place / f"{name}.log").read_text() for name in ("one", "two"))
        assert "failed" not in said and "deadlock" not in said.lower(), said[-3000:]


def seconds_until(done: Callable[[], int], number: int) -> float:
    """From the first that took effect: the processes have to start before."""
    while not done():
        time.sleep(0.05)
    began = time.monotonic()
    while (so_far := done()) < number:
        assert time.monotonic() < began + 400, f"{so_far} of {number}"
        time.sleep(0.2)
    return time.monotonic() - began


def test_three_thousand_due_at_once(clock: object, way: Way, resident: User, clerk: User, case_officer: User) -> None:
    wish = actions.wish(place=way.yard, text="想要一盏灯", by=resident)
    copies(Wish.objects.get(pk=wish.pk), WISHES - 1)
    last = Deadline.objects.tasks().order_by("due").last()
    assert last
    platform_clock.set_to(last.due + timedelta(seconds=1))
    with two_sweepers():
        took = seconds_until(lambda: StepRecord.objects.filter(verb="climb").count(), WISHES)
    print(f"{WISHES} due at once: {took:.1f} s, {1000 * took / WISHES:.1f} ms each")
    climbs = StepRecord.objects.filter(verb="climb")
    assert climbs.count() == climbs.values("subject_id").distinct().count() == WISHES
    assert not Deadline.objects.filter(failures__gt=0).exists()
    assert took < WITHIN


def test_two_thousand_that_escalate(clock: object, way: Way, case_officer: User, district_officer: User) -> None:
    proposal = way.handling()
    belongs = [apps.get_model(name) for name in ("proposals.version", "proposals.card", "proposals.handling")]
    copies(Proposal.objects.get(pk=proposal.pk), ESCALATE - 1, *belongs)
    platform_clock.set_to(proposal.due_at + timedelta(seconds=1))
    with two_sweepers():
        took = seconds_until(lambda: StepRecord.objects.filter(verb="climb_tier").count(), ESCALATE)
    print(f"{ESCALATE} that escalate: {took:.1f} s, {1000 * took / ESCALATE:.1f} ms each")
    assert Proposal.objects.filter(tier=3).count() == ESCALATE
    assert Effect.objects.count() >= ESCALATE
    assert not Deadline.objects.filter(failures__gt=0).exists()
    assert took < WITHIN
