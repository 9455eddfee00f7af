"""Who is acting, told to the database so that its triggers can write it down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from django.db import connection
from django.db.transaction import TransactionManagementError
from psycopg.pq import TransactionStatus

_acting: ContextVar[str | None] = ContextVar("acting", default=None)
origin: ContextVar[str] = ContextVar("origin", default="")
"""From where: the page or command, set by the middleware; never an address of a person."""


class HasKey(Protocol):
    pk: int


@contextmanager
def acting(by: HasKey | None, *, to_the_end: bool = False) -> Iterator[None]:
    """Everything this transaction writes until the block ends is written by ``by`` (None: the platform).

    ``to_the_end`` spares the last statement where the block and its transaction end together.
    """
    actor = str(by.pk) if by is not None else ""
    before = _acting.get()
    if before == actor:
        yield
        return
    if not connection.in_atomic_block:
        raise TransactionManagementError("acting() needs a transaction: outside one, nobody would be written down.")
    _tell(actor)
    token = _acting.set(actor)
    try:
        yield
    finally:
        _acting.reset(token)
        if not to_the_end and _can_still_write():
            _tell(before or "")


def acting_key() -> int | None:
    """The key of the person acting now; None for the platform."""
    actor = _acting.get()
    return int(actor) if actor else None


def _can_still_write() -> bool:
    """After a refused statement only a rollback helps, and that takes the setting back by itself."""
    raw = connection.connection
    return (
        not connection.needs_rollback and raw is not None and raw.info.transaction_status == TransactionStatus.INTRANS
    )


def _tell(actor: str) -> None:
    """``true`` binds the value to the transaction: a pooled connection carries nothing over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('minshi.actor', %s, true), set_config('minshi.origin', %s, true)",
            [actor, origin.get()],
        )
