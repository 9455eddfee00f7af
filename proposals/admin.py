"""The staff's pages of wishes and proposals: read-only rows of my territories, actions as forms."""

from __future__ import annotations

from django.contrib import admin

from minshi.desk.admin import ScopedAdmin
from proposals.models import Handling, Proposal, Wish
from proposals.steps import OF_PROPOSAL, OF_WISH


@admin.register(Proposal)
class ProposalAdmin(ScopedAdmin):
    """Higher apps add what may be done in their stages with ``ProposalAdmin.offer``."""

    step_forms = OF_PROPOSAL
    list_display = ("number", "title", "place", "stage", "tier", "holder_role", "due_at")
    list_select_related = ("place",)
    list_filter = ("stage", "category", "kind", "tier")
    search_fields = ("number", "title")
    fields = (
        "number", "title", "place", "kind", "category", "touches_common_parts", "proposer_public", "submitted_at",
        "stage", "stage_since", "holder_role", "holder_place", "due_at", "tier", "supervised_at", "gate_notice",
    )  # fmt: skip


@admin.register(Wish)
class WishAdmin(ScopedAdmin):
    step_forms = OF_WISH
    list_display = ("text", "place", "category", "stage", "urgent", "at", "due_at")
    list_select_related = ("place",)
    list_filter = ("stage", "category", "urgent")
    search_fields = ("text",)
    fields = ("text", "spot", "place", "category", "channel", "urgent", "wisher_name", "stage", "answer", "due_at")


@admin.register(Handling)
class HandlingAdmin(ScopedAdmin):
    place_path = "proposal__place__path"
    list_display = ("proposal", "tier", "role", "place", "received_at", "due_at", "ended_at", "outcome")
    list_select_related = ("proposal", "place")
    list_filter = ("tier", "outcome")
