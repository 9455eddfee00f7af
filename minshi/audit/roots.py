"""Roots of the chain kept outside the database: whoever can rebuild the chain, or cut its end, cannot change these.

A line each hour: the link's number, its hash, when it was sealed. The file belongs on another disk or machine
(``MINSHI_ROOTS``); the same line goes into the log. What is older than the last line cannot be changed unnoticed.
"""

from __future__ import annotations

import logging
import os
from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from minshi.audit.chain import Fault
from minshi.audit.models import Link
from minshi.clock import CHINA

log = logging.getLogger(__name__)
AT_ONCE = 1000
TAIL_BYTES = 1024


class Kept(NamedTuple):
    """A root that left."""

    seq: int
    hash: str
    at: datetime | None = None
    """When it was sealed."""


def leave() -> str:
    """Write down the newest link, to the disk itself; its line, empty where no newer one was sealed since the last."""
    newest = Link.objects.order_by("-seq").first()
    last = max((root.seq for root in kept()), default=0)
    if newest is None or newest.seq <= last:
        return ""
    line = f"{newest.seq} {bytes(newest.hash).hex()} {newest.sealed_at.isoformat()}"
    path = Path(settings.ROOTS_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="ascii") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
    log.info("root %s", line)
    return line


def kept() -> Iterator[Kept]:
    """In the order they left; a line that a full disk cut short is none."""
    path = Path(settings.ROOTS_FILE)
    if path.exists():
        with path.open(encoding="ascii", errors="replace") as file:
            yield from filter(None, map(_read, file))


def newest() -> Kept | None:
    """The last that left, for prints: read from the end of the file, where this machine has it."""
    path = Path(settings.ROOTS_FILE)
    if not path.exists():
        return None
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        lines = file.read().decode("ascii", errors="replace").splitlines()
    return next(filter(None, map(_read, reversed(lines))), None)


def published(since: str = "") -> str:
    """The list for everybody, in the order in which they left: the hour and the hash, a line each.

    ``since``: an hour as the list writes it. Neither minute nor number stands there: read each hour they would count
    what was done in it, where one door may have voted.
    """
    path = Path(settings.ROOTS_FILE)
    size = path.stat().st_size if path.exists() else 0
    lines = _lines(path, size)
    return "".join(f"{line}\n" for line in lines[bisect_left(lines, since) :])


@lru_cache(maxsize=1)
def _lines(path: Path, size: int) -> list[str]:
    """Read again only when the file has grown. An hour never stands after a later one: a list in order."""
    lines, latest = [], ""
    for root in kept():
        latest = max(latest, f"{root.at.astimezone(CHINA):%Y-%m-%dT%H}" if root.at else latest)
        lines.append(f"{latest} {root.hash}")
    return lines


def _read(line: str) -> Kept | None:
    number, digest, moment, *_more = [*line.split(), "", "", ""]
    if not (number.isdecimal() and len(digest) == 64):
        return None
    try:
        return Kept(int(number), digest, datetime.fromisoformat(moment))
    except ValueError:
        return Kept(int(number), digest)


def lost() -> Iterator[Fault]:
    """Roots that left and are no longer in the chain: it was rebuilt, or its end was cut."""
    roots = kept()
    while some := list(islice(roots, AT_ONCE)):
        links = Link.objects.filter(seq__in=[root.seq for root in some])
        there = {link.seq: bytes(link.hash).hex() for link in links}
        for root in some:
            if there.get(root.seq) != root.hash:
                yield Fault("root-lost", f"audit_link {root.seq}")
