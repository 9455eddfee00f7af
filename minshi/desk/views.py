"""What waits for me and until when: the admin's first page, with its filters, search and pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Model, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from minshi import paging
from minshi.accounts.models import User
from minshi.clock import now, today
from minshi.deadlines.models import Deadline, DeadlineQuerySet
from minshi.faces.words import said_late
from minshi.health.rules import tries_alarms
from minshi.health.selectors import alarms_are
from minshi.notifications.selectors import doors_waiting
from minshi.policy import calendar
from minshi.residents.models import STAFF_ROLES, Role
from minshi.residents.rules import CONFIRMING, Held, acting_titles, claims_for, held_at, roles_of, title_in
from minshi.residents.vacancies import acting_for, vacancies_of
from minshi.territory.models import Territory

MOST_ROWS = 50
"""Of one group on the desk, which goes on page by page."""
MOST_COUNTED = 1000
"""Of one group; a desk with more is said to have more."""
MOST_NAMED = 5
"""Empty posts that are named one by one above the desk."""
MOST_TYPED = 60
OTHERS = "others"
"""What waits for my post and is another's, since I did the first part."""
ALL = "all"
"""In place of a holder: whatever waits in my places, for whom ever."""


@dataclass(frozen=True)
class Job:
    """Work that has its page on the site (paper, second readings, confirmations): one line, one page to do it on."""

    title: str
    text: str
    url: str
    button: str
    until: datetime | None = None


@dataclass(frozen=True)
class Filter:
    """A way to narrow the desk that a higher app knows of; rows that pass it are marked with its label.

    Only deadlines of ``subject`` (a model's label) can pass it.
    """

    name: str
    label: Any
    subject: str
    narrow: Callable[[DeadlineQuerySet], DeadlineQuerySet]


@dataclass(frozen=True)
class Second:
    """Work of this kind that is another human's than whoever had a hand in the thing before (domain.md 6).

    ``hands`` are lookups of ``model`` that lead to accounts, ``also`` says it where none does; ``where`` narrows the
    things of which it holds. ``roles`` do it too, next after the holder, where nobody but this person holds that post.
    ``kind`` empty: whatever waits.
    """

    kind: str
    model: type[Model]
    hands: tuple[str, ...]
    roles: tuple[str, ...]
    where: Q
    also: Callable[[User], Q] | None

    def not_for(self, user: User) -> Q:
        """Deadlines of which this person had the first part."""
        mine = self.also(user) if self.also else Q(pk__in=[])
        for hand in self.hands:
            mine |= Q(**{f"{hand}__in": user.keys})
        things = self.model._default_manager.filter(self.where, mine)
        of_kind = Q(kind=self.kind) if self.kind else Q()
        return of_kind & Q(subject_type=self.model._meta.label_lower, subject_id__in=things.values("pk"))


_jobs: list[Callable[[User], Iterable[Job]]] = []
_links: list[Callable[[Territory], Iterable[tuple[str, str]]]] = []
_filters: list[Filter] = []
_meanings: list[Callable[[str], Q]] = []
_holders: dict[str, Any] = {}
_own_pages: set[str] = set()
_seconds: list[Second] = []


def register_jobs(load: Callable[[User], Iterable[Job]]) -> None:
    """For higher apps: what of theirs waits for somebody and is done on a page of the site."""
    _jobs.append(load)


def register_links(load: Callable[[Territory], Iterable[tuple[str, str]]]) -> None:
    """For higher apps: pages of a place that whoever works there looks up, as (label, address)."""
    _links.append(load)


def register_search(load: Callable[[str], Q]) -> None:
    """For higher apps: what else a word of the search means than the words of a title."""
    _meanings.append(load)


def register_filter(narrowed: Filter) -> None:
    _filters.append(narrowed)


def name_holders(labels: dict[str, Any]) -> None:
    """For higher apps: holders that are no role."""
    _holders.update(labels)


def done_on_own_page(*kinds: str) -> None:
    """Deadlines whose work is not on the page of their thing but at the address they carry."""
    _own_pages.update(kinds)


def done_by_another(
    kind: str,
    model: type[Model],
    *hands: str,
    roles: tuple[str, ...] = (),
    where: Q | None = None,
    also: Callable[[User], Q] | None = None,
) -> None:
    """Deadlines of this kind are no work of whoever had a hand in the thing before (``Second``)."""
    _seconds.append(Second(kind, model, hands, roles, where or Q(), also))


def seconds() -> list[Second]:
    return list(_seconds)


def others_work(user: User) -> Q:
    """Of what waits for my posts that which another has to do, since I did the first part."""
    found = Q(pk__in=[])
    for each in _seconds:
        found |= each.not_for(user)
    return found


# --- The page -------------------------------------------------------------------------------------


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Called by unfold for the admin's index."""
    user: User = request.user  # type: ignore[assignment]
    vacancies = vacancies_of(user)
    acting = acting_for(user, vacancies)
    roles, moment = (*roles_of(user), *acting), now()
    asked = _asked(request)
    rows = _narrowed(roles, asked).order_by("due", "pk")
    names = _Names(roles, acting, user)
    shown = [each for each in _groups(rows, moment, user, asked) if asked["show"] in ("", each[0])]
    if asked["show"] in {each.name for each in _filters}:
        label = next(str(each.label) for each in _filters if each.name == asked["show"])
        shown = [(asked["show"], label, rows, _("没有这样的事。"))]
    key = request.GET.get("after", "") if asked["show"] else ""
    groups = _groups_shown(shown, moment, names, asked, key)
    groups = [each for each in groups if each["rows"] or asked["show"] or each["name"] != OTHERS]
    context |= {
        "roles": _said_of(roles_of(user), acting),
        "groups": groups,
        "asked": asked,
        "is_narrowed": any(asked.values()),
        "choices": _choices(roles),
        "vacancies": [] if any(asked.values()) else vacancies,
        "jobs": [*_confirmations(user), *_to_tell(user), *(job for load in _jobs for job in load(user))],
        "alarms": _alarms(user, names.working_places()),
        "links": [link for place in names.working_places() for load in _links for link in load(place)],
    }
    return context


def _alarms(user: User, places: list[Territory]) -> dict[str, Any] | None:
    """Whether alarms leave, and where it is tried; for whoever tries them."""
    if not tries_alarms(user):
        return None
    here = next((place for place in places if place.level_id == "district"), None)
    args = [here.pk, "try-alarms"] if here else None
    return {**alarms_are(), "url": reverse("admin:territory_territory_do", args=args) if args else ""}


def _said_of(own: Iterable[Held], acting: list[Held]) -> list[str]:
    """As whom this person works here: their own posts, and the empty ones in whose stead they act."""
    stead = [_("%(post)s（您代）") % {"post": held.label} for held in acting[:MOST_NAMED]]
    if len(acting) > MOST_NAMED:
        stead.append(_("另外代 %(n)d 个没有人担任的岗位") % {"n": len(acting) - MOST_NAMED})
    return [*(held.label for held in own), *stead]


def _asked(request: HttpRequest) -> dict[str, str]:
    """What was chosen, out of what there is to choose; anything else is nothing."""
    shows = ("overdue", "week", "later", OTHERS, *(each.name for each in _filters))
    holders = (ALL, *Role.values, *_holders)
    given = {name: request.GET.get(name, "") for name in ("show", "holder")}
    return {
        "q": " ".join(request.GET.get("q", "")[:MOST_TYPED].replace("\0", "").split()),
        "show": given["show"] if given["show"] in shows else "",
        "holder": given["holder"] if given["holder"] in holders else "",
    }


def _narrowed(roles: tuple[Held, ...], asked: dict[str, str]) -> DeadlineQuerySet:
    if not _is_mine(asked):
        rows = _in_my_places(roles)
        if asked["holder"] not in ("", ALL):
            rows = rows.filter(role=asked["holder"])
    else:
        rows = Deadline.objects.waiting_for([(held.role, held.path) for held in roles])
    words = paging.words_of(asked["q"])
    if asked["q"] and not words:
        rows = rows.none()
    for word in words:
        meant = Deadline.named(word)
        for load in _meanings:
            meant |= load(word)
        rows = rows.filter(meant)
    for each in _filters:
        rows = each.narrow(rows) if each.name == asked["show"] else rows
    return rows


def _is_mine(asked: dict[str, str]) -> bool:
    """Whether it is asked what waits for this person, and not what waits in their places."""
    return not asked["holder"] and asked["show"] not in {each.name for each in _filters}


def _in_my_places(roles: tuple[Held, ...]) -> DeadlineQuerySet:
    """Whoever works in a place may see what waits there, and for whom."""
    mine = Q(pk__in=[])
    for held in roles:
        if held.role in STAFF_ROLES:
            mine |= Q(place_path__startswith=held.path)
    return Deadline.objects.tasks().filter(mine)


def _groups(
    rows: DeadlineQuerySet, moment: datetime, user: User, asked: dict[str, str]
) -> list[tuple[str, str, DeadlineQuerySet, str]]:
    """What is mine to do by when, then what waits for another; of all that waits in my places there is no such part."""
    week = moment + timedelta(days=7)
    has_others, everybodys = _is_mine(asked) or asked["show"] == OTHERS, rows
    others = _found_once(rows, others_work(user)) if has_others else Q()
    if _is_mine(asked):
        rows = rows.exclude(others)
    groups = [
        ("overdue", _("已逾期"), rows.filter(due__lte=moment), _("没有逾期的事。")),
        ("week", _("七天内到期"), rows.filter(due__gt=moment, due__lte=week), _("七天内没有到期的事。")),
        ("later", _("之后"), rows.filter(due__gt=week), _("没有其他等您办的事。")),
    ]
    if has_others:
        waiting = everybodys.filter(others)
        groups.append((OTHERS, _("前一步是您办的，等另一位办"), waiting, _("没有要等另一位办的事。")))
    return groups


def _found_once(rows: DeadlineQuerySet, which: Q) -> Q:
    """``which`` of these rows, asked once for all the groups that are divided by it, where they are not too many."""
    keys = list(rows.filter(which).order_by().values_list("pk", flat=True)[: MOST_COUNTED + 1])
    return which if len(keys) > MOST_COUNTED else Q(pk__in=keys)


def _groups_shown(
    shown: list[tuple[str, str, DeadlineQuerySet, str]],
    moment: datetime,
    names: _Names,
    asked: dict[str, str],
    key: str,
) -> list[dict[str, Any]]:
    by_due = paging.by_moment("due", newer=True)
    listed = {name: rows for name, _label, rows, _none in shown}
    pages = [(name, label, none, paging.page_of(rows, by_due, key, MOST_ROWS)) for name, label, rows, none in shown]
    theirs = {row.pk for name, _label, _none, page in pages if name == OTHERS for row in page.rows}
    rows = [deadline for *_said, page in pages for deadline in page.rows]
    names.learn(rows, theirs if _is_mine(asked) else None)
    groups = []
    for name, label, none, page in pages:
        chosen = {each: value for each, value in asked.items() if value} | {"show": name}
        is_whole = page.is_first and not page.next
        count = len(page.rows) if is_whole else listed[name][: MOST_COUNTED + 1].count()
        groups.append(
            {
                "name": name,
                "label": label,
                "none": none,
                "rows": [_row(deadline, moment, names) for deadline in page.rows],
                "count": min(count, MOST_COUNTED),
                "more": count > MOST_COUNTED,
                "next": paging.link(chosen, after=page.next) if page.next else "",
                "first": "" if page.is_first else paging.link(chosen),
            }
        )
    return groups


class _Names:
    """Places, holders and marks of the rows shown, asked for once per page and not once per row."""

    def __init__(self, roles: tuple[Held, ...], acting: Iterable[Held], user: User) -> None:
        self.roles = roles
        self.user = user
        self.acting = set(acting)
        self.seconds: dict[int, str] = {}
        self.titles: dict[tuple[str, str], str] = {}
        self.places: dict[str, Territory] = {}
        self.marks: dict[int, list[str]] = {}

    def learn(self, shown: list[Deadline], others: set[int] | None) -> None:
        """``others``: which of the rows are another's though they wait for a post of mine, where that is known."""
        mine = {held.path for held in self.roles}
        paths = mine | {deadline.place_path for deadline in shown}
        self.places = {place.path: place for place in Territory.objects.filter(path__in=paths).order_by("path")}
        self.titles = self._titles(shown)
        self.seconds = self._seconds(shown, others)
        for each in _filters:
            theirs = [deadline.pk for deadline in shown if deadline.subject_type == each.subject]
            for pk in each.narrow(Deadline.objects.filter(pk__in=theirs)).values_list("pk", flat=True):
                self.marks.setdefault(pk, []).append(str(each.label))

    def place_of(self, deadline: Deadline) -> str:
        place = self.places.get(deadline.place_path)
        return place.name if place else ""

    def _mine(self, held: Held) -> str:
        return _("%(post)s（您代）") % {"post": held.label} if held in self.acting else held.label

    def working_places(self) -> list[Territory]:
        """Where this person works in an office, from the top down."""
        paths = {held.path for held in self.roles if held.role in STAFF_ROLES}
        return [place for path, place in self.places.items() if path in paths]

    def holder(self, deadline: Deadline) -> str:
        mine = next((self._mine(held) for held in self.roles if _holds(held, deadline)), "")
        if deadline.pk in self.seconds:
            return self.seconds[deadline.pk]
        if mine:
            return mine
        if deadline.role in Role:
            known = self.titles.get((deadline.place_path, deadline.role))
            return known or title_in(self.place_of(deadline), deadline.role)
        return str(_holders.get(deadline.role, "—"))

    def _seconds(self, shown: list[Deadline], theirs: set[int] | None) -> dict[int, str]:
        """Who else does what I did the first part of: another in the same post, else the next that somebody holds."""
        mine = [each for each in shown if each.role in Role and any(_holds(held, each) for held in self.roles)]
        if theirs is None:
            found = Deadline.objects.filter(others_work(self.user), pk__in=[each.pk for each in mine])
            theirs = set(found.values_list("pk", flat=True)) if mine else set()
        rows = [each for each in mine if each.pk in theirs]
        held = held_at({each.place_path for each in rows}, today(), without=self.user) if rows else {}
        return {each.pk: self._second(each, held[each.place_path]) for each in rows}

    def _second(self, deadline: Deadline, held: set[str]) -> str:
        next_ones = [role for each in _seconds if self._is_of(each, deadline) for role in each.roles]
        role = next((role for role in (deadline.role, *next_ones) if role in held), deadline.role)
        if role != deadline.role:
            return str(Role(role).label)
        post = next(mine.label for mine in self.roles if _holds(mine, deadline))
        return _("%(post)s（另一位）") % {"post": post}

    @staticmethod
    def _is_of(second: Second, deadline: Deadline) -> bool:
        return second.kind in ("", deadline.kind) and second.model._meta.label_lower == deadline.subject_type

    def _titles(self, shown: list[Deadline]) -> dict[tuple[str, str], str]:
        """Whose the rows are that are not mine; where a post is empty, who stands in."""
        others = {
            (each.place_path, each.role)
            for each in shown
            if each.role in Role and each.place_path in self.places and not any(_holds(h, each) for h in self.roles)
        }
        return acting_titles([(self.places[path], role) for path, role in others], today()) if others else {}


def _row(deadline: Deadline, moment: datetime, names: _Names) -> dict[str, Any]:
    left = calendar.working_days_left(moment, deadline.due)
    return {
        "title": deadline.title,
        "url": _page_of(deadline),
        "place": names.place_of(deadline),
        "marks": names.marks.get(deadline.pk, ()),
        "holder": names.holder(deadline),
        "since": deadline.set_at,
        "due": deadline.due,
        "is_late": deadline.due <= moment,
        "left": said_late(deadline.due, moment) or (_("%(days)d 个工作日") % {"days": left} if left else _("快到期")),
    }


def _holds(held: Held, deadline: Deadline) -> bool:
    return held.role == deadline.role and deadline.place_path.startswith(held.path)


def _page_of(deadline: Deadline) -> str:
    """The thing's page at the desk where something can be done with it there, else the page its app named."""
    model = apps.get_model(deadline.subject_type)
    if deadline.kind in _own_pages or not admin.site.is_registered(model):
        return deadline.url
    page: Any = admin.site.get_model_admin(model)
    if not page.desk_forms and not page.beside:
        return deadline.url
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[deadline.subject_id])


# --- What else stands on the desk -----------------------------------------------------------------


def _choices(roles: tuple[Held, ...]) -> dict[str, list[tuple[str, Any]]]:
    """What the form offers: when and what kind, and who holds it."""
    shows = [
        ("", _("全部")),
        ("overdue", _("过了期限的")),
        ("week", _("七天内要办的")),
        ("later", _("七天以后的")),
        (OTHERS, _("等另一位办的")),
        *((each.name, each.label) for each in _filters),
    ]
    holders = [("", _("等我办的")), (ALL, _("我这里所有的")), *Role.choices, *_holders.items()]
    return {"show": shows, "holder": holders if any(held.role in STAFF_ROLES for held in roles) else []}


def _to_tell(user: User) -> list[Job]:
    """Households without a phone that somebody is to tell at their door."""
    count = doors_waiting(user)
    if not count:
        return []
    text = _("%(n)d 户没有手机，请楼栋长上门告知") % {"n": count}
    return [Job(_("上门告知"), text, reverse("to_tell"), _("看名单"))]


def _confirmations(user: User) -> list[Job]:
    """Who says they live in my places and waits for somebody's word."""
    count = claims_for(user).count() if any(held.role in CONFIRMING for held in roles_of(user)) else 0
    if not count:
        return []
    text = _("%(n)d 位居民说住在您这里，等您确认") % {"n": count}
    return [Job(_("确认住户"), text, reverse("confirm_residents"), _("去确认"))]
