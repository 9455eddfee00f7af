"""Processes started here: each in a group of its own, none left behind."""

from __future__ import annotations

import ctypes
import os
import signal
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


@dataclass
class Child:
    """A command that should keep running. ``shows`` lets its standard output through to the terminal."""

    name: str
    argv: list[str]
    log: Path
    env: Mapping[str, str] | None = None
    account: Mapping[str, Any] = field(default_factory=dict)
    stop_with: signal.Signals = signal.SIGTERM
    cwd: Path | None = None
    stdin: str = ""
    shows: bool = False
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    def start(self) -> None:
        self.starts.append(time.monotonic())
        with self.log.open("ab") as log:
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
        assert self.process.stdin
        self.process.stdin.write(self.stdin.encode())
        self.process.stdin.close()

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        if self.is_alive:
            assert self.process
            self.process.send_signal(self.stop_with)

    def wait_until_stopped(self) -> None:
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE)
        with suppress(ProcessLookupError, PermissionError):
            # Whoever is left in the group, also when the leader is gone.
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.ask_to_stop()
        self.wait_until_stopped()

    def last_words(self) -> str:
        """The last line of its log that says something."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def follow_the_parent(stop_with: signal.Signals) -> None:
    """In a child before it begins. Linux: were run.py killed with -9, nothing it started would be left running."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, stop_with)


class Family:
    """Children that are stopped together when the block ends, however it ends."""

    def __init__(self) -> None:
        self.children: list[Child] = []

    def __enter__(self) -> Family:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def adopt(self, child: Child) -> Child:
        child.log.write_bytes(b"")
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
        """Start again whoever died; give up on one that keeps dying."""
        for child in self.children:
            if child.is_alive:
                continue
            recent = [moment for moment in child.starts if moment > time.monotonic() - 60]
            if len(recent) >= 3:
                raise Trouble(f"{child.name} 反复退出：{child.last_words()}（日志 {child.log}）")
            say(f"! {child.name} 意外退出，重新启动（日志 {child.log}）")
            child.start()


def stop_on_signals() -> None:
    """SIGTERM and a closed terminal end the program the way Ctrl-C does."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, interrupt)
