"""The households of a project: those that support it, and those that benefit."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.territory.models import Household
from proposals.models.choices import Channel
from proposals.models.proposals import Proposal


class Beneficiary(models.Model):
    """A household on the list that the decision froze."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="frozen_beneficiaries")
    household = models.ForeignKey(Household, models.PROTECT, related_name="benefits")

    class Meta:
        verbose_name = _("受益户")
        verbose_name_plural = _("受益户")
        constraints = [models.UniqueConstraint(fields=["proposal", "household"], name="benefits_once")]

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.household_id}"


class Cosign(models.Model):
    """A household supports putting it forward."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="cosigns")
    household = models.ForeignKey(Household, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    channel = models.CharField(_("方式"), max_length=12, choices=Channel, default=Channel.ONLINE)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("附议")
        verbose_name_plural = _("附议")
        constraints = [models.UniqueConstraint(fields=["proposal", "household"], name="one_cosign_per_household")]

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.household_id}"
