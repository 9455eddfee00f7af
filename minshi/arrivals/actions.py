"""Waiting for a word on who lives where: chief, then clerk, then street; at once both where a vote runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.arrivals import told
from minshi.clock import midnight, now, today
from minshi.deadlines.actions import look_again, meet, schedule
from minshi.deadlines.models import Deadline
from minshi.faces.words import cn_until
from minshi.lifecycle.action import action
from minshi.masking import mask_name
from minshi.notifications.actions import tell_all, tell_role
from minshi.notifications.selectors import holders
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.policy.models import Setting
from minshi.residents.models import OFFICES, ORGANISERS, Residence, Role, RoleGrant, StrikeOff
from minshi.residents.rules import APPOINTS, nearest_role, title_in
from minshi.residents.striking import next_second
from minshi.residents.waiting import CLAIM, HURRIED, REPRESENT, STRIKE
from minshi.territory.models import Territory

LADDER: tuple[tuple[tuple[Role, ...], str], ...] = (
    (ORGANISERS, ""),
    ((Role.CLERK,), "community"),
    ((Role.CASE_OFFICER,), "street"),
)
"""Who says that somebody lives there: the organisers of the place, the community, the street."""


@action
def wait_for_word(claim: Residence, *, by: object = None) -> None:
    """Whoever may confirm this claim first has it in their queue, with a day to answer by."""
    _ask(claim, CLAIM, rung=0, days="confirm.days")


@action
def wait_for_agreement(home: Residence, *, by: object = None) -> None:
    """Who asked to become the household's representative hears from the clerk where the present one is silent."""
    _ask(home, REPRESENT, rung=1, days="confirm.days")


@action
def hurry(doors: list[int] | QuerySet[Any, Any], *, ends_at: datetime, about: str, by: object = None) -> int:
    """A vote or a survey of these doors runs: chief and clerk are asked at once. Returns how many wait there.

    What was due before that, or is late already, stays due since it was, with whoever has it.
    """
    claims = Residence.objects.claims().filter(household__in=doors).select_related("household__place", "person")
    for claim in claims:
        due = min(calendar.period_end(now(), working_days=1), ends_at)
        for kind, rung in ((CLAIM, 0), (HURRIED, 1)):
            if not Deadline.objects.of(claim).open().filter(kind=kind, due__lte=due).exists():
                _ask(claim, kind, rung=rung, due=due, about=about)
    return len(claims)


@action
def climb(home: Residence, late: Deadline, *, by: object = None) -> None:
    """Nobody answered in time: the next one up is asked. Whoever stands at the top stays late, and is asked again."""
    top = len(LADDER) - 1
    rung = next(number for number, (roles, _level) in enumerate(LADDER) if late.role in roles or number == top)
    above = min(rung + 1, top)
    role, place = _holder(home, above)
    if (role, place.path) != (late.role, late.place_path):
        _ask(home, late.kind, rung=above, days="confirm.climb_days", is_late=True)
        return
    days = int(str(policy.value("confirm.climb_days", home.household.place)))
    look_again(late, calendar.period_end(now(), working_days=days))
    url, event = _page_of(home, late.kind)
    words = _("应在 %(end)s 前答复") % {"end": cn_until(late.due)}
    tell_role(role, place, _title(home, late.kind, True), words, url, event=event)


@action
def answered(home: Residence, *kinds: str, by: object = None) -> None:
    """Nothing waits for a word any more."""
    meet(home, *(kinds or (CLAIM, HURRIED)))


@action
def wait_for_second(strike: StrikeOff, *, late: Deadline | None = None, by: object = None) -> None:
    """The second person has it on the desk, with a day to answer by; ``late`` is of whoever let it lie.

    Whoever stands at the top stays late, and is asked again.
    """
    where = strike.household.place
    found = next_second(strike, late.role if late else "")
    period = calendar.period(now(), working_days=int(str(policy.value("receipt.days", where))))
    title = _("确认注销门牌：%(where)s") % {"where": strike.household.label or where.name}
    if found is None and late is not None:
        look_again(late, period.end)
        _tell_second(strike, late.role, Territory.objects.get(path=late.place_path), title, late.due)
        return
    role, path = found or (OFFICES["district"][0], where.path)
    schedule(
        strike,
        STRIKE,
        period.end,
        role=role,
        place_path=path,
        title=_("逾期：%(title)s") % {"title": title} if late else title,
        url=reverse("strikes"),
        basis=period.basis,
        provisional=period.provisional,
    )
    _tell_second(strike, role, Territory.objects.get(path=path), title, period.end)


def _tell_second(strike: StrikeOff, role: str, place: Territory, title: str, end: datetime) -> None:
    """All who hold the post, but never whoever asked."""
    said = _("理由：%(reason)s；应在 %(end)s 前答复") % {"reason": strike.reason, "end": cn_until(end)}
    others = [user for user in holders(role, place) if not user.is_same(strike.asked_by_id)]
    tell_all(others, title, said, reverse("strikes"), event=told.STRIKE_ASKED.name)


def _ask(
    home: Residence,
    kind: str,
    *,
    rung: int,
    days: str = "",
    due: datetime | None = None,
    about: str = "",
    is_late: bool = False,
) -> None:
    role, place = _holder(home, rung)
    where = home.household.place
    period = calendar.period(now(), working_days=int(str(policy.value(days, where)))) if days else None
    end = due or (period.end if period else now())
    title = _title(home, kind, is_late)
    schedule(
        home,
        kind,
        end,
        role=role,
        place_path=place.path,
        title=title,
        url="" if kind == REPRESENT else reverse("confirm_residents"),
        basis=period.basis if period else "",
        provisional=bool(period and period.provisional),
    )
    said = _("%(about)s；请在 %(end)s 前答复") if about else _("%(about)s请在 %(end)s 前答复")
    page, event = _page_of(home, kind)
    tell_role(role, place, title, said % {"about": about, "end": cn_until(end)}, page, event=event)


def _page_of(home: Residence, kind: str) -> tuple[str, str]:
    """Where it is answered, and the event by which its holder hears of it."""
    return (
        (_at_the_desk(home), told.TO_DECIDE.name)
        if kind == REPRESENT
        else (reverse("confirm_residents"), told.TO_CONFIRM.name)
    )


def _title(home: Residence, kind: str, is_late: bool) -> str:
    """Doors and names stay on the page of whoever may see them; a title goes to many."""
    what = _("换户代表：%(where)s") if kind == REPRESENT else _("确认住户：%(where)s")
    title = what % {"where": home.household.label or home.household.place.name}
    return _("逾期：%(title)s") % {"title": title} if is_late else title


def _at_the_desk(home: Residence) -> str:
    return reverse("admin:residents_residence_change", args=[home.pk])


def _holder(home: Residence, rung: int) -> tuple[str, Territory]:
    """The first from this rung upwards that somebody else holds; the last one where nobody does."""
    place = home.household.place
    asker = home.person.user_id if home.person else None
    for roles, level in LADDER[rung:]:
        at = (place.at_level(level) if level else place) or place
        if found := nearest_role(at, roles, without=asker):
            return found, at
    district = place.at_level("district") or place
    return OFFICES["district"][0], district


# --- Terms that end ---------------------------------------------------------------------------------

TERM_ENDING = "arrivals.term_ending"
"""The kind of deadline at which whoever fills a post hears that its term ends (policy's days before)."""


def watch_terms() -> int:
    """Set a deadline for each term whose notice is near and has none yet, by whichever way the post was given.

    Repeating it does no harm: what has fired stays beside its effect.
    """
    given = Setting.objects.filter(parameter__name="term.notice_days").values_list("value", flat=True)
    last = today() + timedelta(days=max((int(days) for days in given), default=0) + 1)
    known = Deadline.objects.filter(
        subject_type=RoleGrant._meta.label_lower, subject_id=OuterRef("pk"), kind=TERM_ENDING
    )
    ends = RoleGrant.objects.filter(~Exists(known), until__gt=today(), until__lte=last, revoked_at=None)
    number = 0
    for held in ends.select_related("place").order_by("pk").iterator():
        _watch_term(held, by=None)
        number += 1
    return number


@action
def _watch_term(held: RoleGrant, *, by: object = None) -> None:
    held = RoleGrant.objects.select_for_update(of=("self",)).select_related("place").get(pk=held.pk)
    if held.until is None or Deadline.objects.of(held).filter(kind=TERM_ENDING).exists():
        return
    days = int(policy.value("term.notice_days", held.place))
    schedule(held, TERM_ENDING, midnight(held.until - timedelta(days=days)))


@action
def term_ends(held: RoleGrant, *, by: object = None) -> None:
    """Whoever fills the post is told, unless it was taken back or given on meanwhile."""
    lasts = Q(until=None) | Q(until__gt=held.until)
    same = RoleGrant.objects.filter(lasts, user=held.user, role=held.role, place=held.place, revoked_at=None)
    fills = next((own for own, given in APPOINTS.items() if held.role in given), None)
    if held.revoked_at or held.until is None or fills is None or same.exists():
        return
    person = getattr(held.user, "person", None)
    title = _("任期快到了：%(post)s%(who)s") % {
        "post": title_in(held.place.name, held.role),
        "who": mask_name(person.name) if person else "",
    }
    words = _(
        "到 %(day)s 为止。续任、换届要有新的推选或任命记录，在“居民”或“任职”里办；没有人接任，这里的事由上一级办。"
    )
    words %= {"day": cn_until(midnight(held.until))}
    url = reverse("admin:residents_rolegrant_change", args=[held.pk])
    tell_role(fills, held.place, title, words, url, event=told.TERM_ENDING.name)
