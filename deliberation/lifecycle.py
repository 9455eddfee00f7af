"""The lives of a motion and of a meeting, each as a table of steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from deliberation.models import Meeting, MeetingStage, Motion, MotionStage
from minshi.deadlines import actions as deadlines
from minshi.lifecycle.machine import Machine, Step
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.residents.models import Role
from minshi.residents.rules import role_in
from proposals.lifecycle import holder_place

CLOSE, PUBLISH, AREAS, MINUTES = "motion:close", "motion:publish", "motion:areas", "meeting:minutes"
"""Kinds of deadlines; ``reactions`` says what they do."""

MOTION_STEPS = (
    Step("open", _("开始投票"), ("",), MotionStage.OPEN, "deliberation.run"),
    Step("close", _("投票到期结束"), (MotionStage.OPEN,), MotionStage.CLOSED, platform=True),
    Step(
        "count",
        _("开始计票"),
        (MotionStage.CLOSED,),
        MotionStage.COUNTING,
        "deliberation.run",
        platform=True,
    ),
    Step(
        "publish",
        _("公布结果"),
        (MotionStage.COUNTING,),
        MotionStage.PUBLISHED,
        "deliberation.run",
        platform=True,
    ),
)


def _motion_entered(motion: Motion, at: datetime, setting: dict[str, Any]) -> Sequence[str]:
    motion.stage_since = at
    for name, result in setting.items():
        setattr(motion, name, result)
    return ("stage_since", *setting)


def _motion_settled(motion: Motion) -> None:
    """Closing is the platform's business; counting and publishing is on the clerk's desk."""
    if motion.stage == MotionStage.OPEN:
        deadlines.schedule(motion, CLOSE, motion.closes_at, title=motion.question)
    elif motion.stage == MotionStage.CLOSED:
        deadlines.meet(motion)
    elif motion.stage == MotionStage.COUNTING:
        deadlines.schedule(
            motion,
            PUBLISH,
            motion.publish_by,
            role=Role.CLERK,
            place_path=holder_place(motion.territory, "community").path,
            title=_("计票并公布：%(question)s") % {"question": motion.question},
            url=reverse("admin:deliberation_motion_change", args=[motion.pk]),
            provisional=calendar.is_provisional(motion.publish_by),
        )
    elif motion.stage == MotionStage.PUBLISHED:
        deadlines.meet(motion)


MOTION = Machine(
    subject="deliberation.motion",
    steps=MOTION_STEPS,
    stage_labels={str(value): str(label) for value, label in MotionStage.choices},
    entered=_motion_entered,
    settled=_motion_settled,
    role_of=lambda user, motion: role_in(user, motion.territory),
)

MEETING_STEPS = (
    Step("announce", _("公告议题"), ("",), MeetingStage.ANNOUNCED, "deliberation.run"),
    Step("record", _("公布纪要"), (MeetingStage.ANNOUNCED,), MeetingStage.RECORDED, "deliberation.run"),
    Step(
        "call_off",
        _("会议没有开成"),
        (MeetingStage.ANNOUNCED,),
        MeetingStage.CALLED_OFF,
        "deliberation.run",
        needs_reason=True,
    ),
)


def _meeting_entered(meeting: Meeting, at: datetime, setting: dict[str, Any]) -> Sequence[str]:
    meeting.stage_since = at
    for name, fact in setting.items():
        setattr(meeting, name, fact)
    return ("stage_since", *setting)


def _meeting_settled(meeting: Meeting) -> None:
    if meeting.stage != MeetingStage.ANNOUNCED:
        deadlines.meet(meeting)
        return
    days = int(policy.value("meeting.minutes_days", meeting.territory))
    due = calendar.period(meeting.begins_at, working_days=days)
    deadlines.schedule(
        meeting,
        MINUTES,
        due.end,
        role=Role.CLERK,
        place_path=holder_place(meeting.territory, "community").path,
        title=_("公布议事会纪要：%(title)s") % {"title": meeting.proposal.title},
        url=reverse("admin:deliberation_meeting_change", args=[meeting.pk]),
        basis=due.basis,
        provisional=due.provisional,
    )


MEETING = Machine(
    subject="deliberation.meeting",
    steps=MEETING_STEPS,
    stage_labels={str(value): str(label) for value, label in MeetingStage.choices},
    entered=_meeting_entered,
    settled=_meeting_settled,
    role_of=lambda user, meeting: role_in(user, meeting.territory),
)
