"""The way of one call for proposals: open until its day, then judged within policy's days by whoever called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from minshi.deadlines import actions as deadlines
from minshi.lifecycle.machine import Machine, Step
from minshi.residents.models import Role
from minshi.residents.rules import role_in
from proposals.lifecycle.holders import period
from proposals.models import Call, CallStage

CALL_STEPS = (
    Step("open_call", _("开始征集"), ("",), CallStage.OPEN, "proposals.call"),
    Step("close_call", _("征集截止"), (CallStage.OPEN,), CallStage.JUDGING, platform=True),
    Step(
        "record_results",
        _("公布结果"),
        (CallStage.JUDGING,),
        CallStage.ENDED,
        "proposals.call",
        needs_reason=True,
    ),
    Step("climb", _("逾期，转上一级"), (CallStage.JUDGING,), "", platform=True),
    Step("overdue", _("逾期，再次提醒"), (CallStage.JUDGING,), "", platform=True, keeps_time=True),
)
CALLED = "call"


def _entered(call: Call, at: datetime, setting: dict[str, Any]) -> Sequence[str]:
    call.stage_since = at
    if call.stage == CallStage.ENDED:
        call.holder_role, call.holder_place, call.due_at = "", None, None
        call.result = setting["result"]
        return ("stage_since", "holder_role", "holder_place", "due_at", "result")
    own = Role.CASE_OFFICER if call.place.level_id == "street" else Role.CLERK
    call.holder_role = setting.get("role") or own
    call.holder_place = setting.get("place") or call.place
    call.due_at = call.closes_at if call.stage == CallStage.OPEN else period(call.place, "call.judge_days", at).end
    return ("stage_since", "holder_role", "holder_place", "due_at")


def _settled(call: Call) -> None:
    deadlines.meet(call)
    if call.due_at is None or call.holder_place is None or call.stage_since is None:
        return
    # The last day of the window was said; the days for judging are counted, and counted anew by a later calendar.
    counted = period(call.place, "call.judge_days", call.stage_since) if call.stage == CallStage.JUDGING else None
    deadlines.schedule(
        call,
        CALLED,
        call.due_at,
        role=call.holder_role,
        place_path=call.holder_place.path,
        title=_("提案大赛：%(theme)s") % {"theme": call.theme},
        url=call.get_absolute_url(),
        since=call.stage_since,
        basis=counted.basis if counted else "",
        provisional=counted is not None and counted.provisional,
    )


CALL = Machine(
    subject="proposals.call",
    steps=CALL_STEPS,
    stage_labels={str(value): str(label) for value, label in CallStage.choices},
    entered=_entered,
    settled=_settled,
    role_of=lambda user, call: role_in(user, call.place),
)
