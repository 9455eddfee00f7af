"""The one door: what every action has in common."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, connection, models, transaction
from django.db.models import QuerySet
from django.dispatch import Signal
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected, UniqueViolation

from minshi.accounts.models import User
from minshi.audit.actors import acting
from minshi.clock import now
from minshi.refusals import Refused, sentence_of

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 3

TWICE = timedelta(minutes=5)
"""Within which the same words from the same person are one form sent twice: a double tap, the back button."""


taken: ContextVar[list[str] | None] = ContextVar("taken", default=None)
"""The names of the actions that ran to their end and stand, for who wants to know: one form, in one transaction."""


def in_turn(by: User, what: str) -> None:
    """What this person sends twice at once comes one after the other: the second waits, and then sees the first.

    In the caller's transaction, until it ends. ``what`` names the form.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{what}:{by.pk}"])


M = TypeVar("M", bound=models.Model)


def just_said(rows: QuerySet[M], at: str = "at", /, **said: object) -> M | None:
    """The row that the same words made moments ago, under the lock of what it belongs to: pressed twice, done once."""
    return rows.filter(**{f"{at}__gt": now() - TWICE}, **said).order_by("-pk").first()


story: ContextVar[list[Any] | None] = ContextVar("story", default=None)
"""What was done and told since the outermost action began, as its parts put it there; None where none is at work."""

ran = Signal()
"""Sent when the outermost action has run, with its ``story``, inside its transaction: what follows from all of it
together, and not from each of its parts, follows here."""


@contextmanager
def _noting(name: str) -> Iterator[None]:
    """Note it once it stands; with what was refused goes all that it was made of."""
    noted = taken.get()
    kept = [(rows, len(rows)) for rows in (noted, story.get()) if rows is not None]
    try:
        yield
    except BaseException:
        for rows, before in kept:
            del rows[before:]
        raise
    if noted is not None:
        noted.append(name)


def _ask_what_waits() -> None:
    """Within a form's transaction guards that wait for its end are asked now: there nobody would hear their reason."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _finish(*, is_form: bool) -> None:
    """What comes last in the transaction of the outermost action."""
    if told := story.get():
        ran.send(action, story=told)
    if is_form:
        _ask_what_waits()


def action(function: Callable[P, R]) -> Callable[P, R]:
    """All of it happens or nothing does, and the database knows who acts (keyword ``by``).

    What a guard refuses with a sentence for people is ``Refused``, also where nobody expected it.

    A person locks a thing and then its deadlines, the sweeper the other way round: PostgreSQL breaks such a
    knot by undoing one of the two whole, which is then simply done again.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        outermost = not connection.in_atomic_block
        noted = taken.get()
        # Within a form's transaction there is nothing else to undo: what comes first in it is whole by itself.
        whole = outermost or (noted is not None and not connection.savepoint_ids)
        within = story.get() is not None
        for attempt in range(TRIES):
            token = story.set(story.get() if within else [])
            try:
                by = kwargs.get("by")
                with _noting(function.__qualname__), transaction.atomic(), acting(by, to_the_end=outermost):  # type: ignore[arg-type]
                    result = function(*args, **kwargs)
                    if not within:
                        _finish(is_form=noted is not None)
                    return result
            except IntegrityError as error:
                # A guard that speaks to people is an answer, whoever ran into it and wherever.
                if sentence := sentence_of(error):
                    raise Refused(sentence) from error
                if isinstance(error.__cause__, UniqueViolation) and not within:
                    # Somebody was quicker by an instant: what this would have written is there.
                    log.warning("%s: %s is there already", function.__qualname__, error.__cause__.diag.constraint_name)
                    raise Refused(_("同样的内容刚才已经登记过，没有重复登记；请刷新看看")) from error
                raise
            except OperationalError as error:
                again = whole and attempt < TRIES - 1
                if not (again and isinstance(error.__cause__, DeadlockDetected)):
                    raise
                log.info("%s met a deadlock and is done again", function.__qualname__)
            finally:
                story.reset(token)
        raise AssertionError("unreachable")

    return run
