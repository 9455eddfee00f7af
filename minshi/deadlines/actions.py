"""Setting a deadline, meeting it, and letting due ones take effect exactly once."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import OperationalError, models, transaction
from django.db.models import F, Q
from psycopg.errors import DeadlockDetected, LockNotAvailable

from minshi.audit.actors import acting
from minshi.clock import Instant
from minshi.deadlines import locks, rounds, watch
from minshi.deadlines.models import REMINDER, WAKES, ClockSeen, Deadline, Effect, SweeperState

log = logging.getLogger(__name__)
Handler = Callable[[Deadline], None]

JUMPED, UNPROVEN = "clock jumped", "clock not proven"
"""Why the deadlines stopped: the first until an operator resumes, the second until a source agrees."""
FORGOTTEN_SECONDS = 400 * 86400
AT_ONCE = 50
TRIES = 3
KNOTS = (DeadlockDetected, LockNotAvailable)

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


def sweep(limit: int = 200, *, skew: float | None = None) -> int:
    """Let what is due take effect; returns how many did. Any number of sweepers may run.

    Each deadline is its own transaction: its subject locked as persons lock it, past others' locks, then the deadline,
    handled and marked, or none of it. ``skew`` is
    what ``look_at_clock`` answered: where the clock runs ahead of it meanwhile nothing more takes effect.
    """
    done = 0
    while done < limit and not is_stopped():
        with rounds.a_round():
            fired = sum(_fire(*each, skew) for each in _due(min(limit - done, AT_ONCE)))
        if not fired:
            break
        done += fired
    return done


def _due(number: int) -> list[tuple[int, str, int]]:
    """What is due first, unlocked: (key, subject's type, subject's key). Asked for many, since each question has to
    pass over what was handled a moment ago; every sweeper goes its own way through them, so that none waits.
    """
    rows = Deadline.objects.due(Instant()).filter(Q(retry_at=None) | Q(retry_at__lte=Instant()))
    found = list(rows.order_by(WAKES, "pk").values_list("pk", "subject_type", "subject_id")[:number])
    begin = os.getpid() % len(found) if found else 0
    return found[begin:] + found[:begin]


def is_stopped() -> bool:
    return SweeperState.objects.filter(stopped_at__isnull=False).exists()


def _fire(key: int, subject_type: str, subject: int, skew: float | None) -> bool:
    """Whether it is done with for now: it took effect, or failed and is tried again later. What somebody else is at
    stays due; a knot that PostgreSQL had to cut is simply done again.
    """
    for _attempt in range(TRIES):
        try:
            with transaction.atomic():
                return locks.take(subject_type, subject) and _fire_locked(key, skew)
        except OperationalError as error:
            if not isinstance(error.__cause__, KNOTS):
                raise
            log.info("deadline %s met another's lock and is done again", key)
    return False


def _fire_locked(key: int, skew: float | None) -> bool:
    deadline = (
        Deadline.objects.due(Instant())
        .filter(Q(retry_at=None) | Q(retry_at__lte=Instant()), pk=key)
        .annotate(machine_time=watch.MachineTime())
        .select_for_update(skip_locked=True)
        .first()
    )
    if deadline is None:
        return False
    if skew is not None and _runs_ahead(deadline.machine_time, skew):
        stop(JUMPED)
        return False
    try:
        with transaction.atomic():
            _take_effect(deadline)
    except Exception as error:
        if isinstance(error.__cause__, KNOTS):
            raise
        # One broken deadline must not stop the others; it is tried again and seen in /healthz.
        log.exception("deadline %s of kind %s failed", deadline.pk, deadline.kind)
        Deadline.objects.filter(pk=deadline.pk).update(
            failures=F("failures") + 1, retry_at=Instant() + timedelta(minutes=1)
        )
    return True


def _runs_ahead(wall: datetime, skew: float) -> bool:
    return wall.timestamp() - watch.since_boot() - skew > watch.TOLERANCE_SECONDS


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


# --- The clock -----------------------------------------------------------------------------------


def look_at_clock() -> float | None:
    """Whether the clock is to be believed: by whoever lets deadlines take effect, before each round of them.

    Returns the skew (minshi/deadlines/watch.py) to hold it against during the round; None while nothing may take
    effect. In one boot no outage is long and no jump escapes, whatever was restarted. After a new boot of the machine
    somebody outside has to agree, and is asked again until then.
    """
    now = watch.look()
    if now is None:
        return None
    boot = watch.this_boot()
    if not ClockSeen.objects.filter(boot=boot).exists() and not _begins(boot, now):
        stop(UNPROVEN)
        return None
    with transaction.atomic():
        known = ClockSeen.objects.select_for_update().get(boot=boot)
        known.stepped += watch.step_since(known.skew, known.wall, now)
        known.skew, known.wall = now.skew, now.wall
        known.save()
        if abs(known.stepped) > watch.TOLERANCE_SECONDS:
            stop(JUMPED)
    return None if is_stopped() else now.skew


def _begins(boot: str, now: watch.Look) -> bool:
    """Whether the clock is believed in a boot that is new; it is known from then on."""
    is_first = settings.CLOCK_MOVABLE or not ClockSeen.objects.exists()
    if not is_first and not watch.proof(now.wall):
        return False
    ClockSeen.objects.filter(wall__lt=now.wall - FORGOTTEN_SECONDS).delete()
    ClockSeen.objects.get_or_create(boot=boot, defaults={"skew": now.skew, "wall": now.wall})
    if SweeperState.objects.filter(reason=UNPROVEN).update(stopped_at=None, reason=""):
        log.warning("deadlines go on: the clock is proven")
    return True


def stop(reason: str) -> None:
    """An escalation cannot be un-fired: nothing takes effect until an operator resumes, or the clock is proven."""
    if is_stopped():
        return
    SweeperState.objects.update_or_create(pk=1, defaults={"stopped_at": Instant(), "reason": reason})
    log.critical("deadlines stopped: %s", WHY_STOPPED.get(reason, reason))


WHY_STOPPED = {
    JUMPED: "the clock jumped by more than five minutes; look at it, then run manage.py sweep --resume",
    UNPROVEN: "nobody says that the clock is right after this boot; let time synchronisation run or set "
    "MINSHI_TIME_SOURCE (ntp:// or https://), they go on by themselves then; or look and run manage.py sweep --resume",
}


def resume() -> None:
    """The operator's word that the clock is right as it is."""
    ClockSeen.objects.all().delete()
    SweeperState.objects.update_or_create(pk=1, defaults={"stopped_at": None, "reason": ""})
