"""提案大赛: a place asks for proposals on a theme until a day; what comes in are ordinary proposals."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.territory.models import Territory
from proposals.models.proposals import Proposal

THEME_LENGTH = 60
CALL_TEXT_LENGTH = 1000
PRIZE_LENGTH = 60


class CallStage(models.TextChoices):
    OPEN = "open", _("正在征集")
    JUDGING = "judging", _("等公布结果")
    ENDED = "ended", _("已公布结果")


class Call(models.Model):
    """A theme, a window, its own criteria, prizes in kind; ``closes_at`` is the exclusive end, ``result`` in public."""

    place = models.ForeignKey(Territory, models.PROTECT, related_name="calls", verbose_name=_("地方"))
    theme = models.CharField(_("主题"), max_length=THEME_LENGTH)
    text = models.CharField(_("征集什么"), max_length=CALL_TEXT_LENGTH)
    criteria = models.CharField(_("怎么评"), max_length=CALL_TEXT_LENGTH)
    prizes = models.CharField(_("奖品（实物）"), max_length=CALL_TEXT_LENGTH)
    closes_at = models.DateTimeField(_("截止"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"), db_default=Now())
    result = models.CharField(_("评选说明"), max_length=CALL_TEXT_LENGTH, blank=True)
    stage = models.CharField(_("进展"), max_length=12, choices=CallStage)
    stage_since = models.DateTimeField(null=True, blank=True)
    holder_role = models.CharField(max_length=20, blank=True)
    holder_place = models.ForeignKey(Territory, models.PROTECT, null=True, blank=True, related_name="+")
    due_at = models.DateTimeField(_("期限"), null=True, blank=True)

    class Meta:
        verbose_name = _("提案大赛")
        verbose_name_plural = _("提案大赛")
        indexes = [models.Index(F("place"), F("id").desc(), name="call_of_place")]
        constraints = [
            models.CheckConstraint(
                condition=Q(stage=CallStage.ENDED)
                | ~Q(holder_role="") & Q(holder_place__isnull=False) & Q(due_at__isnull=False),
                name="open_call_has_holder_and_deadline",
            ),
            models.CheckConstraint(
                condition=~Q(stage=CallStage.ENDED) | ~Q(result=""), name="ended_call_has_its_result"
            ),
        ]

    def __str__(self) -> str:
        return self.theme

    def get_absolute_url(self) -> str:
        return reverse("call", args=[self.pk])

    @property
    def territory(self) -> Territory:
        """What predicates ask every subject for."""
        return self.place


class CallEntry(models.Model):
    """A proposal takes part; whatever comes of the call, its own way goes on."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="entries")
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="call_entry")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    prize = models.CharField(_("得奖"), max_length=PRIZE_LENGTH, blank=True)

    class Meta:
        verbose_name = _("参赛提案")
        verbose_name_plural = _("参赛提案")

    def __str__(self) -> str:
        return f"{self.call_id}: {self.proposal_id}"
