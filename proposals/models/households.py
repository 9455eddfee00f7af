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


SIGNED, NOT_SIGNED = {"signed": True}, {"signed": False}
"""What a reading of a line says."""


class CosignQuerySet(models.QuerySet["Cosign"]):
    def standing(self) -> CosignQuerySet:
        """All but what two people did not find on the sheet: these keep their door."""
        return self.filter(is_void=False)

    def counted(self) -> CosignQuerySet:
        """Made on a screen, or read alike by two on a sheet."""
        return self.standing().filter(Q(line=None) | Q(line__settled=SIGNED))

    def unread(self) -> CosignQuerySet:
        """On a sheet that waits for its second or third reader."""
        return self.standing().filter(line__isnull=False, line__settled_at=None)


class Cosign(models.Model):
    """A household supports putting it forward. ``speaker`` is whose word it is, ``by`` who typed it.

    A signature on paper reserves its door from the moment its sheet is registered, and counts once two have read it;
    ``is_void`` repeats, for the constraints, that two read it otherwise, and is kept by the database. When its proposal
    is merged into another, a copy goes along with the line (``carried_from``), and stands as long as they are merged.
    """

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="cosigns")
    household = models.ForeignKey(Household, models.PROTECT, related_name="+")
    speaker = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name=_("附议人"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    line = models.ForeignKey(Line, models.PROTECT, null=True, related_name="cosigns", verbose_name=_("纸质表"))
    carried_from = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="carried", editable=False, verbose_name=_("并进来的附议")
    )
    is_void = models.BooleanField(_("没有签"), default=False)
    channel = models.CharField(_("方式"), max_length=12, choices=Channel, default=Channel.ONLINE)
    at = models.DateTimeField(db_default=Now())

    objects = CosignQuerySet.as_manager()

    class Meta:
        verbose_name = _("附议")
        verbose_name_plural = _("附议")
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "household"], condition=Q(is_void=False), name="one_cosign_per_household"
            ),
            models.UniqueConstraint(
                fields=["proposal", "speaker"], condition=Q(is_void=False), name="one_cosign_per_person"
            ),
            models.UniqueConstraint(
                fields=["proposal", "line"], condition=Q(is_void=False), name="one_cosign_per_line"
            ),
            models.CheckConstraint(
                condition=Q(line=None, channel=Channel.ONLINE) | Q(line__isnull=False) & ~Q(channel=Channel.ONLINE),
                name="cosign_off_the_screen_has_a_line",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.household_id}"
