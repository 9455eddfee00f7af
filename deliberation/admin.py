"""The staff's pages of votes, meetings and decisions: read-only rows of my territories, and actions as forms.

Ballots are not here: nobody at a desk sees how a household voted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from deliberation.deskwork import OF_MEETING, OF_MOTION, OF_PROPOSAL
from deliberation.lifecycle import AREAS
from deliberation.models import Decision, Meeting, MeetingStage, Motion, MotionStage, PartyStudy, WorkingGroup
from deliberation.rules import STREET
from minshi.desk.admin import by_name, until
from minshi.desk.views import done_by_another
from minshi.residents.models import Role
from proposals.admin import MatterAdmin, ProposalAdmin
from proposals.models import Proposal


def _motions(proposal: Proposal) -> Iterable[Motion]:
    return proposal.motions.exclude(stage=MotionStage.PUBLISHED).order_by("ordinal")


def _meetings(proposal: Proposal) -> Iterable[Meeting]:
    return proposal.meetings.exclude(stage=MeetingStage.CALLED_OFF).order_by("ordinal")


done_by_another(AREAS, Motion, "area_counts__by", roles=(*STREET, Role.DISTRICT_OFFICER))
ProposalAdmin.offer(*OF_PROPOSAL)
ProposalAdmin.place_beside(_motions, _meetings)


CLOSES, PUBLISHED_BY = until("closes_at", _("截止")), until("publish_by", _("公布期限"))


@admin.register(Motion)
class MotionAdmin(MatterAdmin):
    place_path = "place__path"  # also of a vote that is no project's
    desk_forms = OF_MOTION
    search_fields = ("question",)
    looked_up = (("", Motion, ("question",)),)
    search_help_text = _("项目名称、编号或问题")
    list_display = ("question", "proposal", "purpose", "stage", CLOSES, PUBLISHED_BY, "electorate", "passed")
    list_filter = ("stage", "purpose")
    fields = (
        "proposal", "version", "ordinal", "purpose", "question", "detail", "roll", "by_area", "is_poll", "bylaw",
        "quorum",
        "threshold", "opens_at", CLOSES, PUBLISHED_BY, by_name("opened_by", _("谁发起")), "stage", "electorate",
        "unreachable", "agree", "against", "abstain", "on_paper", "passed", "published_at", "digest",
    )  # fmt: skip


@admin.register(Meeting)
class MeetingAdmin(MatterAdmin):
    desk_forms = OF_MEETING
    list_display = ("proposal", "ordinal", "begins_at", "venue", "stage", "expected", "present")
    list_filter = ("stage",)
    fields = (
        "proposal", "ordinal", "begins_at", "venue", "agenda", "agenda_notice", "stage", "chair", "expected", "present",
        "quorum", "threshold", "minutes", "dissent", by_name("recorded_by", _("谁记录")),
    )  # fmt: skip


@admin.register(WorkingGroup)
class WorkingGroupAdmin(MatterAdmin):
    list_display = ("proposal", "how", "formed_at", "ended_at")
    fields = ("proposal", "how", "formed_at", by_name("formed_by", _("谁登记")), "ended_at")


@admin.register(PartyStudy)
class PartyStudyAdmin(MatterAdmin):
    list_display = ("proposal", "opinion", "held_on", "sat", "at")
    list_filter = ("opinion",)
    fields = ("proposal", "version", "opinion", "text", "held_on", "sat", by_name("by", _("谁记录")), "at")


@admin.register(Decision)
class DecisionAdmin(MatterAdmin):
    list_display = ("proposal", "outcome", "tier", "scored", "at")
    list_filter = ("outcome", "tier")
    fields = (
        "proposal", "version", "outcome", "tier", "tier_reason", "scored", "reason", "sat", "dissent",
        by_name("by", _("谁记录")), "at",
    )  # fmt: skip

    def learn(self, rows: list[Any]) -> None:
        prefetch_related_objects(rows, "marks")

    @admin.display(description=_("五项评分"))
    def scored(self, decision: Decision) -> int:
        return decision.points
