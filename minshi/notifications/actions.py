"""Telling people: the inbox and the outbox are written in the caller's transaction, sending comes after it.

All of it happened or nothing did; what was committed is sent at least once, by the worker that
gets the hint or, without a broker, by the sweeper.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Model
from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import Instant, now
from minshi.lifecycle.action import action, in_turn, story
from minshi.lifecycle.models import StepRecord
from minshi.notifications.catalogue import Doors, Lines, Post, Told, WasTold, event_named, tables_of
from minshi.notifications.channels import Channel, NotSent, channel
from minshi.notifications.models import MATTER_LENGTH, Message, Outbox, TextTrial, ToTell
from minshi.notifications.rules import end_of_quiet, start_of_day, without_numbers
from minshi.notifications.sealing import InvalidToken, seal, unseal
from minshi.notifications.selectors import (
    holders_or_stand_ins,
    messages_a_day,
    quiet_hours_of,
    texts_of_today,
    to_tell_paths,
)
from minshi.prefix import absolute, bare
from minshi.refusals import NotAllowed, Refused
from minshi.residents.rules import has_office, home_of, title_in
from minshi.residents.speaking import adults_of, adults_then, changed_hands, listener_keys
from minshi.territory.models import Territory

log = logging.getLogger(__name__)

SIGNATURE = "【民生小实事】"
MOST_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
SEALED_KEPT = timedelta(days=1)

# One statement for one person or ten thousand; whoever was told this key already is passed over, and whoever has
# had a text on this matter today, or has one on its way, gets no second, and who wants no texts none.
TELL = """
WITH told AS (
    INSERT INTO notifications_message (user_id, title, body, url, key, event, matter)
    -- Whoever was joined hears by the account that stays.
    SELECT human, %s::text, %s::text, %s::text, %s::text, %s::text, %s::text
    FROM (SELECT DISTINCT human_of(told_user) AS human FROM unnest(%s::bigint[]) AS told_user) AS told_human
    ON CONFLICT (user_id, key) DO NOTHING
    RETURNING id, user_id, matter
)
INSERT INTO notifications_outbox (channel, message_id, phone, sealed)
SELECT 'sms', told.id, '', '' FROM told
WHERE %s::boolean AND NOT EXISTS (
    SELECT FROM notifications_manner AS manner WHERE manner.user_id = told.user_id AND NOT manner.texts
) AND NOT EXISTS (
    SELECT FROM notifications_message AS earlier
    JOIN notifications_outbox AS text ON text.message_id = earlier.id
    WHERE earlier.user_id = told.user_id AND earlier.matter = told.matter
      AND (text.state = 'open'
           OR text.state = 'sent' AND text.sent_at >= minshi_today()::timestamp AT TIME ZONE 'Asia/Shanghai')
)
"""

# Of the doors that should hear it, those behind which nobody has an account with a phone.
LIST = """
INSERT INTO notifications_totell (household_id, title, body, key, event, since, until)
SELECT door.id, %s::text, %s::text, %s::text, %s::text, %s::timestamptz, %s::timestamptz
FROM territory_household AS door
WHERE door.id = ANY (%s::bigint[]) AND door.is_active AND NOT EXISTS (
    SELECT FROM residents_residence AS home
    JOIN residents_person AS person ON person.id = home.person_id
    JOIN accounts_user AS account ON account.id = person.user_id
    WHERE home.household_id = door.id AND home.until IS NULL AND home.confirmed_at IS NOT NULL
      AND person.is_adult AND account.is_active AND coalesce(account.phone, '') <> ''
)
ON CONFLICT (household_id, key) DO NOTHING
"""


def tell(
    user: User,
    title: object,
    body: object = "",
    url: str = "",
    *,
    sms: bool = False,
    key: str | None = None,
    event: str = "",
    matter: str = "",
) -> None:
    """Put a message into somebody's inbox, and with ``sms`` on the way to their phone.

    ``key``: the same person is told it once, however often this is called. ``event`` names what an app lists in its
    ``told.py``, which also says whether a text goes out. ``matter``: what it is about, where the address does not
    say it; of one matter one text leaves a day.
    """
    tell_all([user], title, body, url, sms=sms, key=key, event=event, matter=matter)


def tell_all(
    users: Iterable[User],
    title: object,
    body: object = "",
    url: str = "",
    *,
    sms: bool = False,
    key: str | None = None,
    event: str = "",
    matter: str = "",
) -> None:
    """``tell`` for many at once, in one statement."""
    _tell_accounts([user.pk for user in users], title, body, url, sms=sms, key=key, event=event, matter=matter)


def _tell_accounts(
    ids: list[int], title: object, body: object, url: str, *, sms: bool, key: str | None, event: str, matter: str
) -> None:
    by_text = _goes_by_text(event, sms)
    if not ids:
        return
    url = bare(url)
    about = (matter or url or str(title))[:MATTER_LENGTH]
    with connection.cursor() as cursor:
        cursor.execute(TELL, [str(title)[:120], str(body), url, key, event, about, ids, by_text])
    if (told := story.get()) is not None:
        told.append(WasTold(frozenset((url, about)), tuple(ids)))
    if by_text:
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
    event: str = "",
    matter: str = "",
) -> None:
    """Tell all who hold this role in this place, or where nobody does, in the next place above that has one."""
    users, stands_in = holders_or_stand_ins(role, place)
    if not users:
        # Nothing is lost: the deadline keeps the task, and whoever runs the servers can give the role to somebody.
        log.error("nobody holds %s in or above place %s", role, place.pk)
        users = list(User.objects.filter(is_superuser=True, is_active=True))
    elif stands_in and has_office(place, role):
        stead = _("您代%(post)s办理。") % {"post": title_in(place.name, role)}
        body = f"{body} {stead}".strip()
    tell_all(users, title, body, url, sms=sms, key=key, event=event, matter=matter)


def tell_doors(
    doors: Iterable[int],
    title: object,
    body: object = "",
    url: str = "",
    *,
    asked: bool = True,
    slip: object = "",
    since: datetime | None = None,
    until: datetime | None = None,
    then: datetime | None = None,
    sms: bool = False,
    key: str | None = None,
    event: str = "",
    matter: str = "",
) -> None:
    """Tell these households (keys of doors): ``asked`` the one who speaks for each, otherwise all its adults.

    ``then`` is when they said or gave what this is about: who was an adult of the door at that moment hears of it,
    wherever they live by now, and who moved in since does not.

    Where it goes out as a text, a door without anybody who has a phone is put on the chief's list of people to tell;
    ``slip`` is what the slip says in place of ``body``, which is not for the eyes of whoever brings it; from ``since``
    on it is on the list, from ``until`` on it is off.
    """
    keys = list(doors)
    if asked and not then:
        accounts = listener_keys(keys)
    else:
        accounts = list((adults_then(keys, then) if then else adults_of(keys)).values_list("pk", flat=True))
    _tell_accounts(accounts, title, body, url, sms=sms, key=key, event=event, matter=matter)
    if then:
        gone = changed_hands(dict.fromkeys(keys, then))
        keys = [door for door in keys if door not in gone]
    if _goes_by_text(event, sms):
        with connection.cursor() as cursor:
            cursor.execute(LIST, [str(title)[:120], str(slip or body), key, event, since, until, keys])


def _goes_by_text(event: str, sms: bool) -> bool:
    """What the app's list says of this event; of a step, and of what is not listed, what the caller says."""
    listed = event_named(event)
    return listed.way.by_text if listed else sms


def tell_step(subject: Model, record: StepRecord) -> None:
    """Tell whoever the apps' tables name of the step that was just taken.

    Whoever follows it is told when all of the action has run (``following``): some of them hear of it from what goes
    with it, as of the vote that opens.
    """
    happened = story.get()
    for table in tables_of(record.subject_type):
        before = len(happened) if happened is not None else 0
        for line in table.by_verb.get(record.verb, ()):
            if isinstance(line, Told) and (line.when is None or line.when(subject, record)):
                _tell_line(table, line, subject, record)
        if happened is not None:
            happened[before:] = [_heard_of(table, subject, record, each) for each in happened[before:]]
    if happened is not None:
        happened.append(Taken(subject, record))


def _heard_of(table: Lines, subject: Model, record: StepRecord, heard: Any) -> Any:
    """The same, said of the step: of what is followed itself, or of what a part of it did."""
    if not isinstance(heard, WasTold):
        return heard
    own = table.matter(subject) if table.followed else table.about(subject)
    return WasTold(frozenset((own,)), heard.accounts, record.pk if table.followed else None)


def _tell_line(table: Lines, line: Told, subject: Model, record: StepRecord) -> None:
    heard = line.to.of(subject, record)
    if heard is None:
        return
    facts = {"label": record.label, "reason": record.reason, **table.facts(subject, record)}
    words = (str(line.title) % facts, str(line.body) % facts, (line.url or table.url)(subject))
    how: dict[str, Any] = {
        "sms": line.way.by_text,
        "event": f"{record.subject_type}:{record.verb}",
        "matter": table.matter(subject),
    }
    if isinstance(heard, Post):
        tell_role(heard.role, heard.place, *words, **how)
    elif isinstance(heard, Doors):
        until = line.until(subject) if line.until else None
        tell_doors(heard.keys, *words, asked=heard.asked, until=until, **how)
    else:
        tell_all([user for user in heard if user], *words, **how)


@dataclass(frozen=True)
class Taken:
    """A step that was taken, for whoever follows what took it."""

    subject: Model
    record: StepRecord


@action
def tick(waiting: Iterable[int], *, by: User) -> int:
    """Whoever keeps these doors' list has told them: keys of what was shown, so that nothing newer is ticked unseen."""
    paths = to_tell_paths(by)
    if not paths:
        raise NotAllowed(_("只有楼栋长和社区工作人员可以登记告知"))
    rows = ToTell.objects.waiting().beneath(paths).filter(pk__in=list(waiting))
    return rows.update(told_at=Instant(), told_by=by)


def send_text(phone: str, text: object, *, until: datetime) -> Outbox:
    """A text for a phone that may belong to nobody yet, such as a code; sealed, dropped after ``until``."""
    row = Outbox.objects.create(phone=phone, sealed=seal(str(text)), expires_at=until)
    hint_after_commit()
    return row


TRIAL_KEPT, TRIAL_PAUSE = timedelta(hours=1), timedelta(minutes=1)
MOST_TRIALS = 10
"""In a day, of one person: whatever leaves by the gateway is paid for."""


@action
def try_text(place: Territory, *, by: User) -> TextTrial:
    """Have one text sent to one's own phone the way every text goes; what it carries says that it arrived.

    Whether ``by`` may in this place, the caller asks first. Raises ``Refused``.
    """
    in_turn(by, "try_text")
    if not by.phone or not by.phone_verified:
        raise Refused(_("您的手机号还没有验证，先在“任职”里请人登记并验证"))
    tried = TextTrial.objects.filter(by=by)
    if tried.filter(at__gt=Instant() - TRIAL_PAUSE).exists():
        raise Refused(_("刚刚发过一条，请过一分钟再试"))
    if tried.filter(at__gt=Instant() - timedelta(days=1)).count() >= MOST_TRIALS:
        raise Refused(_("今天试的次数已经用完，请明天再试"))
    code = f"{secrets.randbelow(10_000):04}"
    words = _("这是一次试发，没有事情要办。收到了请在开办清单里填：%(code)s") % {"code": code}
    row = send_text(by.phone, words, until=now() + TRIAL_KEPT)
    return TextTrial.objects.create(place=place, by=by, text=row.pk, code=code)


@action
def text_came(place: Territory, code: str, *, by: User) -> TextTrial:
    """The text is there: its number is known to whoever holds the phone. Raises ``Refused``."""
    trial = waiting_trial(place, by=by)
    if trial is None:
        raise Refused(_("没有等着收到的试发短信，请先发一条"))
    trial = TextTrial.objects.select_for_update(of=("self",)).get(pk=trial.pk)
    if code != trial.code:
        raise Refused(code=_("和短信里的不一样，请再看一眼；没有收到，请过一分钟再发一条"))
    trial.arrived_at = now()
    trial.save(update_fields=["arrived_at"])
    return trial


def waiting_trial(place: Territory, *, by: User) -> TextTrial | None:
    """The newest that this person sent here, while it has not arrived."""
    newest = TextTrial.objects.filter(place=place, by=by).order_by("-at", "-pk").first()
    return newest if newest is not None and newest.arrived_at is None else None


@action
def mark_read(user: User, *, by: User, upto: int | None = None, only: int | None = None) -> int:
    """Mark one message, or all up to one, as read. Plain update: reading is no event worth a history."""
    unread = Message.objects.of(user).unread()
    chosen = unread.filter(pk=only) if only is not None else unread.filter(pk__lte=upto)
    return chosen.update(read_at=Instant())


def hint_after_commit() -> None:
    """One hint per transaction, however many texts it wrote."""
    if not any(waiting[1] is _hint for waiting in connection.run_on_commit):
        transaction.on_commit(_hint, robust=True)


_past = False


@contextmanager
def in_the_past() -> Iterator[None]:
    """While a past is replayed nothing leaves: what was texted then counts as sent at its own time."""
    global _past
    _past = True
    try:
        yield
    finally:
        _past = False


def _hint() -> None:
    """Tell a worker that there is something to send. Losing this slows the text and refuses nothing."""
    if _past:
        texts = Outbox.objects.filter(state=Outbox.State.OPEN).exclude(message=None)
        texts.update(state=Outbox.State.SENT, sent_at=F("next_at"), attempts=1)
        return
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
    way, waits = channel(), Waits()
    sent = 0
    stop_at = time.monotonic() + seconds
    while time.monotonic() < stop_at and (outcome := _deliver_next(way, waits)) is not None:
        sent += outcome
    return sent


@transaction.atomic
def _deliver_next(way: Channel, waits: Waits) -> bool | None:
    """Try the most urgent due text, held by its row's lock meanwhile; None when nothing is due."""
    row = (
        Outbox.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("message__user__manner")
        .filter(state=Outbox.State.OPEN, next_at__lte=Instant())
        .annotate(present=Instant())
        .order_by(F("expires_at").asc(nulls_last=True), "next_at")
        .first()
    )
    if row is None:
        return None
    if later := waits.until(row):
        Outbox.objects.filter(pk=row.pk).update(next_at=later)
        return False
    state, error = _try(row, way)
    row.attempts += 1
    if state == Outbox.State.OPEN and row.attempts >= MOST_ATTEMPTS:
        state = Outbox.State.DROPPED
    if error:
        log.warning("text %s not sent: %s", row.pk, error)
    sent = state == Outbox.State.SENT
    if sent and row.message:
        waits.left -= 1
    pause = min(FIRST_PAUSE * 2 ** (row.attempts - 1), LONGEST_PAUSE)
    Outbox.objects.filter(pk=row.pk).update(
        state=state, error=error, attempts=row.attempts, next_at=Instant() + pause, sent_at=Instant() if sent else None
    )
    return sent


class Waits:
    """What keeps a text of a message back although it is due: the night, and the day's share used up. Codes never wait.

    Asked once per place and round of sending: counting what left today for each text would take longer every time.
    """

    def __init__(self) -> None:
        self.quiet: dict[str, tuple[int, int]] = {}
        self._left: int | None = None

    @property
    def left(self) -> int:
        """How many messages may still leave today by text; each that leaves in this round is taken off."""
        if self._left is None:
            self._left = messages_a_day() - texts_of_today()
        return self._left

    @left.setter
    def left(self, left: int) -> None:
        self._left = left

    def until(self, row: Outbox) -> datetime | None:
        """When it may go, if not now."""
        if row.message is None:
            return None
        at: datetime = row.present  # type: ignore[attr-defined]
        begins, ends = self._quiet_at(row.message.user)
        if later := end_of_quiet(at, begins, ends):
            return later
        if self.left > 0:
            return None
        log.error("the day's share of texts for messages is used up")
        tomorrow = start_of_day(at) + timedelta(days=1)
        return end_of_quiet(tomorrow, begins, ends) or tomorrow

    def _quiet_at(self, user: User) -> tuple[int, int]:
        own = getattr(user, "manner", None)
        if own is not None and own.quiet_from is not None:
            return own.quiet_from, own.quiet_until
        home = home_of(user)
        place = home.household.place if home else None
        path = place.path if place else ""
        if path not in self.quiet:
            self.quiet[path] = quiet_hours_of(place)
        return self.quiet[path]


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
    if row.message and _has_another_holder(phone):
        return Outbox.State.DROPPED, "another-holder"
    if row.message and _had_its_text(row.message):
        return Outbox.State.DROPPED, "one-a-day"
    try:
        way.send(phone, text)
    except NotSent as refusal:
        return Outbox.State.OPEN, refusal.code
    except Exception as error:  # a channel's mistake must not stop the texts behind it
        return Outbox.State.OPEN, type(error).__name__[:40]
    return Outbox.State.SENT, ""


def _has_another_holder(phone: str) -> bool:
    """Whether somebody proved to hold it who did not know the door: what is said to its former holder waits inside."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM signin_takeover WHERE phone = %s AND settled_at IS NULL)", [phone])
        return bool(cursor.fetchone()[0])


def _had_its_text(message: Message) -> bool:
    """Whether a text on the same matter has left to the same person today; two at once ask one after the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"text:{message.user_id}:{message.matter}"]
        )
    sent = Outbox.objects.sent_today().filter(message__user=message.user_id, message__matter=message.matter)
    return bool(message.matter) and sent.exists()


def _letter(row: Outbox) -> tuple[str, str]:
    """To which phone and what; a phone changed since is used as it is now.

    A text says that there is something and leads to the inbox; whatever looks like a slip's number stays there.
    """
    if row.message is None:
        return row.phone, SIGNATURE + unseal(row.sealed)
    user = row.message.user
    text = f"{SIGNATURE}{without_numbers(row.message.title)} {absolute(reverse('messages'))}"
    return (user.phone or "") if user.is_active else "", text


def forget_sealed() -> int:
    """Sealed texts are kept no longer than a day; called by the sweeper."""
    old = Outbox.objects.filter(message=None, next_at__lt=Instant() - SEALED_KEPT)
    return old.delete()[0]
