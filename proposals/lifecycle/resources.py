"""The way of what somebody offers, and of a request for it, as two tables of steps."""

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
from proposals.models import OFFERER, RequestStage, Resource, ResourceRequest, ResourceStage

UNCONFIRMED, UNANSWERED = "resource", "resource.request"
"""The deadlines of an offer that waits for the community, and of a request that waits for an answer."""

RESOURCE_STEPS = (
    Step("offer", _("登记"), ("",), ResourceStage.OFFERED, "proposals.offer"),
    Step("confirm", _("确认入库"), (ResourceStage.OFFERED,), ResourceStage.LISTED, "proposals.confirm_resource"),
    Step(
        "decline",
        _("不入库"),
        (ResourceStage.OFFERED,),
        ResourceStage.DECLINED,
        "proposals.confirm_resource",
        needs_reason=True,
    ),
    Step(
        "withdraw",
        _("撤下"),
        (ResourceStage.OFFERED, ResourceStage.LISTED),
        ResourceStage.WITHDRAWN,
        "proposals.own_resource",
    ),
    Step(
        "take_off",
        _("社区撤下"),
        (ResourceStage.LISTED,),
        ResourceStage.WITHDRAWN,
        "proposals.confirm_resource",
        needs_reason=True,
    ),
    Step(
        "gone",
        _("提供人注销，撤下"),
        (ResourceStage.OFFERED, ResourceStage.LISTED),
        ResourceStage.WITHDRAWN,
        platform=True,
    ),
    Step("climb", _("逾期，转上一级"), (ResourceStage.OFFERED,), "", platform=True),
    Step("overdue", _("逾期，再次提醒"), (ResourceStage.OFFERED,), "", platform=True, keeps_time=True),
)

REQUEST_STEPS = (
    Step("ask", _("找他帮忙"), ("",), RequestStage.ASKED, "proposals.ask_resource"),
    Step(
        "agree",
        _("同意"),
        (RequestStage.ASKED,),
        RequestStage.AGREED,
        "proposals.answer_request",
        needs_reason=True,
    ),
    Step(
        "refuse",
        _("帮不上"),
        (RequestStage.ASKED,),
        RequestStage.REFUSED,
        "proposals.answer_request",
        needs_reason=True,
    ),
    Step("cancel", _("不用了"), (RequestStage.ASKED,), RequestStage.CANCELLED, "proposals.own_request"),
    Step("fall_away", _("已经撤下，帮不上了"), (RequestStage.ASKED,), RequestStage.REFUSED, platform=True),
    Step("climb", _("没有答复，转社区去问"), (RequestStage.ASKED,), "", platform=True),
    Step("overdue", _("逾期，再次提醒"), (RequestStage.ASKED,), "", platform=True, keeps_time=True),
)

HELD = ("stage_since", "holder_role", "holder_place", "due_at", "due_basis")


def _hold(thing: Resource | ResourceRequest, at: datetime, role: str, place: Any, parameter: str) -> Sequence[str]:
    """Who has it now and until when; nobody once it waits for nothing."""
    thing.stage_since = at
    if thing.stage not in (ResourceStage.OFFERED, RequestStage.ASKED):
        thing.holder_role, thing.holder_place, thing.due_at = "", None, None
        return HELD
    thing.holder_role, thing.holder_place = role, place
    span = period(thing.territory, parameter, at)
    thing.due_at, thing.due_basis = span.end, span.basis
    return HELD


def _resource_entered(resource: Resource, at: datetime, setting: dict[str, Any]) -> Sequence[str]:
    if resource.stage == ResourceStage.LISTED:
        resource.confirmed_by, resource.listed_at = setting["by"], at
    elif resource.stage != ResourceStage.OFFERED:
        resource.ended_at = at
    role, place = answerer_of(resource.place, resource.by)
    role, place = setting.get("role") or role, setting.get("place") or place
    return (*_hold(resource, at, role, place, "resource.confirm_days"), "confirmed_by", "listed_at", "ended_at")


def _request_entered(request: ResourceRequest, at: datetime, setting: dict[str, Any]) -> Sequence[str]:
    """Whoever offers it; where that was on paper, or nobody answered, the community that asks them."""
    community = answerer_of(request.territory)
    asked = community if request.resource.is_for_another else (OFFERER, community[1])
    role, place = setting.get("role") or asked[0], setting.get("place") or asked[1]
    return _hold(request, at, role, place, "resource.answer_days")


def _schedule(thing: Resource | ResourceRequest, kind: str, title: str) -> None:
    deadlines.meet(thing)
    if thing.due_at is None or thing.holder_place is None:
        return
    deadlines.schedule(
        thing,
        kind,
        thing.due_at,
        role="" if thing.holder_role == OFFERER else thing.holder_role,
        place_path=thing.holder_place.path,
        title=title,
        url=thing.page(),
        basis=thing.due_basis,
        since=thing.stage_since,
        provisional=calendar.is_provisional(thing.due_at),
    )


def _resource_settled(resource: Resource) -> None:
    _schedule(resource, UNCONFIRMED, str(_("请确认：%(title)s") % {"title": resource.title}))


def _request_settled(request: ResourceRequest) -> None:
    _schedule(request, UNANSWERED, str(_("请问提供人并答复：%(title)s") % {"title": request.resource.title}))


RESOURCE = Machine(
    subject="proposals.resource",
    steps=RESOURCE_STEPS,
    stage_labels={str(value): str(label) for value, label in ResourceStage.choices},
    entered=_resource_entered,
    settled=_resource_settled,
    role_of=lambda user, resource: role_in(user, resource.place),
)
REQUEST = Machine(
    subject="proposals.resourcerequest",
    steps=REQUEST_STEPS,
    stage_labels={str(value): str(label) for value, label in RequestStage.choices},
    entered=_request_entered,
    settled=_request_settled,
    role_of=lambda user, request: role_in(user, request.territory),
)
