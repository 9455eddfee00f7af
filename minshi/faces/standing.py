"""What the database stands at, and what was read of it there: read again only once something was committed.

Several threads of a process that ask at once ask once: whoever comes while a question is under way waits for the
next one, because this one may have begun before what they have to see.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connection

Found = TypeVar("Found")

MOST = 4096
"""What is remembered at one time in one process; whoever makes up addresses makes it forget, and fills nothing."""
PATIENCE = 1.0
"""Seconds that somebody waits for another's answer before asking for themselves: the line may have died."""


class Together:
    """One question for all who come at once."""

    def __init__(self, ask: Callable[[], str]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._begun = self._answered = 0
        self._answer = ""

    def answer(self) -> str:
        """What was found by a question that began after this was called."""
        mine = self._begun + 1
        if not self._lock.acquire(timeout=PATIENCE):
            return self._ask()
        try:
            if self._answered < mine:
                self._begun = begun = self._begun + 1
                self._answer, self._answered = self._ask(), begun
            return self._answer
        finally:
            self._lock.release()


def _ask() -> str:
    # Two equal snapshots see the same rows. What a page says of the time it says by the second.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot() || ' ' || date_trunc('second', minshi_now())")
        found: str = cursor.fetchone()[0]
    return found


_standing = Together(_ask)
_read: dict[str, tuple[str, Any]] = {}


def as_it_stands(name: str, read: Callable[[], Found]) -> Found:
    """What ``read`` finds, read anew once anything was committed or a second has gone by.

    ``name`` has to hold all that it is read by. Inside a transaction it is always read: what the transaction itself
    has changed is not in the snapshot.
    """
    if connection.in_atomic_block:
        return read()
    stands = _standing.answer()
    known = _read.get(name)
    if known is not None and known[0] == stands:
        found: Found = known[1]
        return found
    found = read()
    if len(_read) >= MOST:
        _read.clear()
    _read[name] = (stands, found)
    return found
