"""What the person at the terminal sees: one line per step, one line per trouble."""

from __future__ import annotations

import io
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

for stream in (sys.stdout, sys.stderr):  # whatever the locale: what cannot be shown is no reason to stop
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="replace")


class Trouble(Exception):
    """Something the person must put right; its text is the one line they are shown."""


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what is being done, then how long it took."""
    began = time.monotonic()
    sys.stdout.write(f"· {what} … ")
    sys.stdout.flush()
    try:
        yield
    except BaseException:
        say()
        raise
    say(f"✓ {time.monotonic() - began:.1f} 秒")


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
