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
from proposals.models import Wish, WishStage

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
        "fulfil",
        _("实现"),
        (WishStage.NEW, WishStage.CLAIMED, WishStage.HANDED),
        WishStage.FULFILLED,
        "proposals.answer_wish",
        needs_reason=True,
    ),
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
        (WishStage.NEW, WishStage.HANDED),
        WishStage.DECLINED,
        "proposals.answer_wish",
        needs_reason=True,
    ),
    Step(
        "climb",
        _("逾期未回应，转上一级"),
        (WishStage.NEW, WishStage.CLAIMED, WishStage.HANDED),
        "",
        platform=True,
    ),
    Step(
        "overdue",
        _("逾期，再次提醒"),
        (WishStage.NEW, WishStage.CLAIMED, WishStage.HANDED),
        "",
        platform=True,
        keeps_time=True,
    ),
)


def _wish_entered(wish: Wish, at: datetime, setting: dict[str, Any]) -> Sequence[str]:
    wish.stage_since = at
    if wish.stage in (WishStage.NEW, WishStage.CLAIMED, WishStage.HANDED):
        role, place = answerer_of(wish.place)
        wish.holder_role = setting.get("role") or role
        wish.holder_place = setting.get("place") or place
        span = period(wish.place, "urgent.days" if wish.urgent else "wish.days", at)
        wish.due_at, wish.due_basis = span.end, span.basis
    else:
        wish.holder_role, wish.holder_place, wish.due_at = "", None, None
    return ("stage_since", "holder_role", "holder_place", "due_at", "due_basis")


def _wish_settled(wish: Wish) -> None:
    deadlines.meet(wish)
    if wish.due_at is None or wish.holder_place is None:
        return
    deadlines.schedule(
        wish,
        "wish",
        wish.due_at,
        role=wish.holder_role,
        place_path=wish.holder_place.path,
        title=_("微心愿：%(text)s") % {"text": wish.text},
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
