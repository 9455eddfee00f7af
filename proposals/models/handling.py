"""Who handles a project on which tier, one after the other."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.territory.models import Territory
from proposals.models.choices import Tier
from proposals.models.proposals import Proposal

LEAD_LENGTH = 60


class Handling(models.Model):
    """派单: who holds the matter on which tier, since when and until when. One is open at a time.

    ``lead_office`` is the office of the leader who took it (领导接单), which everybody reads; ``lead_name`` is for
    those who handle it.
    """

    PERSONAL = ("lead_name",)

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="handlings", verbose_name=_("项目"))
    tier = models.PositiveSmallIntegerField(_("级别"), choices=Tier)
    role = models.CharField(_("承办"), max_length=20)
    place = models.ForeignKey(Territory, models.PROTECT, related_name="+")
    received_at = models.DateTimeField(_("接单时间"), db_default=Now())
    due_at = models.DateTimeField(_("期限"))
    urgent = models.BooleanField(_("紧急"), default=False, db_default=False)
    lead_office = models.CharField(_("接单领导的职务"), max_length=LEAD_LENGTH, blank=True, db_default="")
    lead_name = models.CharField(_("接单领导（仅办理人可见）"), max_length=40, blank=True, db_default="")
    lead_at = models.DateTimeField(_("领导接单时间"), null=True, blank=True)
    handed_back_to = models.BooleanField(_("退单退回来的"), default=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(_("结果"), max_length=12, blank=True)
    reason = models.TextField(_("理由"), blank=True)

    class Meta:
        verbose_name = _("派单")
        verbose_name_plural = _("派单")
        indexes = [
            models.Index(
                fields=["ended_at"],
                name="handling_left",
                condition=Q(ended_at__isnull=False) & ~Q(lead_name__in=("", "—")),
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["proposal"], condition=Q(ended_at=None), name="one_open_handling_per_proposal"
            ),
            models.CheckConstraint(condition=Q(tier__in=(1, 2, 3)), name="handling_tier_is_1_to_3"),
            models.CheckConstraint(
                condition=Q(lead_office="", lead_at=None) | ~Q(lead_office="") & Q(lead_at__isnull=False),
                name="leader_took_it_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
