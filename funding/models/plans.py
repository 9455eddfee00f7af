"""The money of one project: its purse, its plan by source, and a grant per public source."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funding.models.pots import Pot
from minshi.clock import Now
from minshi.ledger.models import Account
from minshi.territory.models import Territory
from proposals.models import CASH, PUBLIC, Proposal, Source, Version


class Purse(models.Model):
    """A project's money from the moment it is raised until nothing is left; opened when the handling is accepted.

    ``account`` holds what has really arrived. Staff find everything about the project's money and work here.
    """

    proposal = models.OneToOneField(
        Proposal, models.PROTECT, primary_key=True, related_name="purse", verbose_name=_("项目")
    )
    account = models.OneToOneField(Account, models.PROTECT, related_name="+", verbose_name=_("账户"))
    opened_at = models.DateTimeField(_("开立时间"), db_default=Now())

    class Meta:
        verbose_name = _("项目资金与实施")
        verbose_name_plural = _("项目资金与实施")

    def __str__(self) -> str:
        return str(self.proposal)

    @property
    def territory(self) -> Territory:
        return self.proposal.place


class Plan(models.Model):
    """Who pays what for one version of the proposal. Written once; the newest one holds."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="funding_plans", verbose_name=_("项目"))
    version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField(_("第几稿"))
    cost_fen = models.BigIntegerField(_("费用（分）"))
    why = models.CharField(_("说明"), max_length=200, blank=True)
    drawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("编制时间"), db_default=Now())

    class Meta:
        verbose_name = _("资金方案")
        verbose_name_plural = _("资金方案")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "number"], name="one_plan_of_a_number"),
            models.CheckConstraint(condition=Q(cost_fen__gt=0), name="plan_costs_something"),
        ]

    def __str__(self) -> str:
        return f"{self.proposal} {self.number}"

    @property
    def territory(self) -> Territory:
        return self.proposal.place

    def amounts(self) -> dict[str, int]:
        """Fen by source."""
        return {line.source: line.amount_fen for line in self.lines.all()}

    @property
    def cash_fen(self) -> int:
        """What may be spent: all but what is given in kind."""
        return sum(fen for source, fen in self.amounts().items() if source in CASH)

    @property
    def public_fen(self) -> int:
        return sum(fen for source, fen in self.amounts().items() if source in PUBLIC)


class PlanLine(models.Model):
    """One source's share of a plan."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="lines")
    source = models.CharField(_("来源"), max_length=12, choices=Source)
    amount_fen = models.BigIntegerField(_("金额（分）"))

    class Meta:
        verbose_name = _("资金来源")
        verbose_name_plural = _("资金来源")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "source"], name="one_line_per_source"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="line_is_something"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.source}"


class GrantStage(models.TextChoices):
    ASKED = "asked", _("等待街道审核")
    INCOMPLETE = "incomplete", _("等待补正")
    EXAMINED = "examined", _("等待街道审批")
    CLEARED = "cleared", _("等待区里审定")
    APPROVED = "approved", _("已批准")
    PLACED = "placed", _("已拨入项目")
    REFUSED = "refused", _("未批准")
    WITHDRAWN = "withdrawn", _("已撤销")


class GrantQuerySet(models.QuerySet["Grant"]):
    def standing(self) -> GrantQuerySet:
        """Neither refused nor withdrawn."""
        return self.exclude(stage__in=(GrantStage.REFUSED, GrantStage.WITHDRAWN))

    def reserved(self) -> GrantQuerySet:
        """The pot's money has been set aside for it."""
        return self.filter(stage__in=(GrantStage.APPROVED, GrantStage.PLACED))


class Grant(models.Model):
    """One public source's money for one plan. Asked, examined, approved (and above the cap by the district
    too) by different people, none of them the proposer; the last approval reserves it in the pot.
    """

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="grants", verbose_name=_("项目"))
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="grants")
    source = models.CharField(_("来源"), max_length=12, choices=Source)
    pot = models.ForeignKey(Pot, models.PROTECT, related_name="grants", verbose_name=_("资金池"))
    amount_fen = models.BigIntegerField(_("金额（分）"))
    needs_district = models.BooleanField(_("须区里审定"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    examined_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    district_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    account = models.OneToOneField(Account, models.PROTECT, null=True, related_name="+")
    completions = models.PositiveSmallIntegerField(_("补正次数"), default=0)
    days_left = models.PositiveSmallIntegerField(_("补正后剩余工作日"), default=0)
    stage = models.CharField(_("进展"), max_length=12, choices=GrantStage)
    stage_since = models.DateTimeField(_("进入本阶段"), null=True)
    due_at = models.DateTimeField(_("期限"), null=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("资金申请")
        verbose_name_plural = _("资金申请")
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "source"],
                condition=~Q(stage__in=("refused", "withdrawn")),
                name="one_standing_grant_per_source",
            ),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="grant_is_something"),
            models.CheckConstraint(condition=Q(source__in=PUBLIC), name="grant_is_public_money"),
            models.CheckConstraint(
                condition=Q(examined_by=None) | ~Q(examined_by=F("asked_by")), name="grant_examined_by_another"
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None)
                | Q(examined_by__isnull=False) & ~Q(approved_by=F("asked_by")) & ~Q(approved_by=F("examined_by")),
                name="grant_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(district_by=None)
                | Q(approved_by__isnull=False)
                & ~Q(district_by=F("asked_by"))
                & ~Q(district_by=F("examined_by"))
                & ~Q(district_by=F("approved_by")),
                name="grant_decided_by_district_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=("examined", "cleared", "approved", "placed")) | Q(examined_by__isnull=False),
                name="grant_is_examined_first",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=("cleared", "approved", "placed")) | Q(approved_by__isnull=False),
                name="grant_is_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=("approved", "placed"), needs_district=True) | Q(district_by__isnull=False),
                name="grant_above_the_cap_is_decided_by_district",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=("approved", "placed")) | Q(account__isnull=False),
                name="approved_grant_has_an_account",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal} {self.get_source_display()}"

    @property
    def territory(self) -> Territory:
        return self.proposal.place

    @property
    def people(self) -> set[int]:
        """Everybody who had a hand in it so far."""
        return {pk for pk in (self.asked_by_id, self.examined_by_id, self.approved_by_id, self.district_by_id) if pk}
