"""The households of a project: those that support it, and those that benefit."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.paper.models import Line
from minshi.residents.models import Person
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


class CosignQuerySet(models.QuerySet["Cosign"]):
    def counted(self) -> CosignQuerySet:
        """Made on a screen, or read alike by two on a sheet."""
        return self.filter(Q(line=None) | Q(line__settled={"signed": True}))


class Cosign(models.Model):
    """A household supports putting it forward. ``speaker`` is whose word it is, ``by`` who typed it.

    A signature on paper reserves its door from the moment its sheet is registered, and counts once two have read it.
    """

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="cosigns")
    household = models.ForeignKey(Household, models.PROTECT, related_name="+")
    speaker = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name=_("附议人"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    line = models.OneToOneField(Line, models.PROTECT, null=True, related_name="cosign", verbose_name=_("纸质表"))
    channel = models.CharField(_("方式"), max_length=12, choices=Channel, default=Channel.ONLINE)
    at = models.DateTimeField(db_default=Now())

    objects = CosignQuerySet.as_manager()

    class Meta:
        verbose_name = _("附议")
        verbose_name_plural = _("附议")
        constraints = [
            models.UniqueConstraint(fields=["proposal", "household"], name="one_cosign_per_household"),
            models.UniqueConstraint(fields=["proposal", "speaker"], name="one_cosign_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.household_id}"
