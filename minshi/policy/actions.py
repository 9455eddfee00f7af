"""Ruling on a parameter in a place, publishing a year's calendar, counting provisional periods anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max, Model, Q
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now, today
from minshi.deadlines.models import REMINDER, Deadline
from minshi.lifecycle.action import action
from minshi.masking import mask_text
from minshi.policy import calendar, rules, units
from minshi.policy.defaults import Arrangement
from minshi.policy.models import CalendarVersion, Lengthening, Parameter, Setting
from minshi.policy.signals import period_moved, recounting
from minshi.refusals import NotAllowed, Refused
from minshi.territory.models import Territory

SETTLED = timedelta(hours=1)
"""Longer than any process goes on with an older calendar (``calendar.KEPT_SECONDS``) and any transaction lasts."""
AT_ONCE = 100
"""Deadlines moved in one transaction."""


@action
def set_value(
    parameter: Parameter | str, place: Territory, value: units.Value, *, since: date, source: str, by: User | None
) -> Setting:
    """From ``since`` on ``value`` holds in ``place`` and beneath it; one that has not begun yet is replaced.

    Projects whose stage has begun keep what they pinned. The platform (``by=None``) may also set the past.
    """
    if isinstance(parameter, str):
        parameter = Parameter.objects.get(name=parameter)
    if by is not None and (reason := rules.reason_not_to_set(by, parameter, place)):
        raise NotAllowed(reason)
    _refuse_unsound(parameter, place, value, since=since, source=source, by=by)
    setting, _created = Setting.objects.update_or_create(
        place=place,
        parameter=parameter,
        since=since,
        defaults={"value": value, "source": mask_text(source.strip()), "set_by": by, "set_at": now()},
    )
    return setting


@action
def confirm_defaults(place: Territory, *, since: date, source: str, by: User) -> list[Setting]:
    """What nobody has ruled on for this place holds there as the platform proposes it, from ``since``, with a source.

    Raises ``Refused`` where nothing is left to confirm, ``NotAllowed`` for whoever does not rule on all of it.
    """
    if not rules.sets_for_district(by, place):
        raise NotAllowed(_("示范参数由本区牵头部门确认。"))
    Territory.objects.select_for_update(of=("self",)).get(pk=place.pk)
    proposed = [each for each in Setting.objects.in_force(place, since) if each.is_default]
    if not proposed:
        raise Refused(_("已经都有依据，没有要确认的示范参数。"))
    return [set_value(each.parameter, place, each.value, since=since, source=source, by=by) for each in proposed]


def _refuse_unsound(
    parameter: Parameter, place: Territory, value: object, *, since: date, source: str, by: User | None
) -> None:
    fields = {"value": units.fault(parameter.unit, value)}
    if not fields["value"]:
        fields["value"] = rules.reason_beyond_limits(by, parameter, place, value)
    if not 0 < len(source.strip()) <= 200:
        fields["source"] = _("请写明依据（200字以内），例如文件名称和文号。")
    day = today()
    if by is not None and since < day:
        fields["since"] = _("施行日期不能早于今天。")
    elif since <= day and Setting.objects.filter(place=place, parameter=parameter, since=since).exists():
        fields["since"] = _("这一天的设定已经施行，不能改写；请从明天或以后起另设。")
    if found := {name: reason for name, reason in fields.items() if reason}:
        raise Refused(**found)


def publish_calendar(arrangement: Arrangement, *, by: User | None) -> CalendarVersion:
    """Add a published arrangement of holidays as the newest version, and count provisional periods anew.

    The version stands before anything is moved: in a city that takes a while, and nobody is to wait for it. What is
    not reached is found by the hourly round.
    """
    version = add_version(arrangement, by=by)
    recompute_provisional(by=by)
    return version


@action
def add_version(arrangement: Arrangement, *, by: User | None) -> CalendarVersion:
    if CalendarVersion.objects.filter(source=arrangement.source).exists():
        raise Refused(_("“%(source)s”已经录入。") % {"source": arrangement.source})
    through = CalendarVersion.objects.aggregate(through=Max("through"))["through"]
    if through and arrangement.since > through + timedelta(days=1):
        raise Refused(_("节假日表须逐年录入：目前只到%(day)s。") % {"day": through})
    version: CalendarVersion = arrangement.save()
    transaction.on_commit(calendar.forget)
    return version


def recompute_provisional(*, by: User | None = None) -> int:
    """Count what runs anew on the newest calendar; returns how many deadlines are firm now.

    What runs may only end later (domain.md 7): people relied on the end they were told, and what is over is over.
    Repeating it does no harm: it also runs every hour, for what was set by a process which had not seen the newest
    version yet. That no process does for longer than ``SETTLED``; whatever is counted after it needs no counting more.

    Only what moves is locked, some at a time: people vote and sign meanwhile.
    """
    newest, began, firm = calendar.read(), now(), 0
    version = CalendarVersion.objects.get(number=newest.number)
    if version.recounted_at is not None:
        return 0
    for keys in _outdated(newest):
        firm += _count_anew(keys, newest, by=by)
    recounting.send(sender=Deadline, calendar=newest)
    if began - version.loaded_at > SETTLED:
        CalendarVersion.objects.filter(pk=version.pk).update(recounted_at=began)
    return firm


# Periods that began on one day by one rule end on one day, however many there are.
COUNTED_BEFORE = """
SELECT basis, date_trunc('day', set_at, 'Asia/Shanghai'), min(due), bool_or(provisional)
FROM deadlines_deadline
WHERE handled_at IS NULL AND basis <> '' AND NOT starts_with(kind, %s::text)
  AND right(basis, length(%s::text)) <> %s::text
GROUP BY 1, 2
"""


def _outdated(newest: calendar.Calendar) -> Iterator[list[int]]:
    """Keys of open deadlines that the newest calendar makes firm or later, some at a time; nothing is locked."""
    mark = f";v{newest.number}"
    with connection.cursor() as cursor:
        cursor.execute(COUNTED_BEFORE, [REMINDER, mark, mark])
        groups = cursor.fetchall()
    found: list[int] = []
    for basis, day, first, has_provisional in groups:
        counted = calendar.recounted(newest, basis, day)
        if counted is None or not (has_provisional or first < counted.end):
            continue
        same = Deadline.objects.open().exclude(kind__startswith=REMINDER).filter(basis=basis)
        same = same.filter(set_at__gte=day, set_at__lt=day + timedelta(days=1))
        found += same.filter(Q(provisional=True) | Q(due__lt=counted.end)).values_list("pk", flat=True)
    found.sort()
    for start in range(0, len(found), AT_ONCE):
        yield found[start : start + AT_ONCE]


@action
def _count_anew(keys: list[int], newest: calendar.Calendar, *, by: User | None) -> int:
    firm = 0
    for deadline in Deadline.objects.open().filter(pk__in=keys).select_for_update().order_by("pk"):
        counted = calendar.recounted(newest, deadline.basis, deadline.set_at)
        if counted is None or not (deadline.provisional or deadline.due < counted.end):
            continue
        _move(deadline, counted, newest)
        firm += not counted.provisional
    return firm


def lengthened(
    subject_type: str, subject_id: int, kind: str, before: datetime, counted: datetime, newest: calendar.Calendar
) -> datetime:
    """The end that holds: the one counted anew where it is later and the old one is not over, put on record."""
    if not now() < before < counted:
        return before
    Lengthening.objects.create(
        subject_type=subject_type,
        subject_id=subject_id,
        kind=kind,
        old_end=before,
        new_end=counted,
        version=CalendarVersion.objects.get(number=newest.number),
    )
    return counted


def would_last(end: datetime, counted: datetime, at: datetime) -> bool:
    """Whether ``lengthened`` moves it, for whoever looks at many before locking one."""
    return at < end < counted


def longer_window(
    subject: Model, end: datetime, start: datetime, length: calendar.Length, newest: calendar.Calendar
) -> datetime:
    """The end of a running window that has no deadline of its own kind: ``lengthened`` by the newest calendar."""
    counted = newest.end(start, length)
    return lengthened(subject._meta.label_lower, subject.pk, "window", end, counted, newest)


def _move(deadline: Deadline, counted: calendar.Period, newest: calendar.Calendar) -> None:
    before = deadline.due
    deadline.due = lengthened(deadline.subject_type, deadline.subject_id, deadline.kind, before, counted.end, newest)
    deadline.basis, deadline.provisional = counted.basis, counted.provisional
    deadline.save(update_fields=["due", "basis", "provisional"])
    reminders = Deadline.objects.open().filter(
        subject_type=deadline.subject_type, subject_id=deadline.subject_id, kind=REMINDER + deadline.kind, due__gt=now()
    )
    for reminder in reminders.select_for_update():
        reminder.due += deadline.due - before
        reminder.basis, reminder.provisional = counted.basis, counted.provisional
        reminder.save(update_fields=["due", "basis", "provisional"])
    if deadline.due != before:
        period_moved.send(sender=Deadline, deadline=deadline, before=before)
