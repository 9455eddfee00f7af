"""Processes started here: each in a group of its own, none left behind, and started again when it dies or falls silent.

Of run.py and of every container (keep.py) alike.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from minshi.servers.progress import Trouble, say

PATIENCE = 15  # seconds between asking a child to stop and killing it
PR_SET_PDEATHSIG = 1
SILENT = 120.0  # seconds without a sign of life after which a child is ended and started again
ASKED_EVERY = 15.0  # seconds; an answer counts whenever it comes
ASKED_AGAIN = 0.5  # seconds, where nobody listens
SOUND = 30.0  # seconds: whoever ran so long did start
TROUBLED = 300.0  # seconds of starts that came to nothing after which a person has to look
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0  # seconds between two starts that came to nothing
STALLED = 10.0  # seconds between two looks: then it was we who stood still
LOGS_KEPT = 5
LOG_BYTES = 20_000_000


@dataclass
class Question:
    """What a child that listens on ``port`` answers while it lives; any answer counts, also a refusal.

    Asked without waiting: run.py has to mind the others meanwhile.
    """

    port: int
    words: bytes
    line: socket.socket | None = None
    asked: float = 0.0

    def is_answered(self) -> bool:
        """Ask if it is time to, and say whether an answer has come since."""
        if self.line is None:
            if time.monotonic() > self.asked + ASKED_EVERY:
                self._ask()
            return False
        try:
            heard = self.line.recv(1)
        except BlockingIOError:
            if time.monotonic() > self.asked + SILENT:
                self.hang_up()
            return False
        except OSError:
            heard = b""
        self.hang_up()
        return bool(heard)

    def _ask(self) -> None:
        self.asked = time.monotonic()
        try:
            self.line = socket.create_connection(("127.0.0.1", self.port), timeout=1)
            self.line.sendall(self.words)
            self.line.setblocking(False)
        except OSError:  # it does not listen yet: asked again soon
            self.asked += ASKED_AGAIN - ASKED_EVERY
            self.hang_up()

    def hang_up(self) -> None:
        if self.line:
            self.line.close()
        self.line = None


@dataclass
class Child:
    """A command that should keep running. ``shows`` lets its standard output through to the terminal.

    It is heard of when it answers its ``question`` or touches its ``pulse``; one with neither is only kept alive.
    Without a ``log`` it shares the terminal.
    """

    name: str
    argv: list[str]
    log: Path | None
    env: Mapping[str, str] | None = None
    account: Mapping[str, Any] = field(default_factory=dict)
    stop_with: signal.Signals = signal.SIGTERM
    cwd: Path | None = None
    stdin: str = ""
    shows: bool = False
    question: Question | None = None
    pulse: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    heard: float = 0.0
    vain: int = 0
    """Starts in a row that came to nothing, the first of them at ``vain_since``."""
    vain_since: float = 0.0
    starts_again: float = 0.0
    _beat: int = 0

    def start(self) -> None:
        self.started = self.heard = time.monotonic()
        self._beat = self._last_beat()
        log = self.log.open("ab") if self.log else None
        self.process = subprocess.Popen(
            self.argv,
            stdin=subprocess.PIPE,
            stdout=None if self.shows else log,
            stderr=log,
            env=self.env,
            cwd=self.cwd,
            start_new_session=True,
            preexec_fn=partial(follow_the_parent, self.stop_with),
            **self.account,
        )
        if log:
            log.close()
        assert self.process.stdin
        self.process.stdin.write(self.stdin.encode())
        self.process.stdin.close()

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _last_beat(self) -> int:
        try:
            return self.pulse.stat().st_mtime_ns if self.pulse else 0
        except OSError:
            return 0

    def listen(self) -> None:
        """Notice a sign of life since the last look."""
        beat = self._last_beat()
        answered = self.question is not None and self.question.is_answered()
        if (beat != self._beat or answered) and not self._stands_still():
            self.heard = time.monotonic()
        self._beat = beat

    def _stands_still(self) -> bool:
        """Stopped by a signal: what it started may answer in its place, but nobody minds that any more."""
        pid = self.process.pid if self.process else 0
        try:
            said = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return False
        return said.rsplit(")", 1)[1].split()[0] in "Tt"

    @property
    def is_silent(self) -> bool:
        return bool(self.question or self.pulse) and time.monotonic() > self.heard + SILENT

    @property
    def came_to_something(self) -> bool:
        """Whether the last start was one: it was heard of, or ran for a while."""
        return self.heard > self.started or time.monotonic() > self.started + SOUND

    def ask_to_stop(self) -> None:
        if self.is_alive:
            assert self.process
            self.process.send_signal(self.stop_with)

    def wait_until_stopped(self) -> None:
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE)
        self.end()

    def end(self) -> None:
        """At once, with whoever is left in its group, also when the leader is gone or stands still."""
        if self.process is None:
            return
        if self.question:
            self.question.hang_up()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.ask_to_stop()
        self.wait_until_stopped()

    def last_words(self) -> str:
        """The last line of its log that says something."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log and self.log.exists() else []
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def follow_the_parent(stop_with: signal.Signals) -> None:
    """In a child before it begins. Linux: were run.py killed with -9, nothing it started would be left running."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, stop_with)


class Family:
    """Children that are stopped together when the block ends, however it ends."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self.minded = time.monotonic()

    def __enter__(self) -> Family:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def adopt(self, child: Child) -> Child:
        if child.log:
            keep_earlier(child.log)
            child.log.touch()
        self.children.append(child)
        return child

    def start(self, child: Child) -> Child:
        self.adopt(child).start()
        return child

    def stop(self) -> None:
        # A second Ctrl-C while stopping would leave processes behind.
        before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
        for child in reversed(self.children):
            child.ask_to_stop()
        for child in reversed(self.children):
            child.wait_until_stopped()
        self.children.clear()
        for number, handler in before.items():
            signal.signal(number, handler)

    def mind(self) -> None:
        """Start again whoever died or fell silent. To be called several times a second.

        However often it happens: only starts that come to nothing for minutes end it.
        """
        now = time.monotonic()
        if now > self.minded + STALLED:  # it was we who were stopped: nobody could be heard
            for child in self.children:
                child.heard = now
        self.minded = now
        for child in self.children:
            if child.is_alive:
                self._listen_to(child)
            else:
                self._start_again(child, now)

    def _listen_to(self, child: Child) -> None:
        child.listen()
        if child.log and child.log.exists() and child.log.stat().st_size > LOG_BYTES:
            turn_over(child.log)
        if child.is_silent:
            say(f"! {child.name} 已有 {SILENT:.0f} 秒没有动静，结束它，重新启动{_see(child)}")
            child.end()

    def _start_again(self, child: Child, now: float) -> None:
        if child.process:
            said = f"{child.name} 意外退出"
            child.end()  # what it started still holds its port
            child.process = None
            if child.came_to_something:
                child.vain, child.starts_again = 0, now
                say(f"! {said}，重新启动{_see(child)}")
            else:
                child.vain_since = child.vain_since if child.vain else child.started
                pause = min(FIRST_PAUSE * 2**child.vain, LONGEST_PAUSE)
                child.vain, child.starts_again = child.vain + 1, now + pause
        if child.vain and now > child.vain_since + TROUBLED:
            minutes = TROUBLED / 60
            raise Trouble(f"{child.name} {minutes:.0f} 分钟里一直起不来：{child.last_words()}{_see(child)}")
        if now >= child.starts_again and not self._waits_for_the_site(child):
            child.start()

    def _waits_for_the_site(self, child: Child) -> bool:
        """After a blow to all people wait for whoever answers: the others would take the processors from it."""
        others = [other for other in self.children if other.question and other is not child]
        return not child.question and any(not other.is_alive or not other.came_to_something for other in others)


def _see(child: Child) -> str:
    return f"（日志 {child.log}）" if child.log else ""


def keep_earlier(log: Path) -> None:
    """Put what was written before aside: it may say why the last run ended."""
    if log.exists() and log.stat().st_size:
        _make_room(log)
        log.replace(_numbered(log, 1))


def turn_over(log: Path) -> None:
    """The same for a log that is being written to: whoever writes appends, and goes on in the emptied file."""
    written = log.with_name(f"{log.name}.half")
    shutil.copyfile(log, written)
    os.truncate(log, 0)
    _make_room(log)
    written.replace(_numbered(log, 1))


def _make_room(log: Path) -> None:
    for number in range(LOGS_KEPT, 1, -1):
        with suppress(FileNotFoundError):
            _numbered(log, number - 1).replace(_numbered(log, number))


def _numbered(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")


def stop_on_signals() -> None:
    """SIGTERM and a closed terminal end the program the way Ctrl-C does."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, interrupt)
