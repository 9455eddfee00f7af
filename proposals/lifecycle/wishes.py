"""The way of one wish as a table of steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from minshi.deadlines import actions as deadlines
from minshi.lifecycle.machine import Machine, Step
from minshi.policy import calendar
from minshi.residents.rules import role_in
from proposals.lifecycle.holders import answerer_of, period
from proposals.models import WISH_RESTS, WISH_WAITS, Wish, WishStage

JUDGED = "wish.judged"
"""The deadline by which whoever wished may say that it is not done."""


def _is_urgent(wish: Wish) -> list[object]:
    return [] if wish.urgent else [_("只有急事要登记到场")]


WISH_STEPS = (
    Step("wish", _("许下心愿"), ("",), WishStage.NEW, "proposals.wish"),
    Step("claim", _("认领"), (WishStage.NEW, WishStage.HANDED), WishStage.CLAIMED, "proposals.answer_wish"),
    Step(
        "hand_over",
        _("转责任单位"),
        (WishStage.NEW,),
        WishStage.HANDED,
        "proposals.answer_wish",
        needs_reason=True,
    ),
    Step(
        "arrive",
        _("到场处理"),
        (WishStage.NEW, WishStage.CLAIMED, WishStage.HANDED),
        WishStage.ONSITE,
        "proposals.answer_wish",
        needs_reason=True,
        obstacles=(_is_urgent,),
    ),
    Step("fulfil", _("办好了"), WISH_WAITS, WishStage.SAID, "proposals.answer_wish", needs_reason=True),
    Step("agree", _("许愿人确认办好"), (WishStage.SAID,), WishStage.FULFILLED, "proposals.judge_wish"),
    Step(
        "contest",
        _("许愿人说还没有办好"),
        (WishStage.SAID,),
        WishStage.CLAIMED,
        "proposals.judge_wish",
        needs_reason=True,
    ),
    Step("accept_silence", _("许愿人没有再提，算办好"), (WishStage.SAID,), WishStage.FULFILLED, platform=True),
    Step("join", _("并到同样的心愿"), WISH_WAITS, WishStage.JOINED, "proposals.part_wish"),
    Step("part", _("分开单办"), (WishStage.JOINED,), WishStage.NEW, "proposals.part_wish", needs_reason=True),
    Step(
        "promote",
        _("转为项目"),
        (WishStage.NEW, WishStage.CLAIMED),
        WishStage.PROMOTED,
        "proposals.promote_wish",
    ),
    Step(
        "decline",
        _("未采纳"),
        (WishStage.NEW, WishStage.CLAIMED, WishStage.HANDED),
        WishStage.DECLINED,
        "proposals.answer_wish",
        needs_reason=True,
    ),
    Step(
        "climb",
        _("逾期，转上一级"),
        WISH_WAITS,
        "",
        platform=True,
    ),
    Step(
        "overdue",
        _("逾期，再次提醒"),
        WISH_WAITS,
        "",
        platform=True,
        keeps_time=True,
    ),
)


URGENT = {
    # An urgent wish has a deadline for each step, counted from when it was wished (policy row 3).
    WishStage.NEW: ("urgent.respond_hours", "hours"),
    WishStage.CLAIMED: ("urgent.onsite_hours", "hours"),
    WishStage.HANDED: ("urgent.onsite_hours", "hours"),
    WishStage.ONSITE: ("urgent.days", "working_days"),
}


def _span(wish: Wish, at: datetime, *, anew: bool) -> calendar.Period:
    """How long it may stand where it stands; ``anew`` counts from ``at`` also where it is urgent.

    So does an urgent one that is behind its time already: it is late in the record, and whoever has it now gets time.
    """
    if wish.stage == WishStage.SAID:
        return period(wish.place, "wish.judge_days", at)
    if not wish.urgent:
        return period(wish.place, "wish.days", at)
    parameter, unit = URGENT[WishStage(wish.stage)]
    span = period(wish.place, parameter, at if anew else wish.at, unit)
    return span if span.end > at else period(wish.place, parameter, at, unit)


def _wish_entered(wish: Wish, at: datetime, setting: dict[str, Any]) -> Sequence[str]:
    wish.stage_since = at
    wish.joined_to = setting.get("joined_to")
    if wish.stage in WISH_RESTS:
        wish.holder_role, wish.holder_place, wish.due_at = "", None, None
    else:
        if wish.stage != WishStage.SAID:  # whoever said it is done gets it back
            role, place = answerer_of(wish.place)
            wish.holder_role = setting.get("role") or role
            wish.holder_place = setting.get("place") or place
        span = _span(wish, at, anew=bool(setting))
        wish.due_at, wish.due_basis = span.end, span.basis
    return ("stage_since", "joined_to", "holder_role", "holder_place", "due_at", "due_basis")


def _wish_settled(wish: Wish) -> None:
    deadlines.meet(wish)
    if wish.due_at is None or wish.holder_place is None:
        return
    is_said = wish.stage == WishStage.SAID
    said = {"text": wish.text}
    deadlines.schedule(
        wish,
        JUDGED if is_said else "wish",
        wish.due_at,
        role="" if is_said else wish.holder_role,
        place_path=wish.holder_place.path,
        title=_("急事：%(text)s") % said if wish.urgent else _("微心愿：%(text)s") % said,
        url=wish.get_absolute_url(),
        basis=wish.due_basis,
        since=wish.stage_since,
        provisional=calendar.is_provisional(wish.due_at),
    )


WISH = Machine(
    subject="proposals.wish",
    steps=WISH_STEPS,
    stage_labels={str(value): str(label) for value, label in WishStage.choices},
    entered=_wish_entered,
    settled=_wish_settled,
    role_of=lambda user, wish: role_in(user, wish.place),
)
