"""党组织前置研究 and the collective decision that weighs five criteria and sets the tier."""

from __future__ import annotations

import re

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from deliberation.models.motions import Motion
from minshi.clock import Now
from minshi.disclosure.models import Notice
from minshi.territory.models import Territory
from proposals.models import Proposal, Tier, Version

STOOD_IN = re.compile(r"（([^（）]+（代[^（）]+）)）")
"""How the record of a study begins where the place has no Party branch."""


class PartyStudy(models.Model):
    """The written opinion on one version of the proposal; the decision may only come after it."""

    class Opinion(models.TextChoices):
        SUPPORT = "support", _("同意提交决议")
        ADVISE = "advise", _("同意，另有建议")
        OPPOSE = "oppose", _("建议暂缓")

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="studies", verbose_name=_("项目"))
    version = models.ForeignKey(Version, models.PROTECT, related_name="+", verbose_name=_("依据的方案"))
    opinion = models.CharField(_("意见"), max_length=8, choices=Opinion)
    text = models.TextField(_("书面意见"), max_length=2000)
    held_on = models.DateField(_("研究日期"))
    sat = models.CharField(_("参会人（公开）"), max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("记录时间"), db_default=Now())

    class Meta:
        verbose_name = _("党组织前置研究")
        verbose_name_plural = _("党组织前置研究")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.proposal} {self.get_opinion_display()}"

    @property
    def who(self) -> str:
        """Whose study it is: the branch's, or of whoever stood in for it, as it stands before the words."""
        stood_in = STOOD_IN.match(self.text)
        return stood_in[1] if stood_in else gettext("党组织")

    @property
    def territory(self) -> Territory:
        return self.proposal.place


class Outcome(models.TextChoices):
    APPROVE = "approve", _("立项")
    RESERVE = "reserve", _("列入储备库")
    REFUSE = "refuse", _("不予立项")


class Criterion(models.TextChoices):
    """The five criteria of S2. A mark explains and sorts; people decide."""

    REACH = "reach", _("惠及面广")
    PARTICIPATION = "participation", _("参与度高")
    SELF_RAISED = "self_raised", _("自筹资金多")
    URGENCY = "urgency", _("老旧小区改造需求急")
    EXAMPLE = "example", _("可复制性强")


MOST_POINTS = 20


class Decision(models.Model):
    """集体决议. Written once: a later one, on a later version, stands beside it."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="decisions", verbose_name=_("项目"))
    version = models.ForeignKey(Version, models.PROTECT, related_name="+", verbose_name=_("依据的方案"))
    study = models.ForeignKey(PartyStudy, models.PROTECT, related_name="+")
    motion = models.ForeignKey(Motion, models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.CharField(_("结论"), max_length=8, choices=Outcome)
    tier = models.PositiveSmallIntegerField(_("级别"), choices=Tier, null=True, blank=True)
    tier_reason = models.CharField(_("定级理由"), max_length=300, blank=True)
    reason = models.TextField(_("理由"), max_length=1000)
    sat = models.CharField(_("参加决议的人（公开）"), max_length=300)
    dissent = models.TextField(_("不同意见"), max_length=1000, blank=True)
    notice = models.ForeignKey(Notice, models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("决议时间"), db_default=Now())

    class Meta:
        verbose_name = _("集体决议")
        verbose_name_plural = _("集体决议")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="approve", tier__in=(1, 2, 3), notice__isnull=False) & ~Q(tier_reason="")
                | ~Q(outcome="approve") & Q(tier=None, notice=None),
                name="approved_means_tier_and_notice",
            ),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(sat=""), name="decision_says_why_and_who"),
        ]

    def __str__(self) -> str:
        return f"{self.proposal} {self.get_outcome_display()}"

    def get_absolute_url(self) -> str:
        return reverse("decision", args=[self.proposal.number])

    @property
    def territory(self) -> Territory:
        return self.proposal.place

    @property
    def points(self) -> int:
        return sum(mark.points for mark in self.marks.all())


class Mark(models.Model):
    """A criterion's points with the evidence they stand on."""

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="marks")
    criterion = models.CharField(_("标准"), max_length=14, choices=Criterion)
    points = models.PositiveSmallIntegerField(_("得分"))
    note = models.CharField(_("依据"), max_length=200)

    class Meta:
        verbose_name = _("评分")
        verbose_name_plural = _("评分")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "criterion"], name="one_mark_per_criterion"),
            models.CheckConstraint(condition=Q(points__lte=MOST_POINTS), name="mark_within_most"),
        ]

    def __str__(self) -> str:
        return f"{self.get_criterion_display()}: {self.points}"
