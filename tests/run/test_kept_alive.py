"""Children come back by themselves, however often they are killed; who falls silent is ended and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from minshi.servers import children, ground, keep, services
from minshi.servers.children import Child, Family, Question
from minshi.servers.progress import Trouble

BEATS = "import pathlib, time\nwhile True: pathlib.Path({pulse!r}).touch(); time.sleep(0.05)"
ANSWERS = """
import http.server
class Refuses(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_error(503)
    def log_message(self, *args): pass
http.server.HTTPServer(("127.0.0.1", {port}), Refuses).serve_forever()
"""


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two minutes are two seconds."""
    for name, seconds in {"SILENT": 2.0, "ASKED_EVERY": 0.2, "FIRST_PAUSE": 0.05, "LONGEST_PAUSE": 0.2}.items():
        monkeypatch.setattr(children, name, seconds)


def child(place: Path, code: str, name: str = "甲") -> Child:
    return Child(name, [sys.executable, "-c", code], log=place / "log" / f"{name}.log")


def beating(place: Path, name: str = "甲") -> Child:
    pulse = place / f"{name}.pulse"
    found = child(place, BEATS.format(pulse=str(pulse)), name)
    found.pulse = pulse
    return found


def answering(place: Path) -> Child:
    port = ground.free_port()
    found = child(place, ANSWERS.format(port=port), "网站")
    found.question = Question(port, b"GET / HTTP/1.0\r\n\r\n")
    return found


def mind_until(family: Family, is_so: Callable[[], bool], patience: float = 20) -> None:
    end = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < end, f"not so after {patience} s"
        family.mind()
        time.sleep(0.02)


def pid(of: Child) -> int:
    return of.process.pid if of.process and of.is_alive else 0


# --- Killed ------------------------------------------------------------------------------------


def test_all_killed_at_once_again_and_again_come_back(place: Path, hurried: None) -> None:
    with Family() as family:
        kept = [family.start(each) for each in (beating(place, "甲"), beating(place, "乙"), answering(place))]
        for _round in range(6):
            mind_until(family, lambda: all(each.heard > each.started for each in kept))
            killed = [pid(each) for each in kept]
            for number in killed:
                os.kill(number, signal.SIGKILL)
            mind_until(family, lambda killed=killed: all(pid(each) not in (0, *killed) for each in kept))


def test_it_is_back_at_once(place: Path, hurried: None) -> None:
    with Family() as family:
        kept = family.start(beating(place))
        mind_until(family, lambda: kept.heard > kept.started)
        os.kill(pid(kept), signal.SIGKILL)
        began = time.monotonic()
        mind_until(family, lambda: kept.heard > kept.started > began)
        assert time.monotonic() - began < 1.5


def test_what_a_killed_child_had_started_is_ended_before_it_comes_back(place: Path, hurried: None) -> None:
    code = (
        "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print(p.pid, flush=True); time.sleep(60)"
    )
    with Family() as family:
        kept = family.start(child(place, code))
        mind_until(family, lambda: bool(kept.last_words()))
        before, grandchild = pid(kept), int(kept.last_words())
        os.kill(before, signal.SIGKILL)
        mind_until(family, lambda: pid(kept) not in (0, before))
        assert not alive(grandchild)


def alive(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_whoever_people_wait_for_comes_first(place: Path, hurried: None) -> None:
    with Family() as family:
        site, other = family.start(answering(place)), family.start(beating(place))
        mind_until(family, lambda: site.heard > site.started and other.heard > other.started)
        for each in (site, other):
            os.kill(pid(each), signal.SIGKILL)
        before = other.started
        mind_until(family, lambda: other.started > before)
        assert site.heard > site.started


# --- What does not get better --------------------------------------------------------------------


def test_starts_that_come_to_nothing_for_minutes_end_it_and_say_why(
    place: Path, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "TROUBLED", 1.0)
    with Family() as family:
        began = time.monotonic()
        family.start(child(place, "raise SystemExit('没有力气')"))
        with pytest.raises(Trouble, match="甲 0 分钟里一直起不来：没有力气（日志"):
            mind_until(family, lambda: False)
        assert time.monotonic() - began > 1
    with Family() as again:
        again.adopt(child(place, ""))
    assert "没有力气" in (place / "log" / "甲.log.1").read_text()
    assert (place / "log" / "甲.log").read_text() == ""


def test_a_start_that_came_to_something_begins_the_minutes_anew(
    place: Path, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It works for a moment each time: that is a site that is up most of the time, and no reason to end it."""
    monkeypatch.setattr(children, "TROUBLED", 0.5)
    kept = beating(place)
    kept.argv[-1] = f"import pathlib, time; pathlib.Path({str(kept.pulse)!r}).touch(); time.sleep(0.3)"
    with Family() as family:
        family.start(kept)
        starts: set[float] = set()
        mind_until(family, lambda: starts.add(kept.started) or len(starts) > 4)  # type: ignore[func-returns-value]


def test_logs_of_earlier_runs_are_kept_and_a_long_one_is_turned_over(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(children.LOGS_KEPT + 2):
        with Family() as family:
            kept = family.adopt(child(place, ""))
            assert kept.log
            kept.log.write_text(f"run {number}")
    kept_logs = sorted(path.name for path in (place / "log").glob("甲.log.*"))
    assert kept_logs == [f"甲.log.{number}" for number in range(1, children.LOGS_KEPT + 1)]
    assert (place / "log" / "甲.log.1").read_text() == f"run {children.LOGS_KEPT}"

    monkeypatch.setattr(children, "LOG_BYTES", 50)
    with Family() as family:
        loud = family.start(
            child(place, "import time\nfor n in range(99): print('x' * 9, flush=True); time.sleep(0.01)")
        )
        assert loud.log
        first = loud.log.with_name("甲.log.1")
        mind_until(family, lambda: "x" * 9 in first.read_text())
        mind_until(family, lambda: bool(loud.last_words()))  # and goes on in the emptied one


# --- Silent --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [beating, answering])
def test_a_stopped_child_is_ended_and_started_again_and_its_neighbour_is_not(
    kind: Callable[[Path], Child], place: Path, hurried: None
) -> None:
    with Family() as family:
        stopped, neighbour = family.start(kind(place)), family.start(beating(place, "邻居"))
        mind_until(family, lambda: stopped.heard > stopped.started and neighbour.heard > neighbour.started)
        before, beside = pid(stopped), pid(neighbour)
        os.kill(before, signal.SIGSTOP)
        mind_until(family, lambda: pid(stopped) not in (0, before) and stopped.heard > stopped.started)
        assert pid(neighbour) == beside and not alive(before)


def test_a_stopped_leader_is_silent_although_its_workers_answer(place: Path, hurried: None) -> None:
    """As the site's: the first process only minds the others."""
    kept = answering(place)
    kept.argv[-1] = f"import os, signal\nif os.fork(): signal.pause()\n{kept.argv[-1]}"
    with Family() as family:
        family.start(kept)
        mind_until(family, lambda: kept.heard > kept.started)
        before = pid(kept)
        os.kill(before, signal.SIGSTOP)
        mind_until(family, lambda: pid(kept) not in (0, before) and kept.heard > kept.started)


def test_a_refusal_is_an_answer(place: Path, hurried: None) -> None:
    with Family() as family:
        kept = family.start(answering(place))
        mind_until(family, lambda: kept.heard > kept.started)
        before, end = pid(kept), time.monotonic() + children.SILENT * 1.5
        mind_until(family, lambda: time.monotonic() > end)
        assert pid(kept) == before


def test_nobody_is_silent_while_it_was_we_who_stood_still(
    place: Path, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "STALLED", 1.0)
    with Family() as family:
        kept = family.start(beating(place))
        mind_until(family, lambda: kept.heard > kept.started)
        before = pid(kept)
        os.kill(before, signal.SIGSTOP)
        time.sleep(children.SILENT + 0.5)
        family.mind()  # the first look after the pause
        os.kill(before, signal.SIGCONT)
        family.mind()
        assert pid(kept) == before


# --- Which processes ask for it -------------------------------------------------------------------


def test_every_process_of_the_platform_gives_a_sign_of_life(place: Path) -> None:
    for name, argv in services.commands(8000, place).items():
        kept = services.heard_by(Child(name, argv, log=None), place, 8000)
        assert bool(kept.question) != bool(kept.pulse)
        if kept.pulse:
            assert kept.env and kept.env["MINSHI_PULSE"] == str(kept.pulse)


def test_a_containers_first_process_does_the_same(place: Path) -> None:
    code = (
        "import pathlib, os, sys, time\n"
        "with open(sys.argv[1], 'a') as file: print(os.getpid(), file=file)\n"
        "while True: pathlib.Path(os.environ['MINSHI_PULSE']).touch(); time.sleep(0.05)"
    )
    first = (
        "import sys; from minshi.servers import children, keep; children.SILENT = 2.0;"
        "sys.exit(keep.keep('sweeper', [sys.executable, '-c', *sys.argv[1:]]))"
    )
    said = place / "pids"

    def the(number: int) -> int:
        end = time.monotonic() + 15
        while time.monotonic() < end:
            if said.exists() and len(pids := said.read_text().split()) >= number:
                return int(pids[number - 1])
            time.sleep(0.05)
        raise AssertionError(f"no process number {number}")

    kept = subprocess.Popen([sys.executable, "-c", first, code, str(said)], cwd=ground.ROOT)
    try:
        os.kill(the(1), signal.SIGKILL)
        time.sleep(0.5)
        os.kill(the(2), signal.SIGSTOP)
        assert len({the(1), the(2), the(3)}) == 3 and not alive(the(2))
        kept.terminate()
        assert kept.wait(20) == 0 and not alive(the(3))
    finally:
        kept.kill()
        kept.wait()
        for number in map(int, said.read_text().split()):
            if alive(number):
                os.kill(number, signal.SIGKILL)


def test_in_compose_each_of_our_commands_is_kept() -> None:
    """What is only unhealthy nobody restarts there."""
    services_of_ours = {"web", "worker", "beat", "sweeper"}
    found = set()
    for line in (ground.ROOT / "docker-compose.yml").read_text().splitlines():
        if "minshi.servers.keep" in line and line.strip().startswith("command:"):
            found.add(line.split("minshi.servers.keep,")[1].split(",")[0].strip())
    assert found == services_of_ours
    assert keep.PORT == 8000
    assert '"-m", "minshi.servers.keep", "web", "gunicorn"' in (ground.ROOT / "Dockerfile").read_text()
