"""Telling people: the inbox and the outbox are written in the caller's transaction, sending comes after it.

All of it happened or nothing did; what was committed is sent at least once, by the worker that
gets the hint or, without a broker, by the sweeper.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from minshi.accounts.models import User
from minshi.clock import Now
from minshi.lifecycle.action import action
from minshi.notifications.channels import Channel, NotSent, channel
from minshi.notifications.models import Message, Outbox
from minshi.notifications.sealing import InvalidToken, seal, unseal
from minshi.notifications.selectors import holders
from minshi.territory.models import Territory

log = logging.getLogger(__name__)

SIGNATURE = "【民生小实事】"
MOST_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
SEALED_KEPT = timedelta(days=1)

# One statement for one person or ten thousand; whoever was told this key already is passed over.
TELL = """
WITH told AS (
    INSERT INTO notifications_message (user_id, title, body, url, key)
    SELECT DISTINCT told_user, %s::text, %s::text, %s::text, %s::text FROM unnest(%s::bigint[]) AS told_user
    ON CONFLICT (user_id, key) DO NOTHING
    RETURNING id
)
INSERT INTO notifications_outbox (channel, message_id, phone, sealed)
SELECT 'sms', id, '', '' FROM told WHERE %s::boolean
"""


def tell(
    user: User, title: object, body: object = "", url: str = "", *, sms: bool = False, key: str | None = None
) -> None:
    """Put a message into somebody's inbox, and with ``sms`` on the way to their phone.

    ``key``: the same person is told it once, however often this is called.
    """
    tell_all([user], title, body, url, sms=sms, key=key)


def tell_all(
    users: Iterable[User], title: object, body: object = "", url: str = "", *, sms: bool = False, key: str | None = None
) -> None:
    """``tell`` for many at once, in one statement."""
    ids = [user.pk for user in users]
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(TELL, [str(title)[:120], str(body), url, key, ids, sms])
    if sms:
        hint_after_commit()


def tell_role(
    role: str,
    place: Territory,
    title: object,
    body: object = "",
    url: str = "",
    *,
    sms: bool = False,
    key: str | None = None,
) -> None:
    """Tell all who hold this role in this place, or where nobody does, in the next place above that has one."""
    users = holders(role, place)
    if not users:
        # Nothing is lost: the deadline keeps the task, and whoever runs the servers can give the role to somebody.
        log.error("nobody holds %s in or above place %s", role, place.pk)
        users = list(User.objects.filter(is_superuser=True, is_active=True))
    tell_all(users, title, body, url, sms=sms, key=key)


def send_text(phone: str, text: object, *, until: datetime) -> None:
    """A text for a phone that may belong to nobody yet, such as a code; sealed, dropped after ``until``."""
    Outbox.objects.create(phone=phone, sealed=seal(str(text)), expires_at=until)
    hint_after_commit()


@action
def mark_read(user: User, *, by: User, upto: int | None = None, only: int | None = None) -> int:
    """Mark one message, or all up to one, as read. Plain update: reading is no event worth a history."""
    unread = Message.objects.of(user).unread()
    chosen = unread.filter(pk=only) if only is not None else unread.filter(pk__lte=upto)
    return chosen.update(read_at=Now())


def hint_after_commit() -> None:
    """One hint per transaction, however many texts it wrote."""
    if not any(waiting[1] is _hint for waiting in connection.run_on_commit):
        transaction.on_commit(_hint, robust=True)


def _hint() -> None:
    """Tell a worker that there is something to send. Losing this slows the text and refuses nothing."""
    if settings.DEMO:
        deliver()
        return
    try:
        current_app.send_task("minshi.notifications.tasks.deliver", retry=False, ignore_result=True)
    except Exception as error:  # whatever a broker raises: the facts are committed, the sweeper will find them
        log.warning("broker is away: %s", type(error).__name__)


def deliver(seconds: float = 10) -> int:
    """Send what is due, each text in a transaction of its own; returns how many were sent.

    Begins no text after ``seconds``: a gateway that hangs must not keep the sweeper from the deadlines.
    """
    way = channel()
    sent = 0
    stop_at = time.monotonic() + seconds
    while time.monotonic() < stop_at and (outcome := _deliver_next(way)) is not None:
        sent += outcome
    return sent


@transaction.atomic
def _deliver_next(way: Channel) -> bool | None:
    """Try the most urgent due text, held by its row's lock meanwhile; None when nothing is due."""
    row = (
        Outbox.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("message__user")
        .filter(state=Outbox.State.OPEN, next_at__lte=Now())
        .annotate(present=Now())
        .order_by(F("expires_at").asc(nulls_last=True), "next_at")
        .first()
    )
    if row is None:
        return None
    state, error = _try(row, way)
    row.attempts += 1
    if state == Outbox.State.OPEN and row.attempts >= MOST_ATTEMPTS:
        state = Outbox.State.DROPPED
    if error:
        log.warning("text %s not sent: %s", row.pk, error)
    sent = state == Outbox.State.SENT
    pause = min(FIRST_PAUSE * 2 ** (row.attempts - 1), LONGEST_PAUSE)
    Outbox.objects.filter(pk=row.pk).update(
        state=state, error=error, attempts=row.attempts, next_at=Now() + pause, sent_at=Now() if sent else None
    )
    return sent


def _try(row: Outbox, way: Channel) -> tuple[Outbox.State, str]:
    """The state after one attempt, and why it was not sent: a code, never a value of a person."""
    if row.expires_at is not None and row.expires_at <= row.present:  # type: ignore[attr-defined]
        return Outbox.State.DROPPED, "expired"
    try:
        phone, text = _letter(row)
    except InvalidToken:
        return Outbox.State.DROPPED, "sealed-with-another-key"
    if not phone:
        return Outbox.State.DROPPED, "no-phone"
    try:
        way.send(phone, text)
    except NotSent as refusal:
        return Outbox.State.OPEN, refusal.code
    except Exception as error:  # a channel's mistake must not stop the texts behind it
        return Outbox.State.OPEN, type(error).__name__[:40]
    return Outbox.State.SENT, ""


def _letter(row: Outbox) -> tuple[str, str]:
    """To which phone and what; a phone changed since is used as it is now."""
    if row.message is None:
        return row.phone, SIGNATURE + unseal(row.sealed)
    user = row.message.user
    link = f" {settings.SITE_URL}{row.message.url}" if row.message.url else ""
    return (user.phone or "") if user.is_active else "", f"{SIGNATURE}{row.message.title}{link}"


def forget_sealed() -> int:
    """Sealed texts are kept no longer than a day; called by the sweeper."""
    old = Outbox.objects.filter(message=None, next_at__lt=Now() - SEALED_KEPT)
    return old.delete()[0]
