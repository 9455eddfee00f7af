"""资金池: a yearly sum with an owner; grants are reserved from it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.ledger.models import Account
from minshi.territory.models import Territory


class Pot(models.Model):
    """What a street or district has for one year. Its balance is its ledger account's."""

    place = models.ForeignKey(Territory, models.PROTECT, related_name="pots", verbose_name=_("街道或区"))
    year = models.PositiveSmallIntegerField(_("年度"))
    title = models.CharField(_("名称"), max_length=50)
    document = models.CharField(_("设立文件"), max_length=120)
    account = models.OneToOneField(Account, models.PROTECT, related_name="+", verbose_name=_("账户"))
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("设立时间"), db_default=Now())

    class Meta:
        verbose_name = _("资金池")
        verbose_name_plural = _("资金池")
        constraints = [
            models.UniqueConstraint(fields=["place", "year", "title"], name="one_pot_of_a_name_a_year"),
        ]

    def __str__(self) -> str:
        return _("%(year)d年%(title)s") % {"year": self.year, "title": self.title}

    @property
    def territory(self) -> Territory:
        return self.place


class Allocation(models.Model):
    """Money put into a pot, by one person on a document and confirmed by another; only then it is there."""

    pot = models.ForeignKey(Pot, models.PROTECT, related_name="allocations", verbose_name=_("资金池"))
    amount_fen = models.BigIntegerField(_("金额（分）"))
    document = models.CharField(_("拨款文号"), max_length=120)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("登记时间"), db_default=Now())
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(_("复核时间"), null=True)
    rejected_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    rejected_at = models.DateTimeField(_("作废时间"), null=True)
    rejected_why = models.CharField(_("为什么作废"), max_length=200, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("拨入")
        verbose_name_plural = _("拨入")
        constraints = [
            models.UniqueConstraint(
                fields=["pot", "document"], condition=Q(rejected_at=None), name="one_allocation_per_document"
            ),
            models.CheckConstraint(
                condition=Q(rejected_at=None) | Q(confirmed_at=None) & ~Q(rejected_why=""),
                name="allocation_is_one_or_other",
            ),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="allocation_is_something"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="allocation_confirmed_whole",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("recorded_by")),
                name="allocation_takes_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pot} {self.document}"

    @property
    def territory(self) -> Territory:
        return self.pot.place


class CarryOver(models.Model):
    """结转: what a pot of one year leaves to a later one of the same place, on a document, by two people."""

    pot = models.ForeignKey(Pot, models.PROTECT, related_name="carried_on", verbose_name=_("从哪个资金池"))
    to_pot = models.ForeignKey(Pot, models.PROTECT, related_name="carried_here", verbose_name=_("到哪个资金池"))
    amount_fen = models.BigIntegerField(_("金额（分）"))
    document = models.CharField(_("结转文号"), max_length=120)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("登记时间"), db_default=Now())
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(_("复核时间"), null=True)
    rejected_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    rejected_at = models.DateTimeField(_("作废时间"), null=True)
    rejected_why = models.CharField(_("为什么作废"), max_length=200, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("结转")
        verbose_name_plural = _("结转")
        constraints = [
            models.UniqueConstraint(
                fields=["pot", "document"], condition=Q(rejected_at=None), name="one_carry_over_per_document"
            ),
            models.CheckConstraint(
                condition=Q(rejected_at=None) | Q(confirmed_at=None) & ~Q(rejected_why=""),
                name="carry_over_is_one_or_other",
            ),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="carry_over_is_something"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=F("recorded_by")),
                name="carry_over_takes_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pot} {self.document}"

    @property
    def territory(self) -> Territory:
        return self.pot.place
