"""The way of one question as a table of steps; whoever holds its project answers, and silence climbs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from minshi.deadlines import actions as deadlines
from minshi.lifecycle.machine import Machine, Step
from minshi.policy import calendar
from minshi.residents.models import OFFICES
from minshi.residents.rules import RESIDENT, role_in
from minshi.territory.models import Territory
from proposals.lifecycle.holders import (
    GROUP,
    HOLDER_LABELS,
    LEVELS,
    PROPOSER,
    answerer_of,
    holder_place,
    period,
    street_or_district,
)
from proposals.models import ENDED, Question, QuestionStage

WAITING, ANSWERED = QuestionStage.WAITING, QuestionStage.ANSWERED

QUESTION_STEPS = (
    Step("ask", _("提问"), ("",), WAITING, "proposals.ask"),
    Step("answer", _("答复"), (WAITING,), ANSWERED, "proposals.answer_question", needs_reason=True),
    Step(
        "hide",
        _("隐藏"),
        (WAITING, ANSWERED),
        QuestionStage.HIDDEN,
        "proposals.hide_question",
        needs_reason=True,
    ),
    Step("climb", _("逾期没有答复，转上一级"), (WAITING,), "", platform=True),
    Step("overdue", _("逾期，再次提醒"), (WAITING,), "", platform=True, keeps_time=True),
)


def first_answerer(question: Question) -> tuple[str, Territory]:
    """Whoever holds its project; where that is a group or nobody any more, and of the policy, the community."""
    proposal = question.proposal
    if proposal is None or proposal.stage in ENDED or proposal.holder_role in ("", GROUP):
        return answerer_of(question.place)
    assert proposal.holder_place
    return proposal.holder_role, proposal.holder_place


def next_answerer(question: Question) -> tuple[str, Territory] | None:
    """Who answers when this one was silent: the community, the street, the district; nobody above that."""
    level = LEVELS[question.holder_role]
    ladder = {
        "": answerer_of(question.place),
        "community": street_or_district(question.place),
        "street": (str(OFFICES["district"][0]), holder_place(question.place, "district")),
    }
    return ladder.get(level)


def _entered(question: Question, at: datetime, setting: dict[str, Any]) -> Sequence[str]:
    question.stage_since = at
    if question.stage == WAITING:
        role, place = (setting["role"], setting["place"]) if setting.get("role") else first_answerer(question)
        question.holder_role, question.holder_place = role, place
        span = period(question.place, "question.climb_days" if setting.get("role") else "question.days", at)
        question.due_at, question.due_basis = span.end, span.basis
    else:
        question.holder_role, question.holder_place, question.due_at, question.due_basis = "", None, None, ""
    said = [name for name in ("answer", "hidden_why") if name in setting]
    for name in said:
        setattr(question, name, setting[name])
    return ("stage_since", "holder_role", "holder_place", "due_at", "due_basis", *said)


def _settled(question: Question) -> None:
    deadlines.meet(question)
    if question.due_at is None or question.holder_place is None or question.stage_since is None:
        return
    deadlines.schedule(
        question,
        "question",
        question.due_at,
        role=question.holder_role,
        place_path=question.holder_place.path,
        title=_("提问：%(text)s") % {"text": question.text},
        url=question.get_absolute_url(),
        basis=question.due_basis,
        since=question.stage_since,
        remind_at=question.due_at - (question.due_at - question.stage_since) / 3,
        provisional=calendar.is_provisional(question.due_at),
    )


def _role_of(user: Any, question: Question) -> str:
    if user.is_same(question.by_id):  # who else they are here is nobody's business
        return str(RESIDENT)
    proposal = question.proposal
    if proposal is not None and user.is_same(proposal.proposer_id) and question.holder_role == PROPOSER:
        return str(HOLDER_LABELS[PROPOSER])
    return role_in(user, question.place)


QUESTION = Machine(
    subject="proposals.question",
    steps=QUESTION_STEPS,
    stage_labels={str(value): str(label) for value, label in QuestionStage.choices},
    entered=_entered,
    settled=_settled,
    role_of=_role_of,
)
