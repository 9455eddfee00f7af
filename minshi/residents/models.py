"""Who a person is here: a household's member, and the roles they hold in places, with dates."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.territory.models import Household, Territory


class Person(models.Model):
    """Somebody in the register, with or without a phone; no ID number is ever kept."""

    PERSONAL = ("name",)

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="person")
    name = models.CharField(_("姓名"), max_length=40)
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, blank=True, related_name="members", verbose_name=_("户")
    )
    is_representative = models.BooleanField(_("户代表"), default=False)
    is_adult = models.BooleanField(_("已满18岁"), default=True)
    confirmed_at = models.DateTimeField(_("住户身份确认时间"), null=True, blank=True)
    consented_at = models.DateTimeField(_("个人信息告知同意时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("居民")
        verbose_name_plural = _("居民")
        constraints = [
            models.UniqueConstraint(
                fields=["household"],
                condition=Q(is_representative=True),
                name="one_representative_per_household",
            ),
        ]

    def __str__(self) -> str:
        return _("居民 %(pk)s") % {"pk": self.pk}


class Role(models.TextChoices):
    """What one can be in a place. Names follow the documents."""

    CHIEF = "chief", _("楼栋长")
    TEN_CHIEF = "ten_chief", _("十户长")
    GROUP_LEADER = "group_leader", _("小组长")
    GRID_WORKER = "grid_worker", _("网格员")
    DELEGATE = "delegate", _("两代表一委员")
    CLERK = "clerk", _("社区工作人员")
    PARTY = "party", _("社区党组织")
    SUPERVISOR = "supervisor", _("居务监督委员会")
    CASE_OFFICER = "case_officer", _("街道经办")
    APPROVER = "approver", _("街道审批")
    CASHIER = "cashier", _("街道财务")
    DISTRICT_OFFICER = "district_officer", _("区牵头部门")
    DISTRICT_FINANCE = "district_finance", _("区财政")


ORGANISERS = (Role.CHIEF, Role.TEN_CHIEF, Role.GROUP_LEADER, Role.GRID_WORKER, Role.DELEGATE)
"""Who may review a proposal of their place (S2)."""

STAFF_ROLES = (
    Role.CLERK,
    Role.PARTY,
    Role.SUPERVISOR,
    Role.CASE_OFFICER,
    Role.APPROVER,
    Role.CASHIER,
    Role.DISTRICT_OFFICER,
    Role.DISTRICT_FINANCE,
)
"""Who works in the admin and signs in with a password and a second factor."""


class DateRange(Func):
    """``since`` inclusive to ``until`` exclusive, open where until is empty."""

    function = "daterange"
    output_field = DateRangeField()


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    def active(self, on: date) -> RoleGrantQuerySet:
        return self.filter(Q(until=None) | Q(until__gt=on), since__lte=on, revoked_at=None)


class RoleGrant(models.Model):
    """This user holds this role in this place and everything beneath it, from ``since`` until before ``until``."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="grants")
    role = models.CharField(_("角色"), max_length=20, choices=Role)
    place = models.ForeignKey(Territory, models.PROTECT, related_name="grants", verbose_name=_("地方"))
    since = models.DateField(_("开始"))
    until = models.DateField(_("结束（不含）"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("撤销时间"), null=True, blank=True)
    basis = models.CharField(_("依据（推选或任命记录）"), max_length=200, blank=True)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    granted_at = models.DateTimeField(db_default=Now())

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("任职")
        verbose_name_plural = _("任职")
        indexes = [models.Index(fields=["place", "role"], name="grant_of_place")]
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gt=F("since")), name="grant_ends_after_it_begins"
            ),
            ExclusionConstraint(
                name="one_grant_at_a_time",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("place", RangeOperators.EQUAL),
                    (DateRange("since", "until"), RangeOperators.OVERLAPS),
                ],
                condition=Q(revoked_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.place_id}"
