"""What a place ruled for itself, as documents that hold from a day to a day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.residents.models import DateRange
from minshi.territory.models import Territory

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TITLE_LENGTH = 80
TEXT_LENGTH = 20_000
ADOPTED_LENGTH = 200
ANSWER_LENGTH = 200
MOST_MEMBERS = 30
POST_LENGTH = 20


class BylawKind(models.TextChoices):
    CHARTER = "charter", _("自治章程")
    COVENANT = "covenant", _("居民公约")
    PROCEDURE = "procedure", _("议事规则")
    OWNERS = "owners", _("管理规约、业主大会议事规则")
    COMMITTEE = "committee", _("院落自管会成员")


class BylawQuerySet(models.QuerySet["Bylaw"]):
    def waiting(self) -> BylawQuerySet:
        return self.filter(answered_at=None)

    def confirmed(self) -> BylawQuerySet:
        """What holds, held or is to hold: two people said so."""
        return self.filter(is_granted=True)

    def in_force(self, on: date) -> BylawQuerySet:
        return self.confirmed().filter(Q(until=None) | Q(until__gt=on), since__lte=on)

    def over(self, place: Territory) -> BylawQuerySet:
        """What is ruled for this place: by itself, or by a place around it."""
        return self.filter(place__path__in=place.ancestor_paths())

    def of(self, place: Territory) -> BylawQuerySet:
        """Of this place: what holds here, and what a place beneath it ruled for itself."""
        return self.filter(Q(place__path__in=place.ancestor_paths()) | Q(place__path__startswith=place.path))


class Bylaw(models.Model):
    """One document, entered by one person and confirmed by another (domain.md 6); then it stays as it is.

    ``since`` is inclusive, ``until`` exclusive; another of its kind that begins later ends it (``replaces``). The text
    is public and masked as it is written; ``scan`` is the office's: the sheet it was adopted by, with its signatures.
    ``members`` are who sits in a committee, as [masked name, post]; their term is the document's.
    ``binds_owners``: it says that an owners' vote decides, which else is an opinion poll (domain.md 5).
    """

    place = models.ForeignKey(Territory, models.PROTECT, related_name="bylaws", verbose_name=_("地方"))
    kind = models.CharField(_("种类"), max_length=10, choices=BylawKind)
    title = models.CharField(_("名称"), max_length=TITLE_LENGTH)
    text = models.TextField(_("全文"))
    members = models.JSONField(_("成员"), default=list, blank=True)
    adopted = models.CharField(_("怎么通过的"), max_length=ADOPTED_LENGTH)
    adopted_on = models.DateField(_("通过日期"))
    since = models.DateField(_("施行日期"))
    until = models.DateField(_("失效日期（不含）"), null=True, blank=True)
    binds_owners = models.BooleanField(_("写明业主表决的结果作为正式决定"), default=False)
    scan = models.FileField(_("原件照片"), upload_to="bylaws/", max_length=200, blank=True)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replaced_by")
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("登记人"))
    entered_as = models.CharField(_("登记人身份"), max_length=120)
    entered_at = models.DateTimeField(_("登记时间"), db_default=Now())
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    answered_as = models.CharField(_("确认人身份"), max_length=120, blank=True, default="")
    answered_at = models.DateTimeField(_("确认时间"), null=True, blank=True)
    is_granted = models.BooleanField(_("确认"), null=True, blank=True)
    answer = models.CharField(_("不确认的理由"), max_length=ANSWER_LENGTH, blank=True, default="")

    objects = BylawQuerySet.as_manager()

    class Meta:
        verbose_name = _("地方规则")
        verbose_name_plural = _("地方规则")
        indexes = [models.Index(F("place"), F("id").desc(), name="bylaw_of_place")]
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gt=F("since")), name="bylaw_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=~Q(title="") & ~Q(text="") & ~Q(adopted=""), name="bylaw_is_whole"),
            models.CheckConstraint(condition=Q(adopted_on__lte=F("since")), name="bylaw_is_adopted_before_it_holds"),
            models.CheckConstraint(condition=~Q(answered_by=F("entered_by")), name="two_confirm_a_bylaw"),
            models.CheckConstraint(
                condition=~Q(kind=BylawKind.COMMITTEE) | ~Q(members=[]) & Q(until__isnull=False),
                name="committee_has_members_and_a_term",
            ),
            models.CheckConstraint(
                condition=Q(binds_owners=False) | ~Q(kind=BylawKind.COMMITTEE), name="members_bind_no_owners"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, is_granted=None, replaces=None)
                | Q(answered_at__isnull=False, answered_by__isnull=False, is_granted__isnull=False),
                name="bylaw_is_answered_whole",
            ),
            models.CheckConstraint(condition=~Q(is_granted=False) | ~Q(answer=""), name="refused_bylaw_says_why"),
            models.UniqueConstraint(
                fields=["place", "kind"], condition=Q(answered_at=None), name="one_waiting_bylaw_of_a_kind"
            ),
            ExclusionConstraint(
                name="one_bylaw_of_a_kind_at_a_time",
                expressions=[
                    ("place", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    (DateRange("since", "until"), RangeOperators.OVERLAPS),
                ],
                condition=Q(is_granted=True),
            ),
        ]

    def __str__(self) -> str:
        return _("《%(title)s》") % {"title": self.title}

    def get_absolute_url(self) -> str:
        return reverse("bylaw", args=[self.pk])

    @property
    def territory(self) -> Territory:
        """What predicates ask every subject for."""
        return self.place

    def state(self, on: date) -> StrOrPromise:
        """How it stands on that day, in one word."""
        if self.since > on:
            return _("还没有施行")
        return _("施行中") if self.until is None or self.until > on else _("已失效")
