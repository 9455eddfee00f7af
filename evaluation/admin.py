"""The staff's pages of surveys, accounts, aftercare and archive: read-only rows of my territories, actions as forms.

Answers are not here: nobody at a desk browses what a household said; a bad rating comes as a call-back.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluation.deskwork import OF_ACCOUNTS, OF_CALLBACK, OF_CHECK, OF_PROPOSAL
from evaluation.lifecycle import ACCOUNTS
from evaluation.models import (
    Aftercare,
    Archive,
    CallBack,
    CallBackStage,
    Check,
    CheckStage,
    FinalAccounts,
    Survey,
)
from minshi.desk.admin import by_name, in_yuan, until
from minshi.desk.views import done_by_another, register_links
from minshi.residents.models import Role
from minshi.territory.models import Territory
from proposals.admin import MOST_BESIDE, MatterAdmin, ProposalAdmin
from proposals.models import Proposal


def _report(place: Territory) -> Iterable[tuple[str, str]]:
    yield gettext("%(place)s年度台账") % {"place": place.name}, reverse("report", args=[place.code])


register_links(_report)
done_by_another(ACCOUNTS, FinalAccounts, "made_by", roles=(Role.CASE_OFFICER, Role.SUPERVISOR))


def _accounts(proposal: Proposal) -> Iterable[FinalAccounts]:
    return proposal.final_accounts.filter(confirmed_at=None)


def _callbacks(proposal: Proposal) -> Iterable[CallBack]:
    rows = CallBack.objects.filter(survey__proposal=proposal).exclude(stage=CallBackStage.SETTLED)
    return rows.select_related("survey__proposal__place").order_by("due_at")[:MOST_BESIDE]


def _checks(proposal: Proposal) -> Iterable[Check]:
    waiting = Check.objects.filter(aftercare__proposal=proposal, stage=CheckStage.WAITING)
    return waiting.select_related("aftercare__proposal__place").order_by("begins_at")


ProposalAdmin.offer(*OF_PROPOSAL)
ProposalAdmin.place_beside(_accounts, _callbacks, _checks)


CLOSES, DUE = until("closes_at", _("截止")), until("due_at", _("期限"))
RAISED, SPENT = in_yuan("raised_fen", _("收入合计（元）")), in_yuan("spent_fen", _("支出合计（元）"))
RETURNED, FUND = in_yuan("returned_fen", _("结余退回（元）")), in_yuan("fund_fen", _("每年管护费用（元）"))


@admin.display(description=_("结论"), ordering="verdict")
def verdict(survey: Survey) -> str:
    return survey.verdict_said or "—"


def _of_survey(survey: Survey) -> Iterable[Proposal]:
    """What is ruled about a survey is ruled on its project's page."""
    yield survey.proposal


@admin.register(Survey)
class SurveyAdmin(MatterAdmin):
    beside = (_of_survey,)
    list_display = ("proposal", "round", "stage", CLOSES, "asked", "needed", "answers_count", verdict, "ruling")
    list_filter = ("stage", "verdict")
    fields = (
        "proposal", "round", "asked", "needed", "opens_at", CLOSES, "extended_at", by_name("opened_by", _("谁发起")),
        "stage", "answers_count", "satisfied", "on_paper", verdict, "closed_at", "ruling", "ruling_reason",
        by_name("ruled_by", _("谁决定")), "hold_settled_at",
    )  # fmt: skip


@admin.register(CallBack)
class CallBackAdmin(MatterAdmin):
    place_path = "survey__proposal__place__path"
    of_proposal = "survey__proposal"
    desk_forms = OF_CALLBACK
    list_display = ("survey", "stage", DUE, "contacted_at", "mended_at", "outcome")
    list_filter = ("stage",)
    list_select_related = ("survey__proposal",)
    fields = (
        "survey", "stage", DUE, "contacted_at", "task", "mended_at", by_name("mended_by", _("谁整改")),
        "measures", "contested", "outcome", by_name("settled_by", _("谁办结")),
    )  # fmt: skip


@admin.register(FinalAccounts)
class FinalAccountsAdmin(MatterAdmin):
    desk_forms = OF_ACCOUNTS
    list_display = ("proposal", "ordinal", RAISED, SPENT, RETURNED, "made_at", "confirmed_at")
    fields = (
        "proposal", "ordinal", RAISED, SPENT, RETURNED, "remark", by_name("made_by", _("编制人")), "made_at",
        by_name("confirmed_by", _("复核人")), "confirmed_at",
    )  # fmt: skip


@admin.register(Aftercare)
class AftercareAdmin(MatterAdmin):
    list_display = ("proposal", "keeper", "phone", FUND, "at")
    fields = ("proposal", "keeper", "duties", FUND, "fund_note", "phone", by_name("by", _("登记人")), "at")


@admin.register(Check)
class CheckAdmin(MatterAdmin):
    place_path = "aftercare__proposal__place__path"
    of_proposal = "aftercare__proposal"
    desk_forms = OF_CHECK
    list_display = ("aftercare", "months", "stage", "begins_at", DUE, "in_order")
    list_filter = ("stage",)
    list_select_related = ("aftercare__proposal",)
    fields = (
        "aftercare", "months", "stage", "begins_at", DUE, "in_order", "finding", by_name("by", _("回看人")), "at"
    )  # fmt: skip


@admin.register(Archive)
class ArchiveAdmin(MatterAdmin):
    list_display = ("proposal", "files_count", "sealed_at")
    fields = ("proposal", "files_count", "digest", by_name("by", _("归档人")), "sealed_at")
