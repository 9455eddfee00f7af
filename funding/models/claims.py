"""What a giver owes a project after their money turned out not to have come."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funding.models.pledges import ONE_GIVER, Contribution, Sponsor
from minshi.clock import Now
from minshi.residents.models import Residence
from minshi.territory.models import Territory
from proposals.models import Proposal


class ClaimEnd(models.TextChoices):
    RETURNED = "returned", _("已还回")
    WRITTEN_OFF = "written_off", _("核销")
    COVERED = "covered", _("由后来到账的钱补足")


class ClaimQuerySet(models.QuerySet["Claim"]):
    def open(self) -> ClaimQuerySet:
        """Not returned, not covered, not written off by two."""
        return self.filter(closed_at=None)

    def stopping(self) -> ClaimQuerySet:
        """Open, and the purse is short of it: no payment until it is covered or written off."""
        return self.open().filter(short_fen__gt=0)


class Claim(models.Model):
    """追收: a contribution was reversed that had been spent already, or given back already.

    ``short_fen`` is what the purse could not cover: the books hold it as owed, and payments wait. ``got_fen`` is what
    had gone back to the giver. The larger of the two is owed. It is returned with a voucher, or written off with a
    reason; either takes two people. It is covered by itself as soon as other money makes up what was short.
    """

    PERSONAL = ("name_public",)

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="claims", verbose_name=_("项目"))
    contribution = models.OneToOneField(Contribution, models.PROTECT, related_name="claim", verbose_name=_("到账"))
    giver = models.ForeignKey(Residence, models.PROTECT, null=True, related_name="+")
    sponsor = models.ForeignKey(Sponsor, models.PROTECT, null=True, related_name="+")
    name_public = models.CharField(_("向谁追收（公开的称呼）"), max_length=80)
    amount_fen = models.BigIntegerField(_("金额（分）"))
    short_fen = models.BigIntegerField(_("账上不足（分）"))
    got_fen = models.BigIntegerField(_("已退（分）"))
    at = models.DateTimeField(_("时间"), db_default=Now())
    how = models.CharField(_("结果"), max_length=12, choices=ClaimEnd, blank=True)
    voucher = models.CharField(_("凭证号或文号"), max_length=60, blank=True)
    reason = models.CharField(_("说明"), max_length=500, blank=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(_("了结时间"), null=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("追收")
        verbose_name_plural = _("追收")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=ONE_GIVER, name="claim_has_one_giver"),
            models.CheckConstraint(
                condition=Q(amount_fen__gt=0, short_fen__gte=0, got_fen__gte=0)
                & (Q(amount_fen=F("short_fen")) | Q(amount_fen=F("got_fen")))
                & Q(amount_fen__gte=F("short_fen"))
                & Q(amount_fen__gte=F("got_fen")),
                name="claim_is_what_is_owed",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | Q(settled_by__isnull=False) & ~Q(confirmed_by=F("settled_by")),
                name="claim_takes_two_people",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None)
                | Q(how="covered", got_fen=0)
                | Q(how="returned", confirmed_by__isnull=False) & ~Q(voucher="")
                | Q(how="written_off", confirmed_by__isnull=False) & ~Q(reason="") & ~Q(voucher=""),
                name="claim_is_closed_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal} {self.name_public}"

    @property
    def territory(self) -> Territory:
        return self.proposal.place
