"""What the board and a notice's page ask: a page of notices by key, and the days of a period."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from minshi import paging
from minshi.accounts.models import User
from minshi.clock import CHINA, now
from minshi.deadlines.models import Deadline
from minshi.disclosure.models import Notice, NoticeQuerySet, Objection, PostingPhoto, Remark, Ruling
from minshi.disclosure.rules import ANSWERERS, paths_of_reading
from minshi.faces.kept import state_of
from minshi.faces.words import cn_date, cn_until, share
from minshi.paper.models import Line
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.policy.models import Lengthening
from minshi.residents.rules import acts_for, title_of_acting
from minshi.territory.models import PlaceChange, Territory

DAY = timedelta(days=1)
OLDER, NEWER = paging.by_moment("posted_at"), paging.by_moment("posted_at", newer=True)


# --- A page of the board ----------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    notices: list[Notice]
    newer: str
    older: str


def page_of(rows: NoticeQuerySet, chosen: dict[str, str], *, before: str = "", after: str = "") -> Page:
    """Newest first, from the keys in the address; ``chosen`` are the filters that the links keep. One query."""
    if NEWER.read(after):
        page = paging.page_of(rows.order_by("posted_at", "pk"), NEWER, after)
        notices, more_newer, more_older = page.rows[::-1], bool(page.next), True
    else:
        page = paging.page_of(rows.newest(), OLDER, before)
        notices, more_newer, more_older = page.rows, not page.is_first, bool(page.next)
    if not notices:
        return Page([], "", "")
    newer = paging.link(chosen, after=NEWER.of(notices[0])) if more_newer else ""
    older = paging.link(chosen, before=OLDER.of(notices[-1])) if more_older else ""
    return Page(notices, newer, older)


def state_of_board() -> str:
    """What the board opens with, for the stamp of its kept page."""
    return state_of("board", lambda: [Notice.objects.newest().for_stamp()[: paging.SIZE + 1]])


def state_of_notice(number: str) -> str:
    """All that a notice's page shows to a visitor, and who holds the posts that answer, for its stamp."""

    def rows() -> Iterable[QuerySet[Any, Any]]:
        notice = Notice.objects.filter(number=number)
        return (
            notice.for_stamp().with_posts(),
            Lengthening.objects.filter(subject_type=Notice._meta.label_lower, subject_id__in=notice.values("pk")),
            Notice.objects.filter(withdrawn_by__in=notice),
            Objection.objects.filter(notice__in=notice).order_by("pk"),
            Remark.objects.filter(objection__notice__in=notice).order_by("pk"),
            Ruling.objects.filter(notice__in=notice).order_by("pk"),
            PostingPhoto.objects.filter(notice__in=notice).order_by("pk"),
        )

    return state_of(f"notice:{number}", rows)


def place_of(notice: Notice) -> str:
    """The full name of its place as it was when this was published (domain.md 7: it never changes)."""
    place = notice.place
    renamed = PlaceChange.objects.filter(
        place__path__in=place.ancestor_paths(), kind=PlaceChange.Kind.RENAMED, at__gt=notice.posted_at
    )
    then = {change.place_id: change.before for change in renamed.order_by("-pk")}
    if not then:
        return place.full_name
    return "".join(then.get(each.pk, each.name) for each in place.ancestors())


def narrower(place: Territory | None) -> list[Any]:
    """Code and name of the places one step down; of the districts where no place is chosen. One query."""
    all_places = Territory.objects.order_by("code").values("code", "name")
    below = all_places.filter(level_id="district") if place is None else all_places.filter(parent=place)
    return list(below[:200])


# --- Sheets to read again ---------------------------------------------------------------------


def sheets() -> QuerySet[Objection]:
    """Objections on paper with all that their pages show."""
    rows = Objection.objects.filter(line__isnull=False)
    return rows.select_related("line__sheet", "notice__place", "speaker")


def to_read(user: User) -> Objection | None:
    """The next sheet that waits for a second reading by this person, the oldest first."""
    paths = paths_of_reading(user)
    if not paths:
        return None
    mine = Q()
    for path in paths:
        mine |= Q(notice__place__path__startswith=path)
    standing = sheets().exclude(outcome=Objection.Outcome.WITHDRAWN)
    waiting = standing.filter(mine, notice__withdrawn_by=None, line__in=Line.objects.waiting_for(user))
    return waiting.exclude(speaker__isnull=False, speaker__user__in=user.keys).order_by("at", "pk").first()


# --- Objections beside their notice --------------------------------------------------------------


def objections_of(notice: Notice) -> list[Objection]:
    """In their order, each with who stands in where nobody holds the post that answers (``with_posts``)."""
    rows = list(notice.objections.with_remark().order_by("ordinal"))
    for objection in rows:
        objection.remark = objection.__dict__.get("standing")  # nobody's word is an answer too, and not asked again
        role = ANSWERERS[objection.level][0]
        acts = acts_for(role, set(notice.posts))
        objection.stand_in = "" if acts == role else title_of_acting(notice.place.name, role, acts)
    return rows


def settled_words(objections: Sequence[Objection]) -> str:
    """How a notice's objections ended once none holds it: answered, taken back, or called a remark and still open."""
    over = [each for each in objections if each.answered_at]
    withdrawn = sum(each.outcome == Objection.Outcome.WITHDRAWN for each in over)
    facts = {"total": len(over), "withdrawn": withdrawn, "answered": len(over) - withdrawn}
    if not objections:
        return _("没有收到异议。")
    if remarks := len(objections) - len(over):
        waiting = _("%(n)d 条记为意见建议，不挡下一步，还在等答复。") % {"n": remarks}
        return f"{settled_words(over)}{waiting}" if over else waiting
    if not withdrawn:
        return _("%(total)d 条异议都已答复。") % facts
    if withdrawn == len(objections):
        return _("%(total)d 条异议都由本人撤回。") % facts
    return _("%(answered)d 条异议已答复，%(withdrawn)d 条由本人撤回。") % facts


# --- What a gate waits for ---------------------------------------------------------------------


def settled_by(notice: Notice) -> datetime:
    """Until when it is over and each objection that holds it is answered and read, if everybody is in time."""
    holding = notice.objections.exclude(remarks__in=Remark.objects.in_force())
    open_ = Deadline.objects.open().filter(
        subject_type=Objection._meta.label_lower, subject_id__in=holding.values("pk")
    )
    last: datetime | None = open_.aggregate(last=Max("due"))["last"]
    return max(notice.ends_at, last or notice.ends_at)


# --- The days of a period ---------------------------------------------------------------------

WEEKDAYS = (
    gettext_lazy("周一"),
    gettext_lazy("周二"),
    gettext_lazy("周三"),
    gettext_lazy("周四"),
    gettext_lazy("周五"),
    gettext_lazy("周六"),
    gettext_lazy("周日"),
)


@dataclass(frozen=True)
class Day:
    """A day of the period; ``number`` is 0 where the day does not count."""

    date: date
    number: int
    state: str
    note: str

    @property
    def weekday(self) -> str:
        return str(WEEKDAYS[self.date.weekday()])


@dataclass(frozen=True)
class Progress:
    """Where a period stands: ``done`` of ``total`` days have begun."""

    total: int
    done: int
    unit: str
    days: list[Day]
    today: str


def notice_says(notice: Notice | None, running: str) -> str:
    """Where the notice stands, in words: ``running`` until its end, then that it is over and what it waits for."""
    if notice is None:
        return running
    if notice.ends_at > now():
        return _("%(running)s，到 %(end)s") % {"running": running, "end": cn_until(notice.ends_at)}
    if notice.objections_holding:
        return _("公示期已满，还有 %(n)d 条异议没有答复") % {"n": notice.objections_holding}
    if notice.objections_unread:
        return _("公示期已满，还有 %(n)d 张书面异议没有核对") % {"n": notice.objections_unread}
    return _("公示期已满")


def reopening_share(notice: Notice) -> str:
    """How many of those who benefit have a notice decided anew, in words, as it was when it was posted: 三分之一."""
    return share(policy.value("objection.reopen_share", notice.place, at=notice.posted_at))


def progress(notice: Notice, at: datetime) -> Progress:
    """The period day by day, as it is counted, and what day today is."""
    today = at.astimezone(CHINA).date()
    working = notice.working_days > 0
    total = notice.working_days or notice.calendar_days
    days, number = [], 0
    for offset in range((notice.last_day - notice.starts_on).days + 1):
        day = notice.starts_on + offset * DAY
        counts = number < total and (calendar.is_working(day) if working else True)
        number += counts
        days.append(Day(day, number if counts else 0, _state(day, today), "" if counts else _why_not(day)))
    done = max((day.number for day in days if day.date <= today), default=0)
    unit = _("个工作日") if working else _("天")
    return Progress(total, done, unit, days, _today(notice, days, today, done, total, unit))


def _state(day: date, today: date) -> str:
    return "done" if day < today else "now" if day == today else "coming"


def _why_not(day: date) -> str:
    if calendar.is_working(day):
        return _("照公布时的截止日，不提前")
    return calendar.day_name(day) or _("休息日")


def _today(notice: Notice, days: list[Day], today: date, done: int, total: int, unit: str) -> str:
    if today > notice.last_day:
        return _("公示期已满。")
    if not done:
        first = next(day.date for day in days if day.number)
        return _("从 %(day)s 起算，共 %(total)d %(unit)s。") % {"day": cn_date(first), "total": total, "unit": unit}
    facts = {"done": done, "total": total, "unit": unit}
    if any(day.date == today and day.number for day in days):
        return _("今天是第 %(done)d %(unit)s，共 %(total)d %(unit)s。") % facts
    return _("今天不计入，已到第 %(done)d %(unit)s，共 %(total)d %(unit)s。") % facts
