"""Paying: asked, approved and paid by three people; the retained part is on hold until the residents have rated."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funding.models.suppliers import Contract, Milestone
from minshi.clock import Now
from minshi.searching import Bigrams, Together
from minshi.territory.models import Territory
from proposals.models import Proposal


class HoldStage(models.TextChoices):
    HELD = "held", _("暂扣")
    RELEASED = "released", _("可以支付")
    REFUSED = "refused", _("不予支付")


class Hold(models.Model):
    """尾款: the last part of the price, which only the result of the residents' rating releases or refuses."""

    contract = models.OneToOneField(Contract, models.PROTECT, related_name="hold")
    stage = models.CharField(_("状态"), max_length=10, choices=HoldStage)
    stage_since = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("尾款")
        verbose_name_plural = _("尾款")

    def __str__(self) -> str:
        return f"hold of {self.contract_id}"

    @property
    def proposal(self) -> Proposal:
        return self.contract.proposal

    @property
    def territory(self) -> Territory:
        return self.contract.proposal.place


class PaymentStage(models.TextChoices):
    ASKED = "asked", _("等待审批")
    APPROVED = "approved", _("等待付款")
    PAID = "paid", _("已付")
    REFUSED = "refused", _("未批准")
    REVERSED = "reversed", _("银行退回")


LIVE = ~Q(stage__in=(PaymentStage.REFUSED, PaymentStage.REVERSED))
"""Asked, approved or paid, and neither refused nor sent back."""


class PaymentQuerySet(models.QuerySet["Payment"]):
    def live(self) -> PaymentQuerySet:
        """Asked, approved or paid; a milestone with one cannot be asked for again."""
        return self.filter(LIVE)

    def open(self) -> PaymentQuerySet:
        """Not paid yet, and not refused."""
        return self.filter(stage__in=(PaymentStage.ASKED, PaymentStage.APPROVED))


class Payment(models.Model):
    """One milestone's money to the supplier. ``payer`` is the street whose finance office pays and numbers vouchers."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="payments", verbose_name=_("合同"))
    milestone = models.ForeignKey(Milestone, models.PROTECT, related_name="payments", verbose_name=_("款项"))
    amount_fen = models.BigIntegerField(_("金额（分）"))
    invoice = models.CharField(_("发票号"), max_length=40)
    invoice_photo = models.ImageField(_("发票照片"), upload_to="invoices/", blank=True)
    payer = models.ForeignKey(Territory, models.PROTECT, related_name="+")
    voucher = models.CharField(_("付款凭证号"), max_length=60, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("申请时间"), db_default=Now())
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    paid_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reversed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    stage = models.CharField(_("状态"), max_length=10, choices=PaymentStage)
    stage_since = models.DateTimeField(null=True)
    due_at = models.DateTimeField(_("期限"), null=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("付款")
        verbose_name_plural = _("付款")
        ordering = ["pk"]
        indexes = [GinIndex(Bigrams(Together("invoice", "voucher")), name="payment_bigrams")]
        constraints = [
            models.UniqueConstraint(fields=["milestone"], condition=LIVE, name="one_payment_per_milestone"),
            models.UniqueConstraint(fields=["invoice"], condition=LIVE, name="one_payment_per_invoice"),
            models.UniqueConstraint(
                fields=["payer", "voucher"], condition=~Q(voucher=""), name="one_payment_per_voucher"
            ),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="payment_is_something"),
            models.CheckConstraint(condition=~Q(invoice=""), name="payment_has_an_invoice"),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("asked_by")), name="payment_approved_by_another"
            ),
            models.CheckConstraint(
                condition=Q(paid_by=None)
                | Q(approved_by__isnull=False) & ~Q(paid_by=F("asked_by")) & ~Q(paid_by=F("approved_by")),
                name="payment_paid_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=("approved", "paid", "reversed")) | Q(approved_by__isnull=False),
                name="payment_is_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=("paid", "reversed"), paid_by__isnull=False) & ~Q(voucher="")
                | ~Q(stage__in=("paid", "reversed")) & Q(paid_by=None, voucher=""),
                name="paid_means_by_whom_and_voucher",
            ),
            models.CheckConstraint(
                condition=Q(stage="reversed", reversed_by__isnull=False) & ~Q(reversed_by=F("paid_by"))
                | ~Q(stage="reversed") & Q(reversed_by=None),
                name="payment_is_sent_back_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract.proposal.number} {self.milestone}"

    @property
    def proposal(self) -> Proposal:
        return self.contract.proposal

    @property
    def territory(self) -> Territory:
        return self.contract.proposal.place


class WaiverQuerySet(models.QuerySet["Waiver"]):
    def standing(self) -> WaiverQuerySet:
        """Not taken back; waiting for the second person, or confirmed."""
        return self.filter(annulled_at=None)

    def confirmed(self) -> WaiverQuerySet:
        return self.standing().filter(confirmed_at__isnull=False)


class Waiver(models.Model):
    """放弃付款: a part of the price that will not be paid, with the reason and the supplier's acknowledgement on file.

    Said by one person, confirmed by another; only then nothing is owed on it any more.
    """

    milestone = models.ForeignKey(Milestone, models.PROTECT, related_name="waivers", verbose_name=_("款项"))
    amount_fen = models.BigIntegerField(_("金额（分）"))
    reason = models.CharField(_("为什么不付"), max_length=500)
    file = models.ImageField(_("承接方的书面确认"), upload_to="waivers/")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"), db_default=Now())
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(_("复核时间"), null=True)
    annulled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    annulled_at = models.DateTimeField(_("作废时间"), null=True)

    objects = WaiverQuerySet.as_manager()

    class Meta:
        verbose_name = _("放弃付款")
        verbose_name_plural = _("放弃付款")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["milestone"], condition=Q(annulled_at=None), name="one_waiver_per_milestone"
            ),
            models.CheckConstraint(
                condition=Q(amount_fen__gt=0) & ~Q(reason="") & ~Q(file=""), name="waiver_has_reason_and_file"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=F("by")),
                name="waiver_takes_two_people",
            ),
            models.CheckConstraint(
                condition=Q(annulled_at=None) | Q(confirmed_at=None), name="confirmed_waiver_stands"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal.number} {self.milestone}"

    @property
    def proposal(self) -> Proposal:
        return self.milestone.contract.proposal

    @property
    def territory(self) -> Territory:
        return self.milestone.contract.proposal.place
