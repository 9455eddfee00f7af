"""What the person at the terminal sees: one line per step, one line per trouble."""

from __future__ import annotations

import io
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

for stream in (sys.stdout, sys.stderr):  # whatever the locale: what cannot be shown is no reason to stop
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="replace")


class Trouble(Exception):
    """Something the person must put right; its text is the one line they are shown."""


@dataclass
class Step:
    """One thing that is done before the site is there."""

    what: str
    began: float = field(default_factory=time.monotonic)
    percent: int | None = None
    took: float | None = None
    """Seconds, once it is done."""

    def reach(self, part: float | None) -> None:
        """Say how far it is, as a share of one; None where nobody can tell."""
        percent = None if part is None else min(99, max(0, int(part * 100)))
        if percent is None or percent == self.percent:
            return
        self.percent = percent
        if sys.stdout.isatty():
            sys.stdout.write(f"\r· {self.what} … {percent}%")
            sys.stdout.flush()


steps: list[Step] = []
"""All that was begun since the start, for the page that is there before the site (waiting.py)."""


@contextmanager
def step(what: str) -> Iterator[Step]:
    """Say what is being done, how far it is, then how long it took."""
    this = Step(what)
    steps.append(this)
    sys.stdout.write(f"· {what} … ")
    sys.stdout.flush()
    try:
        yield this
    except BaseException:
        say()
        raise
    this.took = time.monotonic() - this.began
    again = f"\r· {what} … " if this.percent is not None and sys.stdout.isatty() else ""
    say(f"{again}✓ {this.took:.1f} 秒")


def reason(output: str) -> str:
    """The one line of a failed program's ``output`` that names the error."""
    if "No space left on device" in output:
        return "磁盘空间不足"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    said = [line for line in lines if re.match(r"(\w+: )?(ERROR|FATAL|error)\b", line)]
    raised = [line for line in lines if re.match(r"[\w.]*[A-Z]\w+: ", line)]
    return (said[:1] or raised[-1:] or lines[-1:] or ["没有说明原因"])[0]


def say(line: str = "") -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def complain(line: str) -> None:
    sys.stderr.write(f"✗ {line}\n")
