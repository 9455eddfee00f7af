"""后续管护: who keeps what was made, with what money, and the checks months later."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.territory.models import Territory
from proposals.models import Proposal


class Aftercare(models.Model):
    """The agreement with the keeper (forms.md 32). ``keeper`` is an office or a group, not a private name."""

    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="aftercare", verbose_name=_("项目"))
    keeper = models.CharField(_("谁来管"), max_length=120)
    duties = models.TextField(_("管什么、多久管一次"), max_length=500)
    fund_fen = models.BigIntegerField(_("每年管护费用"), default=0)
    fund_note = models.CharField(_("费用从哪里来"), max_length=200)
    phone = models.CharField(_("报修电话（办公电话）"), max_length=20)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("登记人"))
    at = models.DateTimeField(_("登记时间"), db_default=Now())

    class Meta:
        verbose_name = _("后续管护")
        verbose_name_plural = _("后续管护")
        constraints = [
            models.CheckConstraint(condition=Q(fund_fen__gte=0), name="fund_is_not_negative"),
            models.CheckConstraint(
                condition=~Q(keeper="") & ~Q(duties="") & ~Q(fund_note="") & ~Q(phone=""), name="aftercare_is_whole"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal}"

    @property
    def territory(self) -> Territory:
        return self.proposal.place


class CheckStage(models.TextChoices):
    WAITING = "waiting", _("等回看")
    DONE = "done", _("已回看")


class Check(models.Model):
    """回看 so many months after the archive; written once, and sealed into the archive as a supplement."""

    due_basis = ""

    aftercare = models.ForeignKey(Aftercare, models.PROTECT, related_name="checks", verbose_name=_("管护"))
    months = models.PositiveSmallIntegerField(_("归档后几个月"))
    stage = models.CharField(_("进展"), max_length=8, choices=CheckStage, blank=True, default="")
    stage_since = models.DateTimeField(null=True, blank=True)
    begins_at = models.DateTimeField(_("何时可以回看"))
    due_at = models.DateTimeField(_("期限（不含）"))
    in_order = models.BooleanField(_("完好可用"), null=True, blank=True)
    finding = models.TextField(_("看到的情况"), max_length=500, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("回看人")
    )
    at = models.DateTimeField(_("回看时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("管护回看")
        verbose_name_plural = _("管护回看")
        ordering = ["months"]
        constraints = [
            models.UniqueConstraint(fields=["aftercare", "months"], name="one_check_of_a_month"),
            models.CheckConstraint(
                condition=Q(stage="done", by__isnull=False, at__isnull=False, in_order__isnull=False) & ~Q(finding="")
                | ~Q(stage="done") & Q(by=None, at=None, in_order=None, finding=""),
                name="check_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(project)s 满 %(n)d 个月的检查") % {"project": self.aftercare, "n": self.months}

    def get_absolute_url(self) -> str:
        return reverse("archive", args=[self.aftercare.proposal.number])

    @property
    def territory(self) -> Territory:
        return self.aftercare.territory
