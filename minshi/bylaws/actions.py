"""Entering what a place ruled for itself, confirming it as another, ending what it replaces."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.bylaws import told
from minshi.bylaws.models import (
    ADOPTED_LENGTH,
    ANSWER_LENGTH,
    MOST_MEMBERS,
    POST_LENGTH,
    TEXT_LENGTH,
    TITLE_LENGTH,
    Bylaw,
    BylawKind,
)
from minshi.bylaws.rules import has_bylaws, keeps_bylaws
from minshi.bylaws.selectors import BYLAW, ENDING
from minshi.clock import midnight, now, today
from minshi.deadlines.actions import look_again, meet, schedule
from minshi.deadlines.models import Deadline
from minshi.faces.pictures import reencoded
from minshi.faces.words import cn_date, cn_until
from minshi.lifecycle.action import action, in_turn, just_said
from minshi.masking import is_seen, mask_name, mask_text, one_line, seen
from minshi.notifications.actions import tell, tell_all, tell_role
from minshi.notifications.following import tell_of_place
from minshi.notifications.selectors import holders
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused, refusing
from minshi.residents.models import OFFICES, ORGANISERS, Role, RoleGrant
from minshi.residents.naming import without_neighbours
from minshi.residents.rules import acting_as, role_in, roles_of
from minshi.residents.striking import second_after
from minshi.territory.models import Territory


@action
def enter(
    place: Territory,
    *,
    kind: str,
    title: str,
    text: str,
    adopted: str,
    adopted_on: date,
    since: date,
    until: date | None = None,
    members: str = "",
    binds_owners: bool = False,
    scan: UploadedFile | None = None,
    by: User,
) -> Bylaw:
    """Write down what was adopted; it holds once another confirmed it. ``until`` is exclusive.

    ``members``: of a committee, a line each: name and post. Raises ``Refused`` beside the fields.
    """
    if not has_bylaws(place):
        raise Refused(_("社区和社区以下的地方才有自己的规则"))
    if not keeps_bylaws(by, place):
        raise NotAllowed(_("地方规则由这里的社区工作人员登记"))
    in_turn(by, "bylaw")
    named = _members(members) if kind == BylawKind.COMMITTEE else []
    words = {
        "title": _public(one_line(title), place, named)[:TITLE_LENGTH],
        "text": _public(seen(text), place, named)[:TEXT_LENGTH],
        "adopted": _public(one_line(adopted), place, named)[:ADOPTED_LENGTH],
    }
    facts: dict[str, Any] = {
        **words,
        "kind": kind,
        "adopted_on": adopted_on,
        "since": since,
        "until": until,
        "members": [[mask_name(name), post] for name, post in named],
        "binds_owners": binds_owners,
    }
    # What was refused is entered anew, perhaps with nothing but another day.
    before = Bylaw.objects.filter(place=place, entered_by=by).exclude(is_granted=False)
    if again := just_said(before, "entered_at", **facts):
        return again
    _refuse_unsound(kind, words, adopted_on, since, until, named, binds_owners)
    with refusing(one_waiting_bylaw_of_a_kind=("kind", _("这一类已有一份等另一位确认，先办完那一份"))):
        entered = Bylaw.objects.create(
            place=place,
            scan=reencoded(scan) if scan else "",
            entered_by=by,
            entered_as=acting_as(by, place, Role.CLERK)[:120],
            **facts,
        )
    wait_for_second(entered, by=None)
    return entered


def _refuse_unsound(
    kind: str,
    words: dict[str, str],
    adopted_on: date,
    since: date,
    until: date | None,
    named: list[tuple[str, str]],
    binds_owners: bool,
) -> None:
    wrong = {name: _("请写出来，大家都看得到") for name, said in words.items() if not is_seen(said)}
    if adopted_on > today():
        wrong["adopted_on"] = _("通过的日期还没有到")
    elif adopted_on > since:
        wrong["since"] = _("通过以后才能施行")
    if until is not None and until <= since:
        wrong["until"] = _("失效日期要晚于施行日期")
    if kind == BylawKind.COMMITTEE:
        if not named:
            wrong["members"] = _("请写成员，一行一位：姓名 职务")
        if until is None:
            wrong["until"] = _("自管会要写任期到哪一天")
        if binds_owners:
            wrong["binds_owners"] = _("成员名单不能规定表决的效力，请写在章程或议事规则里")
    if wrong:
        raise Refused(**wrong)


def _members(text: str) -> list[tuple[str, str]]:
    found = []
    for line in filter(None, map(one_line, text.splitlines())):
        name, *post = re.split(r"[\s,，、:：]+", line, maxsplit=1)
        found.append((name[:20], (post[0] if post else str(_("成员")))[:POST_LENGTH]))
    if len(found) > MOST_MEMBERS:
        raise Refused(members=_("最多 %(most)d 位") % {"most": MOST_MEMBERS})
    return found


def _public(text: str, place: Territory, named: Iterable[tuple[str, str]]) -> str:
    return without_neighbours(mask_text(text), place, known=[name for name, _post in named])


@action
def confirm(bylaw: Bylaw, *, by: User) -> Bylaw:
    """The second person: from its day on it holds, and what it replaces ends there.

    Where one of its kind holds already, it begins today at the earliest: what held on a past day is not changed.
    """
    bylaw = _to_answer(bylaw, by)
    before = _ended_by(bylaw)
    if before is not None:
        bylaw.since = max(bylaw.since, today())
        before.until = bylaw.since
        if before.since >= before.until:
            raise Refused(_("今天刚施行的一份，明天起才能替代"))
        before.save(update_fields=["until"])
        meet(before, ENDING)
        bylaw.replaces = before
    with refusing(
        bylaw_ends_after_it_begins=("since", _("它写明的失效日期已经过了，请退回重新登记")),
        one_bylaw_of_a_kind_at_a_time=("since", _("同一时期已有一份同类的规则，请退回，改施行日期再登记")),
    ):
        _answer(bylaw, by, granted=True, fields=("since", "replaces"))
    if bylaw.until is None or bylaw.until > today():  # of what is long over nobody needs to hear
        _tell_confirmed(bylaw)
        _watch_end(bylaw)
    return bylaw


def _ended_by(bylaw: Bylaw) -> Bylaw | None:
    """The one of its kind that holds when this is to begin."""
    rows = Bylaw.objects.select_for_update(of=("self",)).filter(place=bylaw.place_id, kind=bylaw.kind)
    return rows.in_force(max(bylaw.since, today())).first()


@action
def refuse(bylaw: Bylaw, *, reason: str, by: User) -> Bylaw:
    """The second person finds it is not what was adopted; whoever entered it reads why, and enters it anew."""
    bylaw = _to_answer(bylaw, by)
    if not seen(reason):
        raise Refused(reason=_("请写明哪里不对"))
    bylaw.answer = _public(one_line(reason), bylaw.place, ())[:ANSWER_LENGTH]
    _answer(bylaw, by, granted=False, fields=("answer",))
    return bylaw


def why_not_answer(user: User, bylaw: Bylaw) -> str:
    """Why this person is not the second one; empty when they are."""
    if bylaw.answered_at is not None:
        return _("这份规则已经有人答复")
    if user.is_same(bylaw.entered_by_id):
        return _("登记的人不能自己确认，要由另一个人来办")
    waits = Deadline.objects.tasks().of(bylaw).filter(kind=BYLAW).first()
    if waits is None or not any(
        held.role == waits.role and waits.place_path.startswith(held.path) for held in roles_of(user)
    ):
        return _("这份规则不由您确认")
    return ""


def _to_answer(bylaw: Bylaw, by: User) -> Bylaw:
    rows = Bylaw.objects.select_for_update(of=("self",)).select_related("place", "entered_by")
    bylaw = rows.get(pk=bylaw.pk)
    if why := why_not_answer(by, bylaw):
        raise NotAllowed(why)
    return bylaw


def _answer(bylaw: Bylaw, by: User, *, granted: bool, fields: tuple[str, ...]) -> None:
    waits = Deadline.objects.tasks().of(bylaw).get(kind=BYLAW)
    bylaw.answered_by, bylaw.answered_at, bylaw.is_granted = by, now(), granted
    bylaw.answered_as = role_in(by, Territory(path=waits.place_path))[:120]
    bylaw.save(update_fields=["answered_by", "answered_as", "answered_at", "is_granted", *fields])
    meet(bylaw, BYLAW)
    title = (_("规则已确认：%(title)s") if granted else _("规则没有确认：%(title)s")) % {"title": bylaw.title}
    at_desk = reverse("admin:territory_territory_change", args=[bylaw.place_id])
    url = bylaw.get_absolute_url() if granted else at_desk
    tell(bylaw.entered_by, title, bylaw.answer, url, event=told.ANSWERED.name)


def _watch_end(bylaw: Bylaw) -> None:
    """A term that ends is told beforehand, as everybody's else in a post."""
    if bylaw.until is not None:
        days = int(str(policy.value("term.notice_days", bylaw.place)))
        schedule(bylaw, ENDING, max(now(), midnight(bylaw.until - timedelta(days=days))))


@action
def ends(bylaw: Bylaw, *, by: None = None) -> None:
    """Whoever enters the next one is told that this one is to end."""
    if bylaw.until is None or Bylaw.objects.confirmed().filter(replaces=bylaw).exists():
        return
    words = {"place": bylaw.place.name, "title": bylaw.title, "day": cn_date(bylaw.until)}
    title = _("%(place)s的“%(title)s”快到期了") % words
    said = _("到 %(day)s（不含）为止。接着施行、换届的，请登记新的一份。") % words
    url = reverse("admin:territory_territory_do", args=[bylaw.place_id, "enter-bylaw"])
    tell_role(Role.CLERK, bylaw.place, title, said, url, event=told.ENDING.name)


# --- Somebody is told ------------------------------------------------------------------------------


@action
def wait_for_second(bylaw: Bylaw, *, late: Deadline | None = None, by: None = None) -> None:
    """The second person has it on the desk, with a day to answer by; ``late`` is of whoever let it lie.

    Whoever stands at the top stays late, and is asked again.
    """
    where = bylaw.place
    found = second_after(where, bylaw.entered_by, late.role if late else "")
    period = calendar.period(now(), working_days=int(str(policy.value("receipt.days", where))))
    title = _("确认%(place)s的规则：%(title)s") % {"place": where.name, "title": bylaw.title}
    if found is None and late is not None:
        look_again(late, period.end)
        _tell_second(bylaw, late.role, Territory.objects.get(path=late.place_path), title, late.due)
        return
    role, path = found or (OFFICES["district"][0], where.path)
    schedule(
        bylaw,
        BYLAW,
        period.end,
        role=role,
        place_path=path,
        title=_("逾期：%(title)s") % {"title": title} if late else title,
        url=reverse("confirm_bylaws"),
        basis=period.basis,
        provisional=period.provisional,
    )
    _tell_second(bylaw, role, Territory.objects.get(path=path), title, period.end)


def _tell_second(bylaw: Bylaw, role: str, place: Territory, title: str, end: datetime) -> None:
    """All who hold the post, but never whoever entered it."""
    others = [user for user in holders(role, place) if not user.is_same(bylaw.entered_by_id)]
    said = _("应在 %(end)s 前答复") % {"end": cn_until(end)}
    tell_all(others, title, said, reverse("confirm_bylaws"), event=told.TO_CONFIRM.name)


def _tell_confirmed(bylaw: Bylaw) -> None:
    """Its chiefs, and whoever follows the place."""
    words = {"place": bylaw.place.name, "title": bylaw.title, "day": cn_date(bylaw.since)}
    title = _("%(place)s的规则《%(title)s》自%(day)s起施行") % words
    chiefs = RoleGrant.objects.active(today()).filter(role__in=ORGANISERS, user__is_active=True)
    here: list[Any] = list(chiefs.filter(place__path__startswith=bylaw.place.path).select_related("user"))
    url = bylaw.get_absolute_url()
    tell_all([grant.user for grant in here], title, "", url, event=told.CONFIRMED.name)
    heard = [grant.user_id for grant in here]
    tell_of_place(bylaw.place, title, url, key=f"bylaw:{bylaw.pk}", heard=heard)
