"""The lives of a survey, of a call-back and of a check, each as a table of steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from evaluation.models import CallBack, CallBackStage, Check, CheckStage, SurveyStage
from minshi.deadlines import actions as deadlines
from minshi.lifecycle.machine import Machine, Step
from minshi.policy import calendar
from minshi.residents.models import Role
from minshi.residents.rules import role_in
from proposals.lifecycle import holder_place

GATE = "survey.gate"
CALLBACK = "callback"
CHECK = "aftercare.check"
ACCOUNTS = "accounts.check"
"""Kinds of deadlines. A survey's own closing is the deadline of the stage it makes up."""

SURVEY_STEPS = (
    Step("open", _("开始评议"), ("",), SurveyStage.OPEN, "evaluation.run", platform=True),
    Step("extend", _("答卷不够，延长一次"), (SurveyStage.OPEN,), "", platform=True),
    Step("count", _("截止，核对纸质表"), (SurveyStage.OPEN,), SurveyStage.COUNTING, platform=True),
    Step("close", _("公布结果"), (SurveyStage.OPEN, SurveyStage.COUNTING), SurveyStage.CLOSED, platform=True),
)


def _set(subject: Any, at: datetime, setting: dict[str, Any]) -> Sequence[str]:
    subject.stage_since = at
    for name, fact in setting.items():
        setattr(subject, name, fact)
    return ("stage_since", *setting)


SURVEY = Machine(
    subject="evaluation.survey",
    steps=SURVEY_STEPS,
    stage_labels={str(value): str(label) for value, label in SurveyStage.choices},
    entered=_set,
    role_of=lambda user, survey: role_in(user, survey.territory),
)

CALLBACK_STEPS = (
    Step("open", _("收到差评"), ("",), CallBackStage.OPEN, platform=True),
    Step("contact", _("联系评价人"), (CallBackStage.OPEN,), CallBackStage.CONTACTED, "evaluation.call_back"),
    Step("mend", _("整改完成"), (CallBackStage.CONTACTED,), CallBackStage.MENDED, "evaluation.mend"),
    Step(
        "confirm",
        _("评价人确认已整改"),
        (CallBackStage.MENDED,),
        CallBackStage.SETTLED,
        "evaluation.confirm_callback",
    ),
    Step(
        "contest",
        _("评价人认为没有整改好"),
        (CallBackStage.MENDED,),
        CallBackStage.CONTACTED,
        "evaluation.confirm_callback",
        needs_reason=True,
    ),
    Step("lapse", _("评价人没有回应"), (CallBackStage.MENDED,), CallBackStage.SETTLED, platform=True),
    Step(
        "overdue",
        _("逾期，提醒街道"),
        (CallBackStage.OPEN, CallBackStage.CONTACTED),
        "",
        platform=True,
        keeps_time=True,
    ),
)

DAYS_OF_CALLBACK = {
    # How long each state may last (policy row 20).
    CallBackStage.OPEN: "callback.contact_days",
    CallBackStage.CONTACTED: "callback.mend_days",
    CallBackStage.MENDED: "callback.mend_days",
}


def _callback_entered(callback: CallBack, at: datetime, setting: dict[str, Any]) -> Sequence[str]:
    fields = _set(callback, at, setting)
    days = DAYS_OF_CALLBACK.get(CallBackStage(callback.stage))
    span = calendar.period(at, working_days=int(callback.survey.terms[days])) if days else None
    callback.due_at, callback.due_basis = (span.end, span.basis) if span else (None, "")
    return ("due_at", *fields)


def _callback_settled(callback: CallBack) -> None:
    deadlines.meet(callback)
    if callback.due_at is None:
        return
    # Who calls and who mends are two; waiting for the rater is nobody's task on the desk.
    role = {CallBackStage.OPEN: Role.SUPERVISOR, CallBackStage.CONTACTED: Role.CLERK}.get(CallBackStage(callback.stage))
    title = callback.survey.proposal.title
    deadlines.schedule(
        callback,
        CALLBACK,
        callback.due_at,
        role=role or "",
        place_path=holder_place(callback.territory, "community").path if role else "",
        title=_("差评回访（%(stage)s）：%(title)s") % {"stage": CallBackStage(callback.stage).label, "title": title},
        url=callback.get_absolute_url(),
        basis=callback.due_basis,
        provisional=calendar.is_provisional(callback.due_at),
    )


CALLBACK_MACHINE = Machine(
    subject="evaluation.callback",
    steps=CALLBACK_STEPS,
    stage_labels={str(value): str(label) for value, label in CallBackStage.choices},
    entered=_callback_entered,
    settled=_callback_settled,
    role_of=lambda user, callback: role_in(user, callback.territory),
)

CHECK_STEPS = (
    Step("plan", _("安排回看"), ("",), CheckStage.WAITING, platform=True),
    Step("look", _("回看"), (CheckStage.WAITING,), CheckStage.DONE, "evaluation.keep"),
    Step("overdue", _("逾期，提醒街道"), (CheckStage.WAITING,), "", platform=True, keeps_time=True),
)


def _check_settled(check: Check) -> None:
    deadlines.meet(check)
    if check.stage != CheckStage.WAITING:
        return
    deadlines.schedule(
        check,
        CHECK,
        check.due_at,
        role=Role.CLERK,
        place_path=holder_place(check.territory, "community").path,
        title=_("管护回看（%(n)d个月）：%(title)s") % {"n": check.months, "title": check.aftercare.proposal.title},
        url=check.get_absolute_url(),
        basis=check.due_basis,
        remind_at=check.begins_at if check.begins_at > check.stage_since else None,  # type: ignore[operator]
        provisional=calendar.is_provisional(check.due_at),
    )


CHECK_MACHINE = Machine(
    subject="evaluation.check",
    steps=CHECK_STEPS,
    stage_labels={str(value): str(label) for value, label in CheckStage.choices},
    entered=_set,
    settled=_check_settled,
    role_of=lambda user, check: role_in(user, check.territory),
)
