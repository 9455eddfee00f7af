"""Roots of the chain kept outside the database: whoever can rebuild the chain, or cut its end, cannot change these.

A line each hour: the link's number, its hash, when it was sealed. The file belongs on another disk or machine
(``MINSHI_ROOTS``); the same line goes into the log. What is older than the last line cannot be changed unnoticed.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from minshi.audit.chain import Fault
from minshi.audit.models import Link

log = logging.getLogger(__name__)
AT_ONCE = 1000


class Kept(NamedTuple):
    """A root that left."""

    seq: int
    hash: str


def leave() -> bool:
    """Write down the newest link, to the disk itself; False where no newer one was sealed since the last."""
    newest = Link.objects.order_by("-seq").first()
    last = max((root.seq for root in kept()), default=0)
    if newest is None or newest.seq <= last:
        return False
    line = f"{newest.seq} {bytes(newest.hash).hex()} {newest.sealed_at.isoformat()}"
    path = Path(settings.ROOTS_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="ascii") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
    log.info("root %s", line)
    return True


def kept() -> Iterator[Kept]:
    """In the order they left; a line that a full disk cut short is none."""
    path = Path(settings.ROOTS_FILE)
    if path.exists():
        with path.open(encoding="ascii", errors="replace") as file:
            for line in file:
                number, digest, *_moment = [*line.split(), "", ""]
                if number.isdecimal() and len(digest) == 64:
                    yield Kept(int(number), digest)


def lost() -> Iterator[Fault]:
    """Roots that left and are no longer in the chain: it was rebuilt, or its end was cut."""
    roots = kept()
    while some := list(islice(roots, AT_ONCE)):
        links = Link.objects.filter(seq__in=[root.seq for root in some])
        there = {link.seq: bytes(link.hash).hex() for link in links}
        for root in some:
            if there.get(root.seq) != root.hash:
                yield Fault("root-lost", f"audit_link {root.seq}")
