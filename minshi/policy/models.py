"""Parameters and their dated settings in a place; the calendar as published, version by version."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.policy.units import Unit, fraction
from minshi.territory.models import Territory


class Today(Func):
    """Today's date in China by the platform's time, as an SQL expression."""

    function = "minshi_today"
    output_field = models.DateField()


class Parameter(models.Model):
    """Something a district may rule on. Words and limits come with the release, values are settings."""

    name = models.CharField(_("代号"), max_length=64, unique=True)
    title = models.CharField(_("名称"), max_length=80)
    unit = models.CharField(_("单位"), max_length=16, choices=Unit)
    row = models.PositiveSmallIntegerField(_("规则表行号"), null=True, blank=True)
    source = models.CharField(_("默认值来源"), max_length=200)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    street_least = models.JSONField(_("街道可设下限"), null=True, blank=True)
    street_most = models.JSONField(_("街道可设上限"), null=True, blank=True)

    class Meta:
        verbose_name = _("规则参数")
        verbose_name_plural = _("规则参数")
        ordering = ["row", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(street_least__isnull=True, street_most__isnull=True)
                | Q(street_least__isnull=False, street_most__isnull=False),
                name="street_limits_come_in_pairs",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_overridable(self) -> bool:
        """Whether a street may rule on it at all."""
        return self.street_least is not None

    def allows_street(self, value: object) -> bool:
        if not self.is_overridable:
            return False
        return fraction(self.street_least) <= fraction(value) <= fraction(self.street_most)


class SettingQuerySet(models.QuerySet["Setting"]):
    def named(self, names: Iterable[str]) -> SettingQuerySet:
        """Of these parameters; a name that ends in a dot stands for all that begin with it."""
        wanted = Q(pk__in=[])
        for name in names:
            wanted |= Q(parameter__name__startswith=name) if name.endswith(".") else Q(parameter__name=name)
        return self.filter(wanted)

    def over(self, place: Territory | None) -> SettingQuerySet:
        """What concerns ``place``: its own, those of the places above it, the platform's."""
        paths = place.ancestor_paths() if place else []
        return self.filter(Q(place=None) | Q(place__path__in=paths))

    def begun(self, on: date | None) -> SettingQuerySet:
        return self.filter(since__lte=on or Today())

    def in_force(self, place: Territory | None, on: date | None = None) -> SettingQuerySet:
        """One per parameter: of the nearest place that gave any, the newest begun by ``on`` (today)."""
        return (
            self.over(place)
            .begun(on)
            .select_related("parameter", "place")
            .order_by("parameter_id", Length("place__path").desc(nulls_last=True), "-since")
            .distinct("parameter_id")
        )


class Setting(models.Model):
    """From ``since`` on this value holds in ``place`` and beneath it; without a place, everywhere by default.

    What has begun stays as it is (trigger): a change is a later setting.
    """

    place = models.ForeignKey(Territory, models.PROTECT, null=True, blank=True, verbose_name=_("地方"))
    parameter = models.ForeignKey(Parameter, models.PROTECT, related_name="settings", verbose_name=_("参数"))
    value = models.JSONField(_("值"))
    since = models.DateField(_("施行日期"))
    source = models.CharField(_("依据"), max_length=200)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("设定人")
    )
    set_at = models.DateTimeField(_("设定时间"), db_default=Now())

    objects = SettingQuerySet.as_manager()

    class Meta:
        verbose_name = _("规则设定")
        verbose_name_plural = _("规则设定")
        ordering = ["parameter", "place", "-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["place", "parameter", "since"], name="one_setting_a_day", nulls_distinct=False
            ),
            models.CheckConstraint(condition=~Q(source=""), name="setting_has_a_source"),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @property
    def is_default(self) -> bool:
        """示范参数，非法定: no place has ruled on it."""
        return self.place_id is None


class CalendarVersion(models.Model):
    """One published arrangement of holidays: from ``since`` through ``through`` nothing is a guess."""

    number = models.PositiveIntegerField(_("版本"), unique=True)
    source = models.CharField(_("依据"), max_length=200, unique=True)
    published = models.DateField(_("公布日期"))
    since = models.DateField(_("起"))
    through = models.DateField(_("止"))
    loaded_at = models.DateTimeField(_("录入时间"), db_default=Now())
    recounted_at = models.DateTimeField(_("重新计算完毕"), null=True, editable=False)
    """Since when whatever runs has been counted by it."""

    class Meta:
        verbose_name = _("节假日表版本")
        verbose_name_plural = _("节假日表版本")
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(condition=Q(through__gte=F("since")), name="calendar_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return self.source


class CalendarDay(models.Model):
    """A day the arrangement names: off, or a weekend worked for it. Other days go by the week."""

    version = models.ForeignKey(CalendarVersion, models.PROTECT, related_name="days", verbose_name=_("版本"))
    date = models.DateField(_("日期"))
    is_working = models.BooleanField(_("上班"))
    name = models.CharField(_("名称"), max_length=20)

    class Meta:
        verbose_name = _("节假日")
        verbose_name_plural = _("节假日")
        ordering = ["date"]
        constraints = [models.UniqueConstraint(fields=["version", "date"], name="one_row_a_day")]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"


class Lengthening(models.Model):
    """That a running period ends later since a calendar was published: the old end, the new one, by which version.

    Written in the transaction that moves the end; what was announced once is never shortened (domain.md 7).
    """

    subject_type = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    kind = models.CharField(_("事项"), max_length=64, blank=True)
    old_end = models.DateTimeField(_("原截止"))
    new_end = models.DateTimeField(_("顺延后截止"))
    version = models.ForeignKey(CalendarVersion, models.PROTECT, related_name="+", verbose_name=_("节假日表"))
    at = models.DateTimeField(_("时间"), db_default=Now())

    class Meta:
        verbose_name = _("期限顺延")
        verbose_name_plural = _("期限顺延")
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="lengthening_subject")]
        constraints = [
            models.CheckConstraint(condition=Q(new_end__gt=F("old_end")), name="lengthening_is_later"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_type} {self.subject_id} {self.kind}"
