"""The staff's pages of votes, meetings and decisions: read-only rows of my territories, and actions as forms.

Ballots are not here: nobody at a desk sees how a household voted.
"""

from __future__ import annotations

from django.contrib import admin

from deliberation.models import Decision, Meeting, Motion, PartyStudy, WorkingGroup
from deliberation.steps import OF_MEETING, OF_MOTION, OF_PROPOSAL
from minshi.desk.admin import ScopedAdmin
from proposals.admin import ProposalAdmin

ProposalAdmin.offer(*OF_PROPOSAL)


@admin.register(Motion)
class MotionAdmin(ScopedAdmin):
    place_path = "proposal__place__path"
    step_forms = OF_MOTION
    list_display = ("question", "proposal", "purpose", "stage", "closes_at", "publish_by", "electorate", "passed")
    list_filter = ("stage", "purpose")
    list_select_related = ("proposal",)


@admin.register(Meeting)
class MeetingAdmin(ScopedAdmin):
    place_path = "proposal__place__path"
    step_forms = OF_MEETING
    list_display = ("proposal", "ordinal", "begins_at", "venue", "stage", "expected", "present")
    list_filter = ("stage",)
    list_select_related = ("proposal",)


@admin.register(WorkingGroup)
class WorkingGroupAdmin(ScopedAdmin):
    place_path = "proposal__place__path"
    list_display = ("proposal", "how", "formed_at", "ended_at")
    list_select_related = ("proposal",)


@admin.register(PartyStudy)
class PartyStudyAdmin(ScopedAdmin):
    place_path = "proposal__place__path"
    list_display = ("proposal", "opinion", "held_on", "sat", "at")
    list_filter = ("opinion",)
    list_select_related = ("proposal",)


@admin.register(Decision)
class DecisionAdmin(ScopedAdmin):
    place_path = "proposal__place__path"
    list_display = ("proposal", "outcome", "tier", "points", "at")
    list_filter = ("outcome", "tier")
    list_select_related = ("proposal",)
