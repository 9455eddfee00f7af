"""A roll and its units. It knows no vote and no survey: they hold the key to it.

Frozen by the database (guards/rolls.sql): its units are written in the transaction that makes it, never after.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.lifecycle.models import CurrentTransaction
from minshi.residents.models import Ownership, Person
from minshi.territory.models import Household


class UnitKind(models.TextChoices):
    """Who one voice belongs to."""

    HOUSEHOLD = "household", _("户")
    RESIDENT = "resident", _("满18岁居民")
    REPRESENTATIVE = "representative", _("代表")
    OWNER = "owner", _("业主")


class Channel(models.TextChoices):
    """How a voice came. Paper replaces a proxy's, which replaces online and kiosk, never back (domain.md 5).

    The order of replacing is ``RANKS``, and ``channel_rank`` in guards/voices.sql.
    """

    ONLINE = "online", _("手机")
    KIOSK = "kiosk", _("现场机")
    PROXY = "proxy", _("委托")
    PAPER = "paper", _("纸质")

    @property
    def is_own_hand(self) -> bool:
        """Made by the speaker on a screen, and so changed on one until the end."""
        return RANKS[self] == 1


RANKS = {Channel.ONLINE: 1, Channel.KIOSK: 1, Channel.PROXY: 2, Channel.PAPER: 3}
"""A higher rank replaces a lower one, never back; the same rank replaces itself."""


class Roll(models.Model):
    """Who is asked. ``persons`` and ``area_m2`` are what shares of it are counted from, two weights of each unit."""

    kind = models.CharField(_("一票属于"), max_length=14, choices=UnitKind)
    size = models.PositiveIntegerField(_("单位数"), default=0)
    persons = models.PositiveIntegerField(_("人数"), default=0)
    area_m2 = models.DecimalField(_("面积（平方米）"), max_digits=14, decimal_places=2, default=0)
    frozen_at = models.DateTimeField(_("固定时间"), db_default=Now())
    xid = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)

    class Meta:
        verbose_name = _("名册")
        verbose_name_plural = _("名册")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class Reach(models.TextChoices):
    """联系不上 stays in the denominator."""

    REACHABLE = "reachable", _("在册")
    UNREACHABLE = "unreachable", _("联系不上")


class Unit(models.Model):
    """One row of a roll. ``label`` is public: masked to the building.

    A household is its door, a resident or representative a person; an owner is the set of people and organisations
    that own the same doors together (``Share``), counted as one person however many doors (民法典 278).
    """

    # Found by each of the three constraints below; one more index would be written for every door of a city.
    roll = models.ForeignKey(Roll, models.PROTECT, related_name="units", verbose_name=_("名册"), db_index=False)
    ordinal = models.PositiveIntegerField(_("名册序号"))
    label = models.CharField(_("位置"), max_length=80)
    household = models.ForeignKey(Household, models.PROTECT, null=True, related_name="+", verbose_name=_("户"))
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name=_("人"), db_index=False
    )
    persons = models.PositiveIntegerField(_("人数"), default=1)
    area_m2 = models.DecimalField(_("面积（平方米）"), max_digits=12, decimal_places=2, default=0)
    reach = models.CharField(_("状态"), max_length=12, choices=Reach, default=Reach.REACHABLE)
    reach_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    reach_note = models.CharField(_("联系经过"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("名册单位")
        verbose_name_plural = _("名册单位")
        ordering = ["roll", "ordinal"]
        indexes = [models.Index(fields=["person"], name="unit_of_person", condition=Q(person__isnull=False))]
        constraints = [
            models.UniqueConstraint(fields=["roll", "household"], name="one_unit_per_household"),
            models.UniqueConstraint(fields=["roll", "person"], name="one_unit_per_person"),
            models.UniqueConstraint(fields=["roll", "ordinal"], name="one_unit_of_an_ordinal"),
            models.CheckConstraint(condition=Q(household=None) | Q(person=None), name="unit_is_a_door_or_a_person"),
            models.CheckConstraint(condition=Q(area_m2__gte=0), name="unit_has_no_negative_area"),
        ]

    def __str__(self) -> str:
        return f"{self.roll_id}/{self.ordinal}"


class Share(models.Model):
    """A part in an owner's unit: who of them owns which of its doors."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="shares")
    ownership = models.ForeignKey(Ownership, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("名册产权")
        verbose_name_plural = _("名册产权")
        constraints = [models.UniqueConstraint(fields=["unit", "ownership"], name="one_share_of_an_ownership")]

    def __str__(self) -> str:
        return f"{self.unit_id}: {self.ownership_id}"
