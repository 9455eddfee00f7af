"""The staff's pages of money and work: rows of my territories, read-only, and actions as forms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from funding import selectors
from funding.deskwork import money, work
from funding.deskwork.fields import paper_of
from funding.models import (
    Allocation,
    CarryOver,
    Change,
    ChangeStage,
    Claim,
    Contribution,
    ContributionStage,
    Ending,
    Grant,
    GrantStage,
    InKind,
    Payment,
    PaymentStage,
    PlanChange,
    Pledge,
    Pot,
    Purse,
    Refund,
    Supplier,
    Waiver,
)
from funding.rules import CONFIRM_MONEY, KEEPERS
from minshi.accounts.models import User
from minshi.desk.admin import ScopedAdmin, until
from minshi.desk.views import Job, done_by_another, register_jobs
from minshi.ledger.money import format_yuan
from minshi.residents.doors import find
from minshi.residents.models import Role
from minshi.residents.rules import roles_of
from minshi.residents.vacancies import acting_for
from minshi.territory.models import Household
from proposals.admin import MOST_BESIDE, MatterAdmin, ProposalAdmin
from proposals.models import ENDED, Proposal, Source, Stage

DUE = until("due_at", _("期限"))

IN_THE_COMMUNITY = (Role.SUPERVISOR, Role.CLERK, Role.PARTY)
done_by_another("funding.contribution", Contribution, "recorded_by", roles=IN_THE_COMMUNITY)
done_by_another("funding.pledge", Pledge, "line__first_by", "line__second_by", roles=IN_THE_COMMUNITY)
done_by_another("funding.claim_check", Claim, "settled_by", roles=(*IN_THE_COMMUNITY, Role.APPROVER))
done_by_another(
    "funding.waiver", Waiver, "by", "milestone__contract__proposal__proposer", roles=(Role.PARTY, Role.APPROVER)
)
done_by_another("funding.refund_check", Refund, "paid_by", roles=(*IN_THE_COMMUNITY, Role.CASHIER))
done_by_another("funding.allocation", Allocation, "recorded_by", roles=KEEPERS)
done_by_another("funding.carry_over", CarryOver, "recorded_by", roles=KEEPERS)
done_by_another(
    "funding.grant",
    Grant,
    *("asked_by", "examined_by", "approved_by", "proposal__proposer"),
    where=~Q(stage=GrantStage.INCOMPLETE),  # completed by who asked
)
done_by_another("funding.payment", Payment, "asked_by", "approved_by", "contract__proposal__proposer")
done_by_another("funding.change", Change, "asked_by", "contract__proposal__proposer", roles=(Role.APPROVER,))
done_by_another("funding.plan_change", PlanChange, "asked_by", "proposal__proposer", roles=(Role.APPROVER,))
done_by_another(
    "funding.ending",
    Ending,
    "asked_by",
    "proposal__proposer",
    roles=(Role.PARTY, Role.CLERK, Role.APPROVER, Role.CASE_OFFICER),
)


class AmountAdmin(ScopedAdmin):
    """Amounts in yuan, the newest first."""

    ordering = ("-pk",)

    @admin.display(description=_("金额（元）"))
    def amount(self, subject: Any) -> str:
        return format_yuan(subject.amount_fen)


class MoneyAdmin(AmountAdmin, MatterAdmin):
    """Of a project: who and where without a click."""

    @admin.display(description=_("项目"))
    def project(self, subject: Any) -> str:
        return format_html('<a href="{}">{}</a>', subject.proposal.get_absolute_url(), subject.proposal)


@admin.register(Pot)
class PotAdmin(ScopedAdmin):
    place_path = "place__path"
    list_display = ("title", "place", "year", "balance")
    search_fields = ("title", "document", "place__full_name")
    search_help_text = _("名称、文号或地方")
    list_select_related = ("place", "account")
    fields = ("title", "place", "year", "document", "balance", "at")
    desk_forms = (money.Allocate, money.CarryPotOver)
    add_form = money.OpenPot

    @admin.display(description=_("余额（元）"))
    def balance(self, pot: Pot) -> str:
        return format_yuan(pot.account.balance_fen)


@admin.register(Allocation)
class AllocationAdmin(AmountAdmin):
    place_path = "pot__place__path"
    list_display = ("pot", "amount", "document", "recorded_at", "confirmed_at", "rejected_at")
    search_fields = ("document", "pot__title")
    search_help_text = _("文号或资金池")
    list_select_related: tuple[str, ...] = ("pot",)
    fields = ("pot", "amount", "document", "recorded_at", "confirmed_at", "rejected_at", "rejected_why")
    desk_forms = (money.ConfirmAllocation, money.RejectAllocation)


@admin.register(CarryOver)
class CarryOverAdmin(AmountAdmin):
    place_path = "pot__place__path"
    list_display = ("pot", "to_pot", "amount", "document", "recorded_at", "confirmed_at", "rejected_at")
    search_fields = ("document", "pot__title")
    search_help_text = _("文号或资金池")
    list_select_related: tuple[str, ...] = ("pot", "to_pot")
    fields = ("pot", "to_pot", "amount", "document", "recorded_at", "confirmed_at", "rejected_at", "rejected_why")
    desk_forms = (money.ConfirmCarryOver, money.RejectCarryOver)


@admin.register(Purse)
class PurseAdmin(MoneyAdmin):
    list_display = ("proposal", "stage", "balance")
    list_select_related = ("proposal", "account")
    fields = ("project", "stage", "plan", "needed", "found", "gap", "balance", "spent", "opened_at")
    desk_forms = (
        money.DrawUp,
        money.AskGrant,
        money.RecordPledge,
        money.AddSponsor,
        money.WithdrawSponsor,
        money.RecordContribution,
        money.RecordInKind,
        money.AnnounceFunding,
        money.OpenSuppliers,
        money.DeliverInKind,
        work.FormGroup,
        work.OpenEnquiry,
        work.AddQuote,
        work.Recuse,
        work.ChooseSupplier,
        work.AskForHelp,
        work.AskAnew,
        work.PlanAnew,
        work.DropAward,
        work.Sign,
        work.StartWork,
        work.AskPayment,
        work.Waive,
        work.AskChange,
        work.AskPlanChange,
        work.Finish,
        work.AcceptWork,
        money.AskEnding,
        money.ConfirmEnding,
        money.RefuseEnding,
        money.RecountEnding,
        money.CloseEnding,
    )

    @admin.display(description=_("阶段"))
    def stage(self, purse: Purse) -> str:
        return str(purse.proposal.get_stage_display())

    @admin.display(description=_("资金方案"))
    def plan(self, purse: Purse) -> str:
        plan = selectors.plan_of(purse.proposal)
        lines = plan.amounts().items() if plan else ()
        return "，".join(f"{Source(source).label} {format_yuan(fen)}" for source, fen in lines) or "—"

    @admin.display(description=_("需要（元）"))
    def needed(self, purse: Purse) -> str:
        return format_yuan(_coverage(purse).needed_fen)

    @admin.display(description=_("已有着落（元）"))
    def found(self, purse: Purse) -> str:
        return format_yuan(_coverage(purse).found_fen)

    @admin.display(description=_("还差（元）"))
    def gap(self, purse: Purse) -> str:
        return format_yuan(_coverage(purse).gap_fen)

    @admin.display(description=_("账上（元）"))
    def balance(self, purse: Purse) -> str:
        return format_yuan(purse.account.balance_fen)

    @admin.display(description=_("已付（元）"))
    def spent(self, purse: Purse) -> str:
        return format_yuan(selectors.spent_fen(purse.proposal))


def _purse(proposal: Proposal) -> Iterable[Purse]:
    return Purse.objects.filter(pk=proposal.pk).select_related("proposal__place", "account")


def _grants(proposal: Proposal) -> Iterable[Grant]:
    return proposal.grants.exclude(stage__in=(GrantStage.REFUSED, GrantStage.WITHDRAWN)).order_by("pk")


def _pledges(proposal: Proposal) -> Iterable[Pledge]:
    """Sheets that wait for the second reader."""
    waiting = proposal.pledges.filter(line__isnull=False, withdrawn_at=None).select_related("line", "household__place")
    return [each for each in waiting.order_by("pk")[:MOST_BESIDE] if each.is_waiting]


def _contributions(proposal: Proposal) -> Iterable[Contribution]:
    return proposal.contributions.filter(stage=ContributionStage.RECORDED).order_by("pk")[:MOST_BESIDE]


def _in_kind(proposal: Proposal) -> Iterable[InKind]:
    return proposal.in_kind.filter(confirmed_at=None, rejected_at=None).order_by("pk")[:MOST_BESIDE]


def _payments(proposal: Proposal) -> Iterable[Payment]:
    rows = Payment.objects.filter(contract__proposal=proposal, stage__in=(PaymentStage.ASKED, PaymentStage.APPROVED))
    return rows.select_related("contract__proposal__place", "milestone").order_by("pk")


def _changes(proposal: Proposal) -> Iterable[Change]:
    rows = Change.objects.filter(contract__proposal=proposal, stage=ChangeStage.ASKED)
    return rows.select_related("contract__proposal__place")


def _plan_changes(proposal: Proposal) -> Iterable[PlanChange]:
    rows = PlanChange.objects.waiting().filter(proposal=proposal)
    return rows.select_related("proposal__place", "contract__supplier")


def _refunds(proposal: Proposal) -> Iterable[Refund]:
    return Refund.objects.owed().filter(proposal=proposal).order_by("pk")[:MOST_BESIDE]


def _claims(proposal: Proposal) -> Iterable[Claim]:
    return Claim.objects.open().filter(proposal=proposal).order_by("pk")[:MOST_BESIDE]


def _waivers(proposal: Proposal) -> Iterable[Waiver]:
    waiting = Waiver.objects.standing().filter(milestone__contract__proposal=proposal, confirmed_at=None)
    return waiting.select_related("milestone__contract__proposal__place")[:MOST_BESIDE]


ProposalAdmin.place_beside(
    _purse, _grants, _pledges, _contributions, _in_kind, _payments, _changes, _plan_changes, _refunds, _claims, _waivers
)


def _in_kind_to_confirm(user: User) -> Iterable[Job]:
    """What somebody else wrote down that neighbours give in work and goods."""
    mine = Q(pk__in=[])
    for held in (*roles_of(user), *acting_for(user)):
        if held.role in CONFIRM_MONEY:
            mine |= Q(proposal__place__path__startswith=held.path)
    waiting = InKind.objects.filter(mine, confirmed_at=None, rejected_at=None)
    waiting = waiting.exclude(proposal__stage__in=(Stage.SETTLING, *ENDED))
    if count := waiting.exclude(recorded_by__in=user.keys).count() if mine != Q(pk__in=[]) else 0:
        text = gettext("%(n)d 笔等另一位确认：活干了、东西到了再办") % {"n": count}
        url = reverse("admin:funding_inkind_changelist") + "?confirmed_at__isempty=1&rejected_at__isempty=1"
        yield Job(gettext("投工投劳"), text, url, gettext("看名单"))


register_jobs(_in_kind_to_confirm)


def _coverage(purse: Purse) -> selectors.Coverage:
    """Counted once for the three figures of one page."""
    if not hasattr(purse, "_coverage"):
        purse._coverage = selectors.coverage(purse.proposal)  # type: ignore[attr-defined]
    found: selectors.Coverage = purse._coverage  # type: ignore[attr-defined]
    return found


@admin.register(Grant)
class GrantAdmin(MoneyAdmin):
    list_display = ("proposal", "source", "amount", "stage", DUE)
    fields = (
        "project",
        "source",
        "pot",
        "amount",
        "needs_district",
        "completions",
        "stage",
        "stage_since",
        DUE,
        "facts",
    )
    desk_forms = (
        money.Examine,
        money.ReturnForCompletion,
        money.Complete,
        money.Approve,
        money.Decide,
        money.RefuseGrant,
        money.WithdrawGrant,
    )

    @admin.display(description=_("决定以前要看的"))
    def facts(self, grant: Grant) -> str:
        return format_html_join("", "<p><strong>{}</strong><br>{}</p>", selectors.before_ones_eyes(grant))


@admin.register(Pledge)
class PledgeAdmin(MoneyAdmin):
    """Pledges on paper; what was read first is not shown, since another person reads them."""

    list_display = ("proposal", "door", "at", "is_waiting")
    list_select_related = ("proposal", "household__place__parent")
    fields = ("project", "door", "speaker", "photo", "at", "is_waiting", "withdrawn_at")
    desk_forms = (money.ReadPledge, money.WithdrawPledge, money.VoidPledge)

    search_help_text = _("项目或门牌")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pledge]:
        return super().get_queryset(request).filter(line__isnull=False)

    def named(self, word: str, request: HttpRequest) -> Q:
        sheets = self.get_queryset(request)
        doors = find(word, Household.objects.filter(pk__in=sheets.values("household")))
        return super().named(word, request) | Q(household__in=doors)

    @admin.display(description=_("哪一户"))
    def door(self, promised: Pledge) -> str:
        return promised.household.door

    @admin.display(description=_("认缴单"))
    def photo(self, promised: Pledge) -> str:
        return format_html('<a href="{}">{}</a>', reverse("pledge_photo", args=[promised.pk]), gettext("看照片"))


@admin.register(Contribution)
class ContributionAdmin(MoneyAdmin):
    list_display = ("proposal", "name_public", "amount", "voucher", "stage", "recorded_at")
    search_fields = ("voucher", "name_public")
    looked_up = (("", Contribution, ("voucher", "name_public")),)
    search_help_text = _("项目、谁出的，或者凭证号")
    fields = ("project", "name_public", "amount", "voucher", "photo", "recorded_at", "stage", "stage_since")
    desk_forms = (money.ConfirmContribution, money.RejectContribution, money.ReverseContribution)

    @admin.display(description=_("凭证照片"))
    def photo(self, given: Contribution) -> str:
        if not given.voucher_photo:
            return "—"
        return format_html('<a href="{}">{}</a>', reverse("voucher", args=[given.pk]), gettext("看照片"))


@admin.register(InKind)
class InKindAdmin(MoneyAdmin):
    """Promised first and done later: no day it is due, so that it waits as a job and not as a deadline."""

    list_filter = (("confirmed_at", admin.EmptyFieldListFilter), ("rejected_at", admin.EmptyFieldListFilter))
    search_fields = ("name_public", "what")
    looked_up = (("", InKind, ("name_public", "what")),)
    list_display = ("proposal", "name_public", "what", "hours", "confirmed_at", "rejected_at")
    fields = (
        "project", "name_public", "what", "hours", "value", "recorded_at", "confirmed_at", "rejected_at", "rejected_why"
    )  # fmt: skip
    desk_forms = (money.ConfirmInKind, money.RejectInKind)

    @admin.display(description=_("折合（元）"))
    def value(self, given: InKind) -> str:
        return format_yuan(given.value_fen)


@admin.register(Refund)
class RefundAdmin(MoneyAdmin):
    list_display = ("proposal", "name_public", "amount", "why", "paid_at", "returned_at")
    search_fields = ("name_public", "voucher")
    looked_up = (("", Refund, ("name_public", "voucher")),)
    search_help_text = _("项目、给谁，或者凭证号")
    fields = ("project", "name_public", "amount", "why", "voucher", "paid_at", "returned_at", "annulled_why")
    desk_forms = (money.PayRefund, money.ConfirmRefund, money.ReverseRefund)


@admin.register(Claim)
class ClaimAdmin(MoneyAdmin):
    """What givers owe after a reversal: listed until it is returned or written off by two."""

    list_display = ("proposal", "name_public", "amount", "how", "at", "closed_at")
    search_fields = ("name_public", "voucher")
    search_help_text = _("项目、谁欠的，或者凭证号")
    fields = ("project", "name_public", "amount", "at", "how", "voucher", "reason", "closed_at")
    desk_forms = (money.SettleClaim, money.ConfirmClaim)


@admin.register(Payment)
class PaymentAdmin(MoneyAdmin):
    place_path = "contract__proposal__place__path"
    of_proposal = "contract__proposal"
    list_display = ("contract", "milestone", "amount", "stage", DUE)
    search_fields = ("contract__supplier__name", "invoice", "voucher")
    looked_up = (("contract__supplier", Supplier, ("name",)), ("", Payment, ("invoice", "voucher")))
    search_help_text = _("项目、承接方、发票号或凭证号")
    list_select_related = ("contract__proposal", "contract__supplier", "milestone")
    fields = ("project", "contract", "milestone", "amount", "invoice", "voucher", "asked_at", "stage", DUE)
    desk_forms = (money.ApprovePayment, money.Pay, money.RefusePayment, money.ReversePayment)


@admin.register(Waiver)
class WaiverAdmin(MoneyAdmin):
    """Parts of a price that two people gave up, with the supplier's acknowledgement."""

    place_path = "milestone__contract__proposal__place__path"
    of_proposal = "milestone__contract__proposal"
    list_display = ("milestone", "amount", "at", "confirmed_at", "annulled_at")
    list_select_related = ("milestone__contract__proposal", "milestone__contract__supplier")
    fields = ("project", "milestone", "amount", "reason", "photo", "at", "confirmed_at", "annulled_at")
    desk_forms = (work.ConfirmWaiver, work.AnnulWaiver)

    @admin.display(description=_("承接方的书面确认"))
    def photo(self, waiver: Waiver) -> str:
        return paper_of(waiver, "file")


@admin.register(Change)
class ChangeAdmin(MoneyAdmin):
    place_path = "contract__proposal__place__path"
    of_proposal = "contract__proposal"
    list_display = ("contract", "what", "stage", DUE)
    list_select_related = ("contract__proposal", "contract__supplier")
    fields = ("project", "what", "reason", "old_price", "new_price", "new_days", "stage", DUE)
    desk_forms = (work.ApproveChange, work.RefuseChange)

    @admin.display(description=_("原价（元）"))
    def old_price(self, change: Change) -> str:
        return format_yuan(change.old_price_fen)

    @admin.display(description=_("新价（元）"))
    def new_price(self, change: Change) -> str:
        return format_yuan(change.new_price_fen)


@admin.register(PlanChange)
class PlanChangeAdmin(MoneyAdmin):
    """What goes beyond a change of the contract and back to the residents, once the street confirms."""

    place_path = "proposal__place__path"
    list_display = ("proposal", "contract", "asked_at", "confirmed_at", "dropped_at")
    list_select_related = ("proposal", "contract__supplier")
    fields = ("project", "contract", "new_price", "changes_content", "reason", "paper", "asked_at", "confirmed_at")
    desk_forms = (work.ConfirmPlanChange, work.DropPlanChange)

    @admin.display(description=_("估计的新价，没有合同的是投工投劳（元）"))
    def new_price(self, asked: PlanChange) -> str:
        return format_yuan(asked.new_price_fen)

    @admin.display(description=_("书面依据"))
    def paper(self, asked: PlanChange) -> str:
        return paper_of(asked, "file")
