"""Due deadlines with sweepers killed at random: each takes effect once, none early, none lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.clock import as_owner
from minshi.deadlines.models import Deadline, Effect
from minshi.lifecycle.models import StepRecord
from minshi.notifications.models import Message
from minshi.territory.models import Territory
from proposals import actions
from proposals.models import Proposal, Source
from tests.drills.processes import environment
from tests.way import Way

pytestmark = [pytest.mark.drill, pytest.mark.django_db(transaction=True)]

BIG = bool(os.environ.get("MINSHI_DRILL"))
DUE = 2000 if BIG else 40
SWEEPERS = 3
KILLS = 22 if BIG else 3
PATIENCE_SECONDS = 600 if BIG else 90

NAIVE = """
import os, random, time, psycopg
db = psycopg.connect(os.environ["NAIVE_DSN"], autocommit=True)
while True:
    rows = db.execute("SELECT id FROM naive_deadline WHERE NOT handled ORDER BY id LIMIT 5").fetchall()
    if not rows:
        break
    for (key,) in rows:
        db.execute("INSERT INTO naive_effect (deadline) VALUES (%s)", [key])
        time.sleep(0.002)
        db.execute("UPDATE naive_deadline SET handled = true WHERE id = %s", [key])
"""


def _start(command: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, env=env, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@contextmanager
def _sweepers(command: list[str], env: dict[str, str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    running = [_start(command, env) for _number in range(SWEEPERS)]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()


@pytest.fixture
def seed() -> int:
    number = int(os.environ.get("MINSHI_SEED", "0")) or random.randrange(10**6)
    print(f"seed {number}")
    return number


def _wishes(place: Territory, people: Sequence[User], number: int) -> None:
    for index in range(number):
        actions.wish(place=place, text=f"第{index}个心愿", by=people[index % len(people)])


def test_every_due_deadline_takes_effect_once_whoever_is_killed(
    clock: object,
    yard: Territory,
    resident: User,
    neighbour: User,
    chief: User,
    clerk: User,
    case_officer: User,
    seed: int,
) -> None:
    dice = random.Random(seed)
    people = (resident, neighbour, chief)  # the most that one of them may wish for is a thousand here
    _wishes(yard, people, DUE)
    due = Deadline.objects.open().order_by("due").last()
    assert due
    platform_clock.set_to(due.due + timedelta(seconds=1))
    _wishes(yard, people, 20)  # these are not due yet
    early = set(Deadline.objects.open().filter(due__gt=platform_clock.now()).values_list("pk", flat=True))

    command = [sys.executable, "manage.py", "sweep", "--every", "0.05"]
    with _sweepers(command, environment()) as running:
        kills, patience = KILLS, time.monotonic() + PATIENCE_SECONDS
        while Effect.objects.count() < DUE:
            assert time.monotonic() < patience, f"{Effect.objects.count()} of {DUE} after {PATIENCE_SECONDS} s"
            time.sleep(dice.uniform(0.2, 1.2))
            if kills and Effect.objects.exists():
                victim = dice.randrange(SWEEPERS)
                running[victim].send_signal(signal.SIGKILL)
                running[victim].wait()
                running[victim] = _start(command, environment())
                kills -= 1
        time.sleep(1)

    assert Effect.objects.count() == DUE
    assert not Effect.objects.filter(deadline__in=early).exists()
    climbs = StepRecord.objects.filter(subject_type="proposals.wish", verb="climb")
    assert climbs.count() == climbs.values("subject_id").distinct().count() == DUE


def _climbing(way: Way) -> tuple[list[Proposal], list[Proposal]]:
    """One is with the community on the first tier; three wait for their review, made after it: its way takes weeks."""
    handled = way.handling(tier=1, shares={Source.SELF_RAISED: 2_000_000}, title="院里添一张长椅")
    asked = (("resident", "门口的灯"), ("neighbour", "后门的灯"), ("neighbour", "楼梯口的灯"))
    return [way.submitted(title=title, by=way.who(who)) for who, title in asked], [handled]


RUNGS = {
    # What is silent goes where, by the record of each: verbs that nobody took but time, in their order.
    "submitted": ["climb", "climb", "overdue"],
    "handling": ["climb_tier", "climb_tier", "supervise"],
}


def test_silence_climbs_rung_by_rung_and_each_once_whoever_is_killed(
    way: Way, case_officer: User, district_officer: User, seed: int
) -> None:
    """Chief → community → street, and tier 1 → 2 → 3 → supervision: with record, reminder and public line."""
    dice = random.Random(seed)
    waiting, handled = _climbing(way)
    climbed = [*waiting, *handled]
    for rung in range(3):
        rows = Deadline.objects.open().filter(subject_type="proposals.proposal", kind__startswith="stage:")
        latest = max((row.wakes_at or row.due) for row in rows.filter(subject_id__in=[each.pk for each in climbed]))
        platform_clock.set_to(latest + timedelta(seconds=1))
        _sweep_killing_one(lambda rung=rung: all(len(_by_time(each)) > rung for each in climbed), dice)
    for each in climbed:
        each.refresh_from_db()
        assert _by_time(each)[:3] == RUNGS[each.stage], each
        page = Client().get(each.get_absolute_url()).content.decode()
        assert all(record.label in page for record in StepRecord.objects.of(each))
    assert {each.holder_role for each in waiting} == {"case_officer"}
    assert all(each.is_supervised for each in handled)
    for user, words in ((case_officer, "快到期："), (district_officer, "快到期："), (district_officer, "督办：")):
        told = Message.objects.filter(user=user, title__startswith=words).values("title", "matter", "at")
        assert told.exists() and told.count() == told.distinct().count(), words


def _by_time(proposal: Proposal) -> list[str]:
    """What time did to it, in order."""
    verbs = ("climb", "overdue", "climb_tier", "supervise")
    return list(StepRecord.objects.of(proposal).filter(verb__in=verbs).order_by("id").values_list("verb", flat=True))


def _sweep_killing_one(is_done: Callable[[], bool], dice: random.Random) -> None:
    command = [sys.executable, "manage.py", "sweep", "--every", "0.05"]
    with _sweepers(command, environment()) as running:
        patience = time.monotonic() + PATIENCE_SECONDS
        time.sleep(dice.uniform(0.2, 1.2))
        victim = dice.randrange(SWEEPERS)
        running[victim].send_signal(signal.SIGKILL)
        running[victim].wait()
        running[victim] = _start(command, environment())
        while not is_done():
            assert time.monotonic() < patience
            time.sleep(0.2)
        time.sleep(0.5)


def test_the_naive_twin_does_some_of_them_twice(clock: object, seed: int) -> None:
    """Look, act, then mark, each on its own: the same work in several hands is done more than once."""
    with as_owner() as owner:
        owner.execute("CREATE TABLE naive_deadline (id serial PRIMARY KEY, handled boolean NOT NULL DEFAULT false)")
        owner.execute("CREATE TABLE naive_effect (deadline integer)")
        try:
            owner.execute("INSERT INTO naive_deadline (handled) SELECT false FROM generate_series(1, 60)")
            dsn = f"host={owner.info.host} port={owner.info.port} user={owner.info.user} dbname={owner.info.dbname}"
            env = {**os.environ, "NAIVE_DSN": dsn, "PGPASSWORD": owner.info.password}
            running = [_start([sys.executable, "-c", NAIVE], env) for _number in range(SWEEPERS)]
            for process in running:
                process.wait(60)
            row = owner.execute("SELECT count(*), count(DISTINCT deadline) FROM naive_effect").fetchone()
            assert row and row[0] > row[1] == 60
        finally:
            owner.execute("DROP TABLE naive_deadline, naive_effect")
