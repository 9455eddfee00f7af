"""Setting a deadline, meeting it, and letting due ones take effect exactly once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction
from django.db.models import F, Q

from minshi.audit.actors import acting
from minshi.clock import Instant
from minshi.deadlines.models import REMINDER, WAKES, Deadline, Effect, SweeperState

log = logging.getLogger(__name__)
Handler = Callable[[Deadline], None]
_handlers: dict[str, Handler] = {}


def on(kind: str) -> Callable[[Handler], Handler]:
    """What happens when a deadline of ``kind`` is due; used once per kind, in an app's reactions."""

    def register(handler: Handler) -> Handler:
        if _handlers.setdefault(kind, handler) is not handler:
            raise ValueError(f"two handlers for deadlines of kind {kind}")
        return handler

    return register


def schedule(
    subject: models.Model,
    kind: str,
    due: datetime,
    *,
    role: str = "",
    place_path: str = "",
    title: str = "",
    url: str = "",
    remind_at: datetime | None = None,
    since: datetime | None = None,
    wakes_at: datetime | None = None,
    basis: str = "",
    provisional: bool = False,
) -> Deadline:
    """Set the one open deadline of this kind on ``subject``, in the caller's transaction.

    An earlier open one of the same kind is closed as met: it has been overtaken. A reminder is
    a deadline of its own, on nobody's desk; its holder is who hears of it. Without ``role`` the row is the
    platform's business. ``since`` is when it began, if not now; ``wakes_at`` when to look at it next, if not at its
    end. ``basis`` is the rule and calendar the end was counted by, as ``Period.basis`` says it.
    """
    meet(subject, kind)
    facts = {
        "subject_type": subject._meta.label_lower,
        "subject_id": subject.pk,
        "role": role,
        "place_path": place_path,
        "title": title[:200],
        "url": url,
        "basis": basis,
        "provisional": provisional,
    }
    if remind_at is not None:
        Deadline.objects.create(kind=REMINDER + kind, due=remind_at, **facts)
    if since is not None:
        facts["set_at"] = since
    return Deadline.objects.create(kind=kind, due=due, wakes_at=wakes_at, **facts)


CARRIED = ("subject_type", "subject_id", "kind", "due", "set_at", "title", "url", "role", "place_path", "basis")


def look_again(deadline: Deadline, at: datetime, **changes: Any) -> Deadline:
    """From the handler of what ran over: it stays due since it was, and is looked at again at ``at``.

    ``changes`` may name another holder (``role``, ``place_path``, ``title``, ``url``); the day stays.
    """
    carried = {name: getattr(deadline, name) for name in CARRIED}
    return Deadline.objects.create(**carried | changes, provisional=False, wakes_at=at)


def follow(model: type[models.Model], deadline: Deadline) -> None:
    """Where a calendar moved a deadline, the day that its subject's page shows (``due_at``) is the one on the desk."""
    model._default_manager.filter(pk=deadline.subject_id).update(due_at=deadline.due)


def meet(subject: models.Model, *kinds: str) -> int:
    """Close the open deadlines of ``subject`` (of these kinds, with their reminders): done in time."""
    rows = Deadline.objects.of(subject).open()
    if kinds:
        rows = rows.filter(kind__in=[name for kind in kinds for name in (kind, REMINDER + kind)])
    return rows.update(handled_at=Instant(), outcome=Deadline.Outcome.MET)


def sweep(limit: int = 200) -> int:
    """Let what is due take effect; returns how many did. Any number of sweepers may run.

    Each deadline is its own transaction: locked past others' locks, handled, and marked, or none of it.
    """
    if SweeperState.objects.filter(stopped_at__isnull=False).exists():
        return 0
    done = 0
    while done < limit and _fire_one():
        done += 1
    return done


def _fire_one() -> bool:
    with transaction.atomic():
        deadline = (
            Deadline.objects.due(Instant())  # type: ignore[misc]
            .filter(Q(retry_at=None) | Q(retry_at__lte=Instant()))
            .order_by("wakes", "pk")
            .select_for_update(skip_locked=True)
            .first()
        )
        if deadline is None:
            return False
        try:
            with transaction.atomic():
                _take_effect(deadline)
        except Exception:
            # One broken deadline must not stop the others; it is tried again and seen in /healthz.
            log.exception("deadline %s of kind %s failed", deadline.pk, deadline.kind)
            Deadline.objects.filter(pk=deadline.pk).update(
                failures=F("failures") + 1, retry_at=Instant() + timedelta(minutes=1)
            )
    return True


def _take_effect(deadline: Deadline) -> None:
    """Mark it first, so that the handler may set the subject's next deadline of the same kind."""
    Deadline.objects.filter(pk=deadline.pk).update(handled_at=Instant(), outcome=Deadline.Outcome.FIRED)
    Effect.objects.create(deadline=deadline)
    kind = REMINDER if deadline.kind.startswith(REMINDER) else deadline.kind
    with acting(None):
        _handlers[kind](deadline)


def next_due(subject: models.Model | None = None) -> datetime | None:
    """When the next handler runs, of ``subject`` or of all: the replay walks time from one to the next."""
    waiting = Deadline.objects.open() if subject is None else Deadline.objects.of(subject).open()
    first: datetime | None = waiting.aggregate(first=models.Min(WAKES))["first"]
    return first


def stop(reason: str) -> None:
    """An escalation cannot be un-fired: nothing takes effect until an operator resumes."""
    SweeperState.objects.update_or_create(pk=1, defaults={"stopped_at": Instant(), "reason": reason})
    log.critical("deadlines stopped: %s", reason)


def resume() -> None:
    """The operator's word that the clock is right again."""
    SweeperState.objects.update_or_create(pk=1, defaults={"stopped_at": None, "reason": ""})


def raw_clock() -> float:
    """The database server's own clock in seconds, without the platform's shift."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        return float(cursor.fetchone()[0])
