"""能人库 and 资源库: what residents and units can give, and who asked for it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.searching import Bigrams, Together
from minshi.territory.models import Territory
from proposals.models.choices import Category
from proposals.models.proposals import Proposal

RESOURCE_TITLE, RESOURCE_ABOUT, RESOURCE_TIMES, REQUEST_LENGTH = 40, 300, 80, 300


OFFERER = "offerer"
"""Holds a request: whoever offers what was asked for, while they have a way to answer themselves."""


class ResourceKind(models.TextChoices):
    SKILL = "skill", _("能人手艺")
    VENUE = "venue", _("场地")
    TOOL = "tool", _("工具")
    DONOR = "donor", _("爱心捐助")
    FACILITY = "facility", _("单位开放设施")


class ResourceStage(models.TextChoices):
    OFFERED = "offered", _("等社区确认")
    LISTED = "listed", _("可以找他")
    DECLINED = "declined", _("没有入库")
    WITHDRAWN = "withdrawn", _("已经撤下")


class RequestStage(models.TextChoices):
    ASKED = "asked", _("等答复")
    AGREED = "agreed", _("同意了")
    REFUSED = "refused", _("帮不上")
    CANCELLED = "cancelled", _("不用了")


class Resource(models.Model):
    """What somebody offers the neighbours. Whoever offers is reached through the platform only: the page names a unit,
    and a resident only while they agree to it (``name_public``); of neither a number."""

    PERSONAL = ("offerer_name", "contact", "name_public")

    place = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name=_("地方"))
    kind = models.CharField(_("哪一种"), max_length=12, choices=ResourceKind)
    title = models.CharField(_("能提供什么"), max_length=RESOURCE_TITLE)
    about = models.CharField(_("说明"), max_length=RESOURCE_ABOUT, blank=True)
    times = models.CharField(_("什么时候可以"), max_length=RESOURCE_TIMES)
    category = models.CharField(_("适合哪一类事"), max_length=12, choices=Category, default=Category.OTHER)
    unit = models.CharField(_("单位"), max_length=60, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("提供人"))
    offerer_name = models.CharField(_("纸质表上的提供人（仅办理人可见）"), max_length=40, blank=True)
    contact = models.CharField(_("怎么联系（仅办理人可见）"), max_length=40, blank=True)
    name_public = models.CharField(_("同意公开的姓名"), max_length=60, blank=True, db_default="")
    at = models.DateTimeField(_("登记时间"), db_default=Now())
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("确认人")
    )
    listed_at = models.DateTimeField(_("入库时间"), null=True, blank=True)
    ended_at = models.DateTimeField(_("撤下时间"), null=True, blank=True)
    answer = models.TextField(_("社区的话"), blank=True)
    helped = models.PositiveIntegerField(_("帮过几次"), default=0)
    is_demo = models.BooleanField(_("演示数据"), default=False)
    stage = models.CharField(_("进展"), max_length=12, choices=ResourceStage)
    stage_since = models.DateTimeField(null=True, blank=True)
    holder_role = models.CharField(max_length=20, blank=True)
    holder_place = models.ForeignKey(Territory, models.PROTECT, null=True, blank=True, related_name="+")
    due_at = models.DateTimeField(null=True, blank=True)
    due_basis = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("能人和资源")
        verbose_name_plural = _("能人和资源")
        indexes = [
            models.Index(F("place_id"), F("id").desc(), name="resource_of_place", condition=Q(stage="listed")),
            models.Index(F("kind"), F("id").desc(), name="resource_of_kind", condition=Q(stage="listed")),
            models.Index(F("id").desc(), name="resource_newest", condition=Q(stage="listed")),
            GinIndex(Bigrams(Together("title", "about")), name="resource_bigrams"),
            # Whose names and numbers nobody needs any more (minshi/health/kept.toml).
            models.Index(
                fields=["ended_at"],
                name="resource_left",
                condition=Q(ended_at__isnull=False) & ~Q(offerer_name__in=("", "—")),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(stage=ResourceStage.OFFERED)
                | ~Q(holder_role="") & Q(holder_place__isnull=False) & Q(due_at__isnull=False),
                name="offer_has_holder_and_deadline",
            ),
            models.CheckConstraint(
                condition=~Q(stage=ResourceStage.LISTED) | Q(confirmed_by__isnull=False, listed_at__isnull=False),
                name="listed_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(confirmed_by=F("by")), name="confirmed_by_another"),
            models.CheckConstraint(condition=~Q(kind=ResourceKind.FACILITY) | ~Q(unit=""), name="facility_of_a_unit"),
            models.CheckConstraint(condition=Q(offerer_name="") | ~Q(contact=""), name="offerer_can_be_reached"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("resource", args=[self.pk])

    page = get_absolute_url

    @property
    def territory(self) -> Territory:
        return self.place

    @property
    def is_listed(self) -> bool:
        return self.stage == ResourceStage.LISTED

    @property
    def is_for_another(self) -> bool:
        """``by`` wrote it down from a sheet for somebody without a phone of their own here: the community asks them."""
        return bool(self.offerer_name)

    @property
    def offered_by(self) -> str:
        """As everybody reads it."""
        return self.unit or self.name_public or str(_("一位居民"))


class ResourceRequest(models.Model):
    """Somebody asks for it; read by them, by whoever offers it and by those who carry the word between them."""

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="requests", verbose_name=_("能人或资源"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("谁找"))
    text = models.CharField(_("请他帮什么"), max_length=REQUEST_LENGTH)
    proposal = models.ForeignKey(
        Proposal, models.PROTECT, null=True, blank=True, related_name="requests", verbose_name=_("为了哪个项目")
    )
    at = models.DateTimeField(_("时间"), db_default=Now())
    answer = models.TextField(_("答复"), blank=True)
    stage = models.CharField(_("进展"), max_length=12, choices=RequestStage)
    stage_since = models.DateTimeField(null=True, blank=True)
    holder_role = models.CharField(max_length=20, blank=True)
    holder_place = models.ForeignKey(Territory, models.PROTECT, null=True, blank=True, related_name="+")
    due_at = models.DateTimeField(null=True, blank=True)
    due_basis = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("找能人和资源")
        verbose_name_plural = _("找能人和资源")
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "by"], condition=Q(stage=RequestStage.ASKED), name="one_open_request_each"
            ),
            models.CheckConstraint(
                condition=~Q(stage=RequestStage.ASKED)
                | ~Q(holder_role="") & Q(holder_place__isnull=False) & Q(due_at__isnull=False),
                name="request_has_holder_and_deadline",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    def page(self) -> str:
        """For the two it is between; the desk has its own."""
        return reverse("resource_request", args=[self.pk])

    @property
    def territory(self) -> Territory:
        return self.resource.place
