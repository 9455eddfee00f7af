"""Sweepers and a worker started after the clock jumped, after an outage, and after a boot: real processes.

What a jump leaves in the database is made there: the clock as it was last seen, ten days apart from what it says now.
"""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.deadlines import watch
from minshi.deadlines.models import ClockSeen, Deadline, Effect, SweeperState
from minshi.servers.children import Child, Family
from minshi.territory.models import Territory
from proposals import actions
from tests.drills.processes import environment, place_for_servers, redis_at

pytestmark = [pytest.mark.drill, pytest.mark.django_db(transaction=True)]

BIG = bool(os.environ.get("MINSHI_DRILL"))
DUE = 60
JUMP = 10 * 86400.0
WITHIN = 60
WATCHED_SECONDS = 60 if BIG else 15

only_drill = pytest.mark.drill(only=True)
"""With the suite one start after a jump is watched; what each process decides from is in tests/deadlines/."""


@pytest.fixture
def due(clock: object, yard: Territory, resident: User, clerk: User, case_officer: User) -> int:
    """So many wishes that nobody answered; by the clock as it is now they are ten days late."""
    for index in range(DUE):
        actions.wish(place=yard, text=f"第{index}个心愿", by=resident)
    last = Deadline.objects.open().order_by("due").last()
    assert last
    platform_clock.set_to(last.due + timedelta(days=10))
    return DUE


def seen(boot: str, *, skew: float) -> None:
    """The clock as an earlier process saw it."""
    ClockSeen.objects.create(boot=boot, wall=watch.raw_clock() - JUMP, skew=skew)


def skew_now() -> float:
    return watch.raw_clock() - watch.since_boot()


@contextmanager
def running(**env: str) -> Iterator[None]:
    """Two sweepers, a worker and its beat, as a restart brings them up."""
    celery = [sys.executable, "-m", "celery", "--app", "minshi.celery", "--quiet"]
    with place_for_servers() as place, Family() as family:
        redis = redis_at(place)
        redis.start()
        told = environment(REDIS_URL=redis.url, DJANGO_SETTINGS_MODULE="tests.drills.fixed_clock", **env)
        commands = {
            "one": [sys.executable, "manage.py", "sweep", "--every", "1"],
            "two": [sys.executable, "manage.py", "sweep", "--every", "1"],
            "worker": [*celery, "worker", "--pool", "threads", "--concurrency", "2"],
            "beat": [*celery, "beat", "--schedule", str(place / "beat"), "--pidfile", ""],
        }
        for name, argv in commands.items():
            family.start(Child(name, argv, log=place / f"{name}.log", env=told, cwd=settings.BASE_DIR))
        yield
        family.stop()
        redis.child.stop()


def seconds_until_all_fired(number: int) -> float:
    began = time.monotonic()
    while Effect.objects.count() < number:
        assert time.monotonic() < began + 120, f"{Effect.objects.count()} of {number}"
        time.sleep(0.2)
    return time.monotonic() - began


@only_drill
def test_started_after_a_jump_of_ten_days_nothing_fires(due: int) -> None:
    seen(watch.this_boot(), skew=skew_now() - JUMP)
    with running():
        time.sleep(WATCHED_SECONDS)
        assert Effect.objects.count() == 0
        assert SweeperState.objects.get().reason == deadlines.JUMPED
        subprocess.run(
            [sys.executable, "manage.py", "sweep", "--resume"], env=environment(), cwd=settings.BASE_DIR, check=True
        )
        took = seconds_until_all_fired(due)
    print(f"jump of ten days: 0 of {due} fired in {WATCHED_SECONDS} s; after --resume all in {took:.1f} s")


@only_drill
def test_its_naive_twin_without_a_memory_fires_all_of_them_early(due: int) -> None:
    """Each process compares only with what itself has seen: started after the jump it has seen nothing."""
    with running():
        took = seconds_until_all_fired(due)
    print(f"without what was seen before: {due} of {due} fired in {took:.1f} s")


@only_drill
def test_after_an_outage_of_ten_days_all_fire_within_a_minute_of_the_restart(due: int) -> None:
    seen(watch.this_boot(), skew=skew_now())
    with running():
        took = seconds_until_all_fired(due)
    print(f"outage of ten days in one boot: all {due} after {took:.1f} s")
    assert took < WITHIN


@only_drill
def test_after_a_boot_all_fire_within_a_minute_where_a_source_agrees(due: int) -> None:
    seen("another boot", skew=skew_now() - 999)
    with ntp_server(time.time) as source, running(MINSHI_TIME_SOURCE=source):
        took = seconds_until_all_fired(due)
    print(f"outage of ten days and a boot: all {due} after {took:.1f} s")
    assert took < WITHIN


@only_drill
def test_after_a_boot_nothing_fires_while_the_source_says_another_day(due: int) -> None:
    seen("another boot", skew=skew_now() - 999)
    with ntp_server(lambda: time.time() - JUMP) as source, running(MINSHI_TIME_SOURCE=source):
        time.sleep(WATCHED_SECONDS)
        assert Effect.objects.count() == 0
        assert SweeperState.objects.get().reason == deadlines.UNPROVEN


@contextmanager
def ntp_server(says: object) -> Iterator[str]:
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind(("127.0.0.1", 0))
    line.settimeout(0.2)
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                asked, sender = line.recvfrom(512)
            except TimeoutError:
                continue
            moment = struct.pack("!I", int(says()) + watch.SINCE_1900)  # type: ignore[operator]
            line.sendto(b"\x24\x02" + bytes(22) + asked[40:48] + bytes(8) + moment + bytes(4), sender)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"ntp://127.0.0.1:{line.getsockname()[1]}"
    finally:
        over.set()
        thread.join()
        line.close()
