"""Who is acting, told to the database so that its triggers can write it down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from django.db import connection

_acting: ContextVar[str | None] = ContextVar("acting", default=None)
origin: ContextVar[str] = ContextVar("origin", default="")
"""From where: the page or command, set by the middleware; never an address of a person."""


class HasKey(Protocol):
    pk: int


@contextmanager
def acting(by: HasKey | None) -> Iterator[None]:
    """Within a transaction: everything written until the end is written by ``by`` (None: the platform)."""
    actor = str(by.pk) if by is not None else ""
    before = _acting.get()
    if before == actor:
        yield
        return
    _tell(actor)
    token = _acting.set(actor)
    try:
        yield
    finally:
        _acting.reset(token)
        if before is not None and not connection.needs_rollback:
            _tell(before)


def _tell(actor: str) -> None:
    """``true`` binds the value to the transaction: a pooled connection carries nothing over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('minshi.actor', %s, true), set_config('minshi.origin', %s, true)",
            [actor, origin.get()],
        )
