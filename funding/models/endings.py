"""The one way out for a project that stops after a holder took it on: what is owed, what goes back, two people."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funding.models.suppliers import Contract
from minshi.clock import Now
from minshi.territory.models import Territory
from proposals.models import Proposal, Stage


class EndingStage(models.TextChoices):
    ASKED = "asked", _("等另一位确认")
    REFUSED = "refused", _("没有同意了结")
    COUNTING = "counting", _("清点应付")
    PAYING = "paying", _("付清应付")
    RETURNING = "returning", _("退回余款")
    CLOSED = "closed", _("已了结")


OUTCOMES = (Stage.CANCELLED, Stage.DECLINED, Stage.NOT_PASSED)


class EndingQuerySet(models.QuerySet["Ending"]):
    def running(self) -> EndingQuerySet:
        return self.exclude(stage__in=(EndingStage.REFUSED, EndingStage.CLOSED))


class Ending(models.Model):
    """了结. ``work_fen``: what the accepted work of the running contract is worth in all, paid parts included.

    ``asked_by`` is empty where no single person brought it about (a vote that failed).
    """

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="endings", verbose_name=_("项目"))
    outcome = models.CharField(_("结果"), max_length=12, choices=[(stage, stage.label) for stage in OUTCOMES])
    reason = models.TextField(_("为什么不办了"), max_length=1000)
    file = models.ImageField(_("依据（照片）"), upload_to="endings/", blank=True)
    contract = models.ForeignKey(Contract, models.PROTECT, null=True, related_name="+", verbose_name=_("合同"))
    work_fen = models.BigIntegerField(_("已验收的活值多少（分）"), default=0)
    work = models.TextField(_("做了什么"), max_length=1000, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(_("提出时间"), db_default=Now())
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    stage = models.CharField(_("状态"), max_length=10, choices=EndingStage)
    stage_since = models.DateTimeField(null=True)
    due_at = models.DateTimeField(_("期限"), null=True)

    objects = EndingQuerySet.as_manager()

    class Meta:
        verbose_name = _("了结")
        verbose_name_plural = _("了结")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["proposal"], condition=~Q(stage__in=("refused", "closed")), name="one_running_ending"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | Q(asked_by=None) | ~Q(confirmed_by=F("asked_by")),
                name="ending_takes_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=("paying", "returning", "closed")) | Q(confirmed_by__isnull=False),
                name="ending_is_confirmed",
            ),
            models.CheckConstraint(condition=Q(work_fen__gte=0), name="accepted_work_is_not_negative"),
            models.CheckConstraint(condition=~Q(reason=""), name="ending_says_why"),
        ]

    def __str__(self) -> str:
        return f"ending of {self.proposal_id}"

    @property
    def territory(self) -> Territory:
        return self.proposal.place
