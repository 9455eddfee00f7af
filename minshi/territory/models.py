"""Places as a tree whose levels are data, and the households at its leaves."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.deadlines.rounds import asked_once

ADDRESS_LENGTH = 80
KEY_LENGTH = 40


class Level(models.Model):
    """A level of the tree: city, district, street, community, yard, building, group. Data: places differ."""

    code = models.CharField(_("代码"), max_length=20, primary_key=True)
    name = models.CharField(_("名称"), max_length=40)
    rank = models.PositiveSmallIntegerField(_("次序"), unique=True)

    class Meta:
        verbose_name = _("层级")
        verbose_name_plural = _("层级")
        ordering = ["rank"]

    def __str__(self) -> str:
        return self.name


LEVELS = (
    ("city", _("市"), 10),
    ("district", _("区县"), 20),
    ("street", _("街道"), 30),
    ("community", _("社区"), 40),
    ("yard", _("院落"), 50),
    ("building", _("楼栋"), 60),
    ("group", _("十户"), 70),
)
"""Code, name and rank of the levels every site begins with; a place that knows others adds rows between them."""


def paths_down_to(path: str) -> list[str]:
    """The paths of a place and of all above it, the city first."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: end + 1]) + "/" for end in range(len(parts))]


class TerritoryQuerySet(models.QuerySet["Territory"]):
    def within(self, place: Territory) -> TerritoryQuerySet:
        """``place`` and everything beneath it, by one range of the path's index."""
        return self.filter(path__startswith=place.path)


class Territory(models.Model):
    """``path`` holds the codes from the city down, each closed by a slash: within = begins with."""

    code = models.CharField(_("代码"), max_length=32, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    official_name = models.CharField(_("全称"), max_length=120, blank=True)
    level = models.ForeignKey(Level, models.PROTECT, verbose_name=_("层级"))
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=200, unique=True)
    full_name = models.CharField(_("完整名称"), max_length=300)
    organisation_code = models.CharField(_("机构代码"), max_length=9, blank=True)
    phone = models.CharField(_("办公电话"), max_length=20, blank=True)
    opened_at = models.DateTimeField(_("开通时间"), null=True, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="+", verbose_name=_("已并入")
    )

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("地方")
        verbose_name_plural = _("地方")
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(condition=Q(path__endswith="/"), name="path_is_closed"),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="place_merged_into_another"),
        ]

    def __str__(self) -> str:
        return self.name

    def contains(self, other: Territory) -> bool:
        return other.path.startswith(self.path)

    def ancestor_paths(self) -> list[str]:
        """The paths of this place and of all above it, the city first."""
        return paths_down_to(self.path)

    def ancestors(self) -> TerritoryQuerySet:
        """The city down to this place itself, in one query."""
        return Territory.objects.filter(path__in=self.ancestor_paths()).select_related("level").order_by("path")

    @asked_once
    def at_level(self, code: str) -> Territory | None:
        """This place or the one above it on that level, if the tree has one here."""
        return self.ancestors().filter(level_id=code).first()


class PlaceChange(models.Model):
    """What became of a yard, building or group: renamed, divided or merged. It is added and stays as it is."""

    class Kind(models.TextChoices):
        RENAMED = "renamed", _("改名")
        SPLIT = "split", _("分出")
        MERGED = "merged", _("并入")

    place = models.ForeignKey(Territory, models.PROTECT, related_name="changes", verbose_name=_("地方"))
    kind = models.CharField(_("变更"), max_length=10, choices=Kind)
    other = models.ForeignKey(
        Territory, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("另一处")
    )
    before = models.CharField(_("原来的名称"), max_length=80)
    after = models.CharField(_("后来的名称"), max_length=80)
    doors = models.PositiveIntegerField(_("户数"), default=0)
    reason = models.CharField(_("依据或原因"), max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("办理人"))
    at = models.DateTimeField(_("时间"), db_default=Now())

    class Meta:
        verbose_name = _("地方变更")
        verbose_name_plural = _("地方变更")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind="renamed") ^ Q(other__isnull=False), name="change_names_the_other"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class LiesWithin(Func):
    """Whether a path is another one's or lies beneath it, also where both come from rows: one range of the paths'
    index, which ``__startswith`` of another column is not."""

    template = "(%(expressions)s)"
    output_field = models.BooleanField()

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        (path, first), (above, second) = (compiler.compile(each) for each in self.get_source_expressions())
        said = f"({path} ~>=~ {above} AND {path} ~<~ ({above} || '~') AND starts_with({path}, {above}))"
        return said, [*first, *second] * 3


class Household(models.Model):
    """A 户: one address in a building, yard or ten-household group.

    ``label`` is where it is, below the community and down to the building: what may be shown of it. ``key`` is the
    address as it is read (``minshi.territory.reading``), so that one door has one row however it is spelled; an
    older row that is no door, or a second spelling of one, has none.
    """

    PERSONAL = ("address", "key")

    place = models.ForeignKey(Territory, models.PROTECT, verbose_name=_("所在楼院"), related_name="households")
    address = models.CharField(_("门牌"), max_length=ADDRESS_LENGTH)
    key = models.CharField(max_length=KEY_LENGTH, blank=True, default="", editable=False)
    label = models.CharField(_("公开的位置"), max_length=ADDRESS_LENGTH, blank=True)
    area_m2 = models.DecimalField(_("面积（平方米）"), max_digits=8, decimal_places=2, null=True, blank=True)
    floor = models.SmallIntegerField(_("楼层"), null=True, blank=True)
    is_active = models.BooleanField(_("在册"), default=True)

    class Meta:
        verbose_name = _("户")
        verbose_name_plural = _("户")
        constraints = [
            models.UniqueConstraint(fields=["place", "address"], name="one_household_per_door"),
            models.UniqueConstraint(fields=["place", "key"], condition=~Q(key=""), name="one_household_per_reading"),
        ]

    def __str__(self) -> str:
        return self.address

    @property
    def door(self) -> str:
        """东风巷14号院2栋101: from the yard on. For the household itself and whoever may know the door."""
        inside = self.place.level_id in ("building", "group") and self.place.parent
        return f"{inside.name if inside else ''}{self.place.name}{self.address}"
