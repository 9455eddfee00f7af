"""Neighbours' and units' money: promised, received, given in kind, and given back.

Names are public only with consent; ``name_public`` is what may be shown and is masked when it is written.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funding.models.plans import Grant
from minshi.clock import Now
from minshi.paper.models import Line
from minshi.residents.models import Person, Residence
from minshi.searching import Bigrams, Together
from minshi.territory.models import Household, Territory
from proposals.models import Proposal

ONE_GIVER = Q(giver__isnull=False, sponsor=None) | Q(giver=None, sponsor__isnull=False)


class PledgeQuerySet(models.QuerySet["Pledge"]):
    def kept(self) -> PledgeQuerySet:
        """Not taken back: what stands, and what waits on paper."""
        return self.filter(withdrawn_at=None)

    def standing(self) -> PledgeQuerySet:
        """What counts: made on a screen, or read alike by two on its sheet."""
        return self.kept().filter(is_waiting=False)

    def waiting(self) -> PledgeQuerySet:
        """On a sheet that waits for its second or third reader."""
        return self.kept().filter(is_waiting=True)


class Pledge(models.Model):
    """认缴: what a household promises, of its own will. One stands per household; another one replaces it.

    ``giver`` is the residence of the day and stays the giver wherever they move; ``speaker`` whose word it is,
    ``by`` who typed it. On paper it is a ``line`` of one door and ``is_waiting`` until two have read it alike; only
    then the amount is the one they read, and it takes the place of the one before.
    """

    PERSONAL = ("name_public",)

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="pledges", verbose_name=_("项目"))
    household = models.ForeignKey(Household, models.PROTECT, related_name="pledges", verbose_name=_("户"))
    giver = models.ForeignKey(Residence, models.PROTECT, related_name="pledges", verbose_name=_("出资人"))
    speaker = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name=_("认缴人"))
    ordinal = models.PositiveIntegerField(_("序号"))
    amount_fen = models.BigIntegerField(_("金额（分）"))
    publishes_name = models.BooleanField(_("同意公开姓名"), default=False)
    name_public = models.CharField(_("公开的称呼"), max_length=80)
    line = models.OneToOneField(Line, models.PROTECT, null=True, related_name="pledge", verbose_name=_("纸质表"))
    is_waiting = models.BooleanField(_("等待核对"), default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"), db_default=Now())
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = PledgeQuerySet.as_manager()

    class Meta:
        verbose_name = _("认缴")
        verbose_name_plural = _("认缴")
        constraints = [
            models.UniqueConstraint(fields=["proposal", "ordinal"], name="one_pledge_of_a_number"),
            models.UniqueConstraint(
                fields=["proposal", "household"],
                condition=Q(withdrawn_at=None, is_waiting=False),
                name="one_pledge_per_household",
            ),
            models.UniqueConstraint(
                fields=["proposal", "household"],
                condition=Q(withdrawn_at=None, is_waiting=True),
                name="one_waiting_pledge_per_household",
            ),
            models.UniqueConstraint(
                fields=["proposal", "speaker"],
                condition=Q(withdrawn_at=None, is_waiting=False),
                name="one_pledge_per_person",
            ),
            models.CheckConstraint(condition=Q(is_waiting=False) | Q(line__isnull=False), name="paper_alone_waits"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="pledge_is_something"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"{self.proposal.number}-R{self.ordinal:03d}"

    @property
    def on_paper(self) -> bool:
        return self.line_id is not None

    @property
    def territory(self) -> Territory:
        return self.proposal.place


class Sponsor(models.Model):
    """A unit that gives; ``promised_fen`` stands in its agreement. Its name is public only if it wishes so.

    Withdrawn it promises nothing any more; what has come from it stays.
    """

    PERSONAL = ("name", "name_public", "contact")

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="sponsors", verbose_name=_("项目"))
    name = models.CharField(_("单位名称"), max_length=80)
    publishes_name = models.BooleanField(_("同意公开名称"), default=True)
    name_public = models.CharField(_("公开的称呼"), max_length=80)
    contact = models.CharField(_("联系方式（不公开）"), max_length=120, blank=True)
    promised_fen = models.BigIntegerField(_("约定金额（分）"), default=0)
    agreement = models.CharField(_("赞助协议"), max_length=120)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(_("不再出的时间"), null=True)
    withdrawn_why = models.CharField(_("为什么不再出"), max_length=200, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("赞助单位")
        verbose_name_plural = _("赞助单位")
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "name"], condition=Q(withdrawn_at=None), name="one_sponsor_of_a_name"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | ~Q(withdrawn_why=""), name="sponsor_withdraws_with_a_reason"
            ),
            models.CheckConstraint(condition=Q(promised_fen__gte=0), name="sponsor_promises_no_debt"),
        ]

    def __str__(self) -> str:
        return self.name_public


class ContributionStage(models.TextChoices):
    RECORDED = "recorded", _("等待复核")
    CONFIRMED = "confirmed", _("已到账")
    REJECTED = "rejected", _("复核不符")
    REVERSED = "reversed", _("已冲正")


class Contribution(models.Model):
    """实缴: money that arrived in the community's account, with its voucher, recorded by one person and
    confirmed by another. ``keeper`` is the community whose vouchers are numbered.
    """

    PERSONAL = ("name_public",)

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="contributions", verbose_name=_("项目"))
    giver = models.ForeignKey(Residence, models.PROTECT, null=True, related_name="contributions")
    sponsor = models.ForeignKey(Sponsor, models.PROTECT, null=True, related_name="contributions")
    amount_fen = models.BigIntegerField(_("金额（分）"))
    keeper = models.ForeignKey(Territory, models.PROTECT, related_name="+")
    voucher = models.CharField(_("凭证号"), max_length=60)
    voucher_photo = models.ImageField(_("凭证照片"), upload_to="vouchers/", blank=True)
    name_public = models.CharField(_("公开的称呼"), max_length=80)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("登记时间"), db_default=Now())
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    stage = models.CharField(_("状态"), max_length=12, choices=ContributionStage)
    stage_since = models.DateTimeField(_("进入本阶段"), null=True)

    class Meta:
        verbose_name = _("到账")
        verbose_name_plural = _("到账")
        indexes = [GinIndex(Bigrams(Together("voucher", "name_public")), name="contribution_bigrams")]
        constraints = [
            models.UniqueConstraint(
                fields=["keeper", "voucher"],
                condition=~Q(stage__in=("rejected", "reversed")),
                name="one_contribution_per_voucher",
            ),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="contribution_is_something"),
            models.CheckConstraint(condition=~Q(voucher=""), name="contribution_has_a_voucher"),
            models.CheckConstraint(condition=ONE_GIVER, name="contribution_has_one_giver"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("recorded_by")),
                name="contribution_takes_two_people",
            ),
            models.CheckConstraint(
                condition=Q(stage="recorded", confirmed_by=None) | ~Q(stage="recorded") & Q(confirmed_by__isnull=False),
                name="contribution_is_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal} {self.voucher}"

    @property
    def territory(self) -> Territory:
        return self.proposal.place


class InKind(models.Model):
    """投工投劳: hours or goods with a stated value, apart from cash; delivered when a second person says so."""

    PERSONAL = ("name_public",)

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="in_kind", verbose_name=_("项目"))
    name_public = models.CharField(_("谁出（公开的称呼）"), max_length=80)
    what = models.CharField(_("出什么"), max_length=120)
    hours = models.DecimalField(_("工时"), max_digits=7, decimal_places=1, null=True)
    value_fen = models.BigIntegerField(_("折合（分）"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("登记时间"), db_default=Now())
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(_("兑现时间"), null=True)
    rejected_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    rejected_at = models.DateTimeField(_("作废时间"), null=True)
    rejected_why = models.CharField(_("为什么作废"), max_length=200, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("投工投劳")
        verbose_name_plural = _("投工投劳")
        indexes = [GinIndex(Bigrams(Together("name_public", "what")), name="in_kind_bigrams")]
        constraints = [
            models.CheckConstraint(condition=Q(value_fen__gt=0), name="in_kind_is_worth_something"),
            models.CheckConstraint(condition=Q(hours=None) | Q(hours__gt=0), name="in_kind_hours_are_some"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=F("recorded_by")),
                name="in_kind_takes_two_people",
            ),
            models.CheckConstraint(
                condition=Q(rejected_at=None) | Q(confirmed_at=None) & ~Q(rejected_why=""),
                name="in_kind_is_one_or_other",
            ),
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def territory(self) -> Territory:
        return self.proposal.place


class RefundQuerySet(models.QuerySet["Refund"]):
    def standing(self) -> RefundQuerySet:
        """Neither divided anew nor sent back by the bank."""
        return self.filter(annulled_at=None)

    def owed(self) -> RefundQuerySet:
        """Standing, and not in the books yet."""
        return self.standing().filter(returned_at=None)

    def unpaid(self) -> RefundQuerySet:
        """Owed, and nobody has paid it out yet."""
        return self.owed().filter(paid_at=None)

    def unconfirmed(self) -> RefundQuerySet:
        """Paid out, waiting for the second person."""
        return self.owed().filter(paid_at__isnull=False)


class Refund(models.Model):
    """What goes back to a giver when a project is cancelled or leaves a surplus.

    A pot's share goes back in the books at once. A household or sponsor gets money: paid by one person with
    a voucher, confirmed by another. ``annulled``: divided anew before it was paid, or sent back by the bank after.
    """

    class Why(models.TextChoices):
        CANCELLED = "cancelled", _("项目取消")
        SURPLUS = "surplus", _("结余退回")

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="refunds", verbose_name=_("项目"))
    giver = models.ForeignKey(Residence, models.PROTECT, null=True, related_name="+")
    sponsor = models.ForeignKey(Sponsor, models.PROTECT, null=True, related_name="+")
    grant = models.ForeignKey(Grant, models.PROTECT, null=True, related_name="refunds")
    name_public = models.CharField(_("退给谁（公开的称呼）"), max_length=80)
    amount_fen = models.BigIntegerField(_("金额（分）"))
    why = models.CharField(_("原因"), max_length=10, choices=Why)
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ordered_at = models.DateTimeField(db_default=Now())
    voucher = models.CharField(_("退款凭证号"), max_length=60, blank=True)
    paid_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    paid_at = models.DateTimeField(_("退款时间"), null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    returned_at = models.DateTimeField(_("入账时间"), null=True)
    annulled_at = models.DateTimeField(_("作废时间"), null=True)
    annulled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    annulled_why = models.CharField(_("作废原因"), max_length=200, blank=True)

    PERSONAL = ("name_public",)

    objects = RefundQuerySet.as_manager()

    class Meta:
        verbose_name = _("退款")
        verbose_name_plural = _("退款")
        indexes = [GinIndex(Bigrams(Together("name_public", "voucher")), name="refund_bigrams")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="refund_is_something"),
            models.CheckConstraint(
                condition=Q(giver__isnull=False, sponsor=None, grant=None)
                | Q(giver=None, sponsor__isnull=False, grant=None)
                | Q(giver=None, sponsor=None, grant__isnull=False),
                name="refund_has_one_receiver",
            ),
            models.CheckConstraint(
                condition=Q(paid_by=None, paid_at=None, voucher="")
                | Q(paid_by__isnull=False, paid_at__isnull=False) & ~Q(voucher=""),
                name="refund_is_paid_with_a_voucher",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | Q(paid_by__isnull=False) & ~Q(confirmed_by=F("paid_by")),
                name="refund_takes_two_people",
            ),
            models.CheckConstraint(
                condition=Q(returned_at=None) | Q(grant__isnull=False) | Q(confirmed_by__isnull=False),
                name="refund_is_booked_once_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(annulled_at=None, annulled_why="") | Q(annulled_at__isnull=False) & ~Q(annulled_why=""),
                name="refund_is_annulled_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(annulled_at=None)
                | Q(paid_by=None)
                | Q(annulled_by__isnull=False) & ~Q(annulled_by=F("paid_by")),
                name="paid_refund_is_sent_back_by_another",
            ),
            models.CheckConstraint(condition=Q(annulled_at=None) | Q(grant=None), name="a_pots_share_is_not_annulled"),
        ]

    def __str__(self) -> str:
        return f"{self.proposal} {self.name_public}"

    @property
    def territory(self) -> Territory:
        return self.proposal.place
