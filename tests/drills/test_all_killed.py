"""The whole platform as `python3 run.py` keeps it: killed again and again under votes, PostgreSQL alone, and stopped.

Acknowledged is stored, and it comes back by itself: the next vote within ten seconds.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings

from deliberation.models import Motion
from minshi.clock import as_owner
from minshi.paper.numbers import number_of
from minshi.servers import ground
from minshi.servers.databases import bring_up
from tests.drills.processes import place_for_servers, post
from tests.drills.test_ballots_race import neighbours
from tests.way import Way

pytestmark = [pytest.mark.drill, pytest.mark.django_db(transaction=True)]

BIG = bool(os.environ.get("MINSHI_DRILL"))
VOTERS = 400 if BIG else 60
ROUNDS = 10 if BIG else 3
PAUSE = (2.0, 8.0) if BIG else (2.0, 3.0)
WITHIN = 10.0
START_SECONDS = 180
OURS = ("DATABASE_", "REDIS_", "MINSHI_", "DJANGO_", "PYTEST_")
KILLED = {
    "PostgreSQL": "/postgres\0-D",
    "Redis": "redis-server|valkey-server",
    "web": "gunicorn",
    "worker": "celery\0--app\0minshi.celery\0--quiet\0worker",
    "beat": "celery\0--app\0minshi.celery\0--quiet\0beat",
    "sweeper": "manage.py\0sweep",
}


@pytest.fixture
def seed() -> int:
    number = int(os.environ.get("MINSHI_SEED", "0")) or random.randrange(10**6)
    print(f"seed {number}")
    return number


class Kept:
    """run.py on a copy of this test's database."""

    def __init__(self, place: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self.place, self.port, self.process = place, port, process

    def child(self, name: str) -> int:
        """The process id of a child of run.py; 0 while there is none."""
        for entry in Path("/proc").iterdir():
            with suppress(OSError, ValueError, IndexError):
                if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) != self.process.pid:
                    continue
                words = (entry / "cmdline").read_bytes().decode(errors="replace")
                if any(part in words for part in KILLED[name].split("|")):
                    return int(entry.name)
        return 0

    def kill(self, *names: str, number: int = signal.SIGKILL) -> dict[str, int]:
        found = {name: pid for name in names if (pid := self.child(name))}
        for pid in found.values():
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        return found

    def said(self) -> str:
        return (self.place / "run.log").read_text(errors="replace")


def copy_of_this_database(place: Path) -> None:
    """With its sessions and everything else, in a PostgreSQL of its own that lies still afterwards."""
    (place / "log").mkdir()
    ground.remember(place / "servers.json", {"secret_key": settings.SECRET_KEY})
    use = connections_of_the_owner()
    with bring_up(place, ours=True) as up:
        assert up.postgres
        binaries = up.postgres.binaries
        dumped = subprocess.run(
            [binaries / "pg_dump", "-Fc", "-h", use["host"], "-p", str(use["port"]), "-U", use["user"], use["dbname"]],
            capture_output=True, check=True, env={**os.environ, "PGPASSWORD": use["password"]},
        ).stdout  # fmt: skip
        subprocess.run(
            [binaries / "pg_restore", "-h", "127.0.0.1", "-p", str(up.postgres.port), "-U", "postgres", "-d", "minshi"],
            input=dumped, capture_output=True, check=True,
            env={**os.environ, "PGPASSWORD": up.postgres.facts["postgres"]},
        )  # fmt: skip
    (place / "divisions.done").write_text(hashlib.sha256(b"").hexdigest())


def connections_of_the_owner() -> dict[str, Any]:
    with as_owner() as owner:
        info = owner.info
        return {
            "host": info.host, "port": info.port, "user": info.user, "password": info.password, "dbname": info.dbname,
        }  # fmt: skip


@contextmanager
def launched(place: Path, *command: str) -> Iterator[Kept]:
    port = ground.free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith(OURS)} | {"MINSHI_VAR": str(place)}
    with (place / "run.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *command, "--empty", "--port", str(port)],
            cwd=ground.ROOT, env=env, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    kept = Kept(place, port, process)
    try:
        end = time.monotonic() + START_SECONDS
        while "Ctrl-C" not in kept.said():
            assert process.poll() is None and time.monotonic() < end, kept.said()
            time.sleep(0.2)
        yield kept
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(60)
        process.kill()
        process.wait()


class Voters:
    """Each of them votes until told that it was taken, with one number for all tries."""

    def __init__(self, motion: Motion, sessions: list[str], port: int) -> None:
        self.motion, self.waiting, self.port = motion, list(sessions), port
        self.taken: list[str] = []
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self.run) for _each in range(4)]

    def run(self) -> None:
        while not self.stopped.is_set():
            try:
                session = self.waiting.pop()
            except IndexError:
                return
            number = uuid4()
            while not self.stopped.is_set() and self.vote(session, number) != 302:
                time.sleep(0.1)
            time.sleep(0.05 if BIG else 0.3)

    def vote(self, session: str, number: Any) -> int:
        fields = {"choice": "agree", "receipt": str(number), "motion": str(self.motion.pk)}
        status = post(self.port, f"/projects/{self.motion.proposal.number}/vote/", fields, session)
        if status == 302:
            self.taken.append(number_of(number))
        return status

    def next_one_after(self, moment: float) -> float:
        """Seconds until one more vote is acknowledged that was sent after ``moment``."""
        session = self.waiting.pop()
        number = uuid4()
        while self.vote(session, number) != 302:
            assert time.monotonic() < moment + 120
            time.sleep(0.1)
        return time.monotonic() - moment


@pytest.fixture
def voting(way: Way, client_of: Any) -> tuple[Motion, list[str]]:
    users = [homes[0] for _door, homes in neighbours(way, VOTERS)]
    sessions = [client_of(user).cookies[settings.SESSION_COOKIE_NAME].value for user in users]
    return Motion.objects.select_related("proposal").get(proposal=way.voting()), sessions


def stored(place: Path) -> set[str]:
    with bring_up(place, ours=True) as up:
        assert up.postgres
        return set(up.postgres.sql("SELECT slip_number FROM deliberation_ballot", "minshi").split())


def all_are_back(kept: Kept, before: dict[str, int]) -> float:
    """Seconds until each of these is another process, and the site answers."""
    began = time.monotonic()
    while any(kept.child(name) in (0, pid) for name, pid in before.items()):
        assert kept.process.poll() is None, kept.said()
        assert time.monotonic() < began + 60, kept.said()
        time.sleep(0.1)
    return time.monotonic() - began


@pytest.mark.skipif(not BIG, reason="a minute; tests/run/test_kept_alive.py tells the most of it in seconds")
def test_killed_again_and_again_it_comes_back_and_loses_no_vote(voting: Any, seed: int) -> None:
    dice = random.Random(seed)
    motion, sessions = voting
    with place_for_servers() as place:
        copy_of_this_database(place)
        with launched(place, "run.py") as kept:
            spare, voters = sessions[: ROUNDS + 4], Voters(motion, sessions[ROUNDS + 4 :], kept.port)
            for thread in voters.threads:
                thread.start()
            other = Voters(motion, spare, kept.port)
            for _round in range(ROUNDS):
                time.sleep(dice.uniform(*PAUSE))
                kept.kill(*KILLED)
            after_all = other.next_one_after(time.monotonic())
            all_are_back(kept, dict.fromkeys(KILLED, 0))
            time.sleep(2)
            one = []
            for name in ("PostgreSQL", "web", "Redis"):
                killed, moment = kept.kill(name), time.monotonic()
                one.append((name, other.next_one_after(moment)))
                all_are_back(kept, killed)
            voters.stopped.set()
            for thread in voters.threads:
                thread.join()
            assert kept.process.poll() is None
        taken = set(voters.taken + other.taken)
        assert taken <= stored(place)
    said = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in one)
    print(f"{ROUNDS} × everything killed, {len(taken)} votes; the next vote: everything {after_all:.1f} s, {said}")
    assert after_all < WITHIN and all(seconds < WITHIN for _name, seconds in one)


@pytest.mark.skipif(not BIG, reason="a whole start more")
def test_its_naive_twin_gives_up_when_all_are_killed(voting: Any) -> None:
    with place_for_servers() as place:
        copy_of_this_database(place)
        with launched(place, "tests/drills/naive_launcher.py", "killed") as kept:
            for _round in range(4):
                kept.kill(*KILLED)
                time.sleep(4)
            assert kept.process.wait(60) == 1
            assert "反复退出" in kept.said()


@pytest.mark.skipif(not BIG, reason="waits two minutes for each")
def test_stopped_each_of_them_is_started_again_within_two_minutes(voting: Any) -> None:
    with place_for_servers() as place:
        copy_of_this_database(place)
        with launched(place, "run.py") as kept:
            took = {}
            for name in KILLED:
                time.sleep(20)
                began = time.monotonic()
                before = kept.kill(name, number=signal.SIGSTOP)
                while kept.child(name) in (0, before[name]):
                    assert time.monotonic() < began + 150, f"{name}: {kept.said()}"
                    time.sleep(0.5)
                took[name] = time.monotonic() - began
            assert kept.process.poll() is None
            assert len(re.findall("没有动静", kept.said())) == len(KILLED)
    print("started again after: " + ", ".join(f"{name} {seconds:.0f} s" for name, seconds in took.items()))


@pytest.mark.skipif(not BIG, reason="waits two minutes")
def test_its_naive_twin_leaves_a_stopped_one_for_ever(voting: Any) -> None:
    with place_for_servers() as place:
        copy_of_this_database(place)
        with launched(place, "tests/drills/naive_launcher.py", "silent") as kept:
            before = kept.kill("sweeper", number=signal.SIGSTOP)
            time.sleep(150)
            assert kept.child("sweeper") == before["sweeper"]
            os.kill(before["sweeper"], signal.SIGKILL)
