"""The one door: what every action has in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

from minshi.audit.actors import acting

P = ParamSpec("P")
R = TypeVar("R")


def action(function: Callable[P, R]) -> Callable[P, R]:
    """All of it happens or nothing does, and the database knows who acts (keyword ``by``)."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        outermost = not connection.in_atomic_block
        with transaction.atomic(), acting(kwargs.get("by"), to_the_end=outermost):  # type: ignore[arg-type]
            return function(*args, **kwargs)

    return run
