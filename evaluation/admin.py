"""The staff's pages of surveys, accounts, aftercare and archive: read-only rows of my territories, actions as forms.

Answers are not here: nobody at a desk browses what a household said; a bad rating comes as a call-back.
"""

from __future__ import annotations

from django.contrib import admin

from evaluation.models import Aftercare, Archive, CallBack, Check, FinalAccounts, Survey
from evaluation.steps import OF_ACCOUNTS, OF_CALLBACK, OF_CHECK, OF_PROPOSAL
from minshi.desk.admin import ScopedAdmin
from proposals.admin import ProposalAdmin

ProposalAdmin.offer(*OF_PROPOSAL)


@admin.register(Survey)
class SurveyAdmin(ScopedAdmin):
    place_path = "proposal__place__path"
    list_display = ("proposal", "round", "stage", "closes_at", "roll", "needed", "answers_count", "verdict", "ruling")
    list_filter = ("stage", "verdict")
    list_select_related = ("proposal",)


@admin.register(CallBack)
class CallBackAdmin(ScopedAdmin):
    place_path = "survey__proposal__place__path"
    step_forms = OF_CALLBACK
    list_display = ("survey", "level", "stage", "due_at", "contacted_at", "mended_at", "outcome")
    list_filter = ("stage",)
    list_select_related = ("survey__proposal",)


@admin.register(FinalAccounts)
class FinalAccountsAdmin(ScopedAdmin):
    place_path = "proposal__place__path"
    step_forms = OF_ACCOUNTS
    list_display = ("proposal", "ordinal", "raised_fen", "spent_fen", "returned_fen", "made_at", "confirmed_at")
    list_select_related = ("proposal",)


@admin.register(Aftercare)
class AftercareAdmin(ScopedAdmin):
    place_path = "proposal__place__path"
    list_display = ("proposal", "keeper", "phone", "fund_fen", "at")
    list_select_related = ("proposal",)


@admin.register(Check)
class CheckAdmin(ScopedAdmin):
    place_path = "aftercare__proposal__place__path"
    step_forms = OF_CHECK
    list_display = ("aftercare", "months", "stage", "begins_at", "due_at", "in_order")
    list_filter = ("stage",)
    list_select_related = ("aftercare__proposal",)


@admin.register(Archive)
class ArchiveAdmin(ScopedAdmin):
    place_path = "proposal__place__path"
    list_display = ("proposal", "files_count", "sealed_at")
    list_select_related = ("proposal",)
