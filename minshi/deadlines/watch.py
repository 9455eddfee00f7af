"""Whether the clock may be believed: held against the boot-time clock, and after a new boot against a source outside.

The boot-time clock counts seconds since the machine started and nobody can set it. ``skew``, the wall clock less the
boot-time clock, is the same all through one boot, however long nothing of ours ran; what comes to it are steps, and
they are summed, small ones too.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import time
import urllib.request
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.db.models import DateTimeField, Func

TOLERANCE_SECONDS = 300
SLOWEST = 0.0005
"""Seconds a second by which a clock that is only steered runs apart; what is more is a step."""
ANSWERS_WITHIN = 5.0
"""Seconds that a source, or two looks at the boot-time clock, may be apart to say anything about the time between."""
SINCE_1900 = 2_208_988_800
TIME_ERROR = 5
"""What adjtimex answers where the system's clock is not synchronised."""
OF_THIS_PROCESS = uuid4().hex


class MachineTime(Func):
    """The database server's own clock in a query: no shift moves it."""

    function = "clock_timestamp"
    output_field = DateTimeField()


def since_boot() -> float:
    """Seconds that no clock setting touches; unlike the monotonic clock they go on while a laptop sleeps."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


def this_boot() -> str:
    """The name of this machine's boot; where there is none each process begins a boot of its own."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return OF_THIS_PROCESS


def raw_clock() -> float:
    """The database server's own clock in seconds, without the platform's shift."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        return float(cursor.fetchone()[0])


@dataclass(frozen=True)
class Look:
    """One look at both clocks at once."""

    wall: float
    boot: float

    @property
    def skew(self) -> float:
        return self.wall - self.boot


def step_since(skew: float, seen_at: float, now: Look) -> float:
    """By how many seconds the clock was stepped since it was seen with this skew, back or forth."""
    moved = now.skew - skew
    steered = SLOWEST * max(0.0, now.boot + skew - seen_at)
    return max(0.0, moved - steered) + min(0.0, moved + steered)


def look() -> Look | None:
    """None where it took so long that the two say nothing about each other: this process was stopped meanwhile."""
    before = since_boot()
    wall = raw_clock()
    after = since_boot()
    return Look(wall, (before + after) / 2) if after - before < ANSWERS_WITHIN else None


# --- After a new boot -----------------------------------------------------------------------------


def proof(wall: float) -> str:
    """Who says that this is the time, or an empty text: nobody does, or the source says another."""
    if source := settings.TIME_SOURCE:
        said = _asked(source)
        return source if said is not None and abs(said - wall) < TOLERANCE_SECONDS else ""
    if is_synchronised() and abs(time.time() - wall) < TOLERANCE_SECONDS:
        return "adjtimex"
    return ""


class Timex(ctypes.Structure):
    """The head of the kernel's struct timex, with room for the rest."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    ]


def is_synchronised() -> bool:
    """Whether the kernel says that a time service keeps this machine's clock, to within the tolerance."""
    try:
        asked = Timex()
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(asked))
    except (OSError, AttributeError):  # no Linux
        return False
    return bool(0 <= answer < TIME_ERROR and asked.maxerror < TOLERANCE_SECONDS * 1_000_000)


def _asked(source: str) -> float | None:
    """The time by ``ntp://host`` or by the Date header of an ``https://`` address; None when it does not answer."""
    where = urlsplit(source)
    try:
        if where.scheme == "ntp":
            return _ntp(where.hostname or "", where.port or 123)
        request = urllib.request.Request(source, method="HEAD")  # noqa: S310  (https only, minshi/deadlines/checks.py)
        with urllib.request.urlopen(request, timeout=ANSWERS_WITHIN) as answer:  # noqa: S310
            return parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (OSError, ValueError, TypeError, struct.error):
        return None


def _ntp(host: str, port: int) -> float:
    """One question of RFC 4330; whole seconds are enough. What is not an answer to this very question is none."""
    mark = os.urandom(8)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(ANSWERS_WITHIN)
        line.connect((host, port))
        line.send(b"\x23" + bytes(39) + mark)
        answer = line.recv(512)
    mode, stratum = answer[0] & 7, answer[1]
    if mode != 4 or not 0 < stratum < 16 or answer[24:32] != mark:
        raise ValueError("no answer to this question")
    (seconds,) = struct.unpack("!I", answer[40:44])
    return float(seconds - SINCE_1900)
