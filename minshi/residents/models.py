"""Who a person is here: where they live and what they own, and the roles they hold in places, all with dates."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, FilteredRelation, Func, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.territory.models import Household, Territory


class DateRange(Func):
    """``since`` inclusive to ``until`` exclusive, open where until is empty."""

    function = "daterange"
    output_field = DateRangeField()


class TimeRange(Func):
    """The same of moments."""

    function = "tstzrange"
    output_field = DateTimeRangeField()


class PersonQuerySet(models.QuerySet["Person"]):
    def at_home(self) -> PersonQuerySet:
        """With the residence each has now, door and place, in the same query."""
        home = FilteredRelation("residences", condition=Q(residences__until=None))
        return self.annotate(home=home).select_related("home__household__place__parent")  # type: ignore[misc]

    def settled(self) -> PersonQuerySet:
        """Those whose home is confirmed, with it."""
        return self.at_home().filter(home__confirmed_at__isnull=False)  # type: ignore[misc]

    def behind(self, doors: models.QuerySet[Household]) -> PersonQuerySet:
        """Of those with their home, the ones who live behind these doors, door by door."""
        rows = self.filter(home__household__in=doors)
        return rows.order_by("home__household__place__path", "home__household__address")


class Person(models.Model):
    """Somebody in the register, with or without a phone; no ID number is ever kept. Where they live is a residence.

    ``born`` is the first day of a minor's month of birth, kept until they are adult and then erased.
    ``consented_to`` is the version of the notice (``notice.VERSION``) they agreed to ``consented_at``.
    """

    PERSONAL = ("name", "born")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="person")
    name = models.CharField(_("姓名"), max_length=40)
    is_adult = models.BooleanField(_("已满18岁"), default=True)
    born = models.DateField(_("出生年月（未满18岁）"), null=True, blank=True)
    consented_at = models.DateTimeField(_("个人信息告知同意时间"), null=True, blank=True)
    consented_to = models.PositiveSmallIntegerField(_("同意的是第几版告知"), default=1, db_default=1)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("居民")
        verbose_name_plural = _("居民")
        constraints = [
            models.CheckConstraint(condition=Q(is_adult=False) | Q(born=None), name="no_birth_month_of_an_adult"),
            models.CheckConstraint(condition=Q(born=None) | Q(born__day=1), name="birth_is_kept_by_month"),
        ]

    def __str__(self) -> str:
        return _("居民 %(pk)s") % {"pk": self.pk}

    @cached_property
    def residence(self) -> Residence | None:
        """Where they say they live now, confirmed or not; kept with this object."""
        if "home" in self.__dict__:
            home: Residence | None = self.__dict__["home"]
            return home
        return self.residences.current().select_related("household__place__parent").first()

    @property
    def household(self) -> Household | None:
        """Their door now, confirmed or not."""
        return self.residence.household if self.residence else None


class ResidenceQuerySet(models.QuerySet["Residence"]):
    def current(self) -> ResidenceQuerySet:
        return self.filter(until=None)

    def confirmed(self) -> ResidenceQuerySet:
        return self.filter(confirmed_at__isnull=False)

    def claims(self) -> ResidenceQuerySet:
        """What somebody says and nobody has confirmed."""
        return self.current().filter(confirmed_at=None, person__isnull=False)


class Residence(models.Model):
    """Who lives behind a door, from when until before when; it counts once the chief or the clerk has confirmed it.

    ``person`` is empty where the register knows nobody there (未登记). What somebody did belongs to the residence of
    that day, so a row is never turned to another person or door: moving ends one and begins the next.
    """

    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="residences")
    household = models.ForeignKey(Household, models.PROTECT, related_name="residences", verbose_name=_("户"))
    since = models.DateTimeField(_("从"), db_default=Now())
    until = models.DateTimeField(_("到（不含）"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("住户身份确认时间"), null=True, blank=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    is_representative = models.BooleanField(_("户代表"), default=False)

    objects = ResidenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("居住")
        verbose_name_plural = _("居住")
        indexes = [
            models.Index(fields=["household", "since"], name="residence_of_door"),
            # What waits for a word, among millions of homes (``claims``).
            models.Index(
                fields=["household"],
                name="residence_claims",
                condition=Q(until=None, confirmed_at=None, person__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="residence_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(is_representative=False) | Q(person__isnull=False, confirmed_at__isnull=False),
                name="representative_is_confirmed",
            ),
            models.UniqueConstraint(
                fields=["household"],
                condition=Q(is_representative=True, until=None),
                name="one_representative_per_household",
            ),
            models.UniqueConstraint(
                fields=["household"], condition=Q(person=None, until=None), name="one_unknown_residence_per_household"
            ),
            ExclusionConstraint(
                name="one_residence_at_a_time",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    (TimeRange("since", "until"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class RepresentationQuerySet(models.QuerySet["Representation"]):
    def open(self) -> RepresentationQuerySet:
        return self.filter(answered_at=None)


class Representation(models.Model):
    """A confirmed adult asks to speak for their household in place of who does; answered once."""

    home = models.ForeignKey(Residence, models.PROTECT, related_name="representations", verbose_name=_("申请人的居住"))
    asked_at = models.DateTimeField(_("申请时间"), db_default=Now())
    is_contested = models.BooleanField(_("现任户代表不同意"), default=False)
    answered_at = models.DateTimeField(_("办结时间"), null=True, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    is_granted = models.BooleanField(_("同意更换"), null=True, blank=True)

    objects = RepresentationQuerySet.as_manager()

    class Meta:
        verbose_name = _("户代表申请")
        verbose_name_plural = _("户代表申请")
        constraints = [
            models.UniqueConstraint(
                fields=["home"], condition=Q(answered_at=None), name="one_open_representation_of_a_home"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, is_granted=None)
                | Q(answered_at__isnull=False, is_granted__isnull=False, answered_by__isnull=False),
                name="representation_is_answered_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.home_id}"


STRIKE_REASON_LENGTH = 120


class StrikeOffQuerySet(models.QuerySet["StrikeOff"]):
    def open(self) -> StrikeOffQuerySet:
        return self.filter(answered_at=None)

    def standing(self) -> StrikeOffQuerySet:
        """By which a door is off the register now."""
        return self.filter(is_granted=True, restored_at=None)


class StrikeOff(models.Model):
    """A door leaves the register: one asks with a reason, which is public, another person confirms (domain.md 4).

    Restoring it is written into the same row, and takes one: it gives rights and takes none.
    """

    household = models.ForeignKey(Household, models.PROTECT, related_name="strikes", verbose_name=_("户"))
    reason = models.CharField(_("注销理由"), max_length=STRIKE_REASON_LENGTH)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("申请人"))
    asked_as = models.CharField(_("申请人身份"), max_length=120)
    asked_at = models.DateTimeField(_("申请时间"), db_default=Now())
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    answered_as = models.CharField(_("复核人身份"), max_length=120, blank=True, default="")
    answered_at = models.DateTimeField(_("复核时间"), null=True, blank=True)
    is_granted = models.BooleanField(_("同意注销"), null=True, blank=True)
    answer = models.CharField(_("不同意的理由"), max_length=STRIKE_REASON_LENGTH, blank=True, default="")
    restored_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    restored_at = models.DateTimeField(_("恢复时间"), null=True, blank=True)

    objects = StrikeOffQuerySet.as_manager()

    class Meta:
        verbose_name = _("门牌注销")
        verbose_name_plural = _("门牌注销")
        constraints = [
            models.UniqueConstraint(
                fields=["household"], condition=Q(answered_at=None), name="one_open_strike_of_a_door"
            ),
            models.CheckConstraint(condition=~Q(answered_by=F("asked_by")), name="two_strike_a_door_off"),
            models.CheckConstraint(condition=~Q(reason=""), name="a_door_is_struck_for_a_reason"),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, is_granted=None)
                | Q(answered_at__isnull=False, answered_by__isnull=False, is_granted__isnull=False),
                name="strike_is_answered_whole",
            ),
            models.CheckConstraint(
                condition=Q(restored_at=None, restored_by=None)
                | Q(restored_at__isnull=False, restored_by__isnull=False, is_granted=True),
                name="only_a_struck_door_is_restored",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.household_id}"


class OwnershipQuerySet(models.QuerySet["Ownership"]):
    def current(self) -> OwnershipQuerySet:
        return self.filter(until=None)


class Ownership(models.Model):
    """Who owns a door, a person or an organisation, from when until before when; co-owners are several rows."""

    PERSONAL = ("organisation",)

    household = models.ForeignKey(Household, models.PROTECT, related_name="ownerships", verbose_name=_("户"))
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="ownerships")
    organisation = models.CharField(_("单位"), max_length=80, blank=True)
    since = models.DateTimeField(_("从"), db_default=Now())
    until = models.DateTimeField(_("到（不含）"), null=True, blank=True)

    objects = OwnershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("产权")
        verbose_name_plural = _("产权")
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, organisation="") | Q(person=None) & ~Q(organisation=""),
                name="owner_is_a_person_or_an_organisation",
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="ownership_ends_after_it_begins"
            ),
            models.UniqueConstraint(
                fields=["household", "person", "organisation"],
                condition=Q(until=None),
                nulls_distinct=False,
                name="owns_a_door_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.household_id}: {self.person_id or self.organisation}"


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

OFFICES = {
    "community": (Role.CLERK, Role.PARTY, Role.SUPERVISOR),
    "street": (Role.CASE_OFFICER, Role.APPROVER, Role.CASHIER),
    "district": (Role.DISTRICT_OFFICER, Role.DISTRICT_FINANCE),
}
"""Who works on which level of the tree; the first of each hears what concerns the level."""

STAFF_ROLES = tuple(role for roles in OFFICES.values() for role in roles)
"""Who works in the admin and signs in with a password and a second factor."""


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
        return str(self.get_role_display())


ELECTION_LENGTH = 200


class Election(models.Model):
    """推选 (form 33): how many households were asked, came and said what before somebody was given this post."""

    grant = models.OneToOneField(RoleGrant, models.PROTECT, related_name="election", verbose_name=_("任职"))
    asked = models.PositiveIntegerField(_("应到户数"))
    came = models.PositiveIntegerField(_("实到户数"))
    agreed = models.PositiveIntegerField(_("同意票"))
    against = models.PositiveIntegerField(_("不同意票"))
    abstained = models.PositiveIntegerField(_("弃权票"))
    course = models.CharField(_("推选经过"), max_length=ELECTION_LENGTH)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("登记时间"), db_default=Now())

    class Meta:
        verbose_name = _("推选结果")
        verbose_name_plural = _("推选结果")
        constraints = [
            models.CheckConstraint(condition=Q(came__lte=F("asked")), name="no_more_came_than_were_asked"),
            models.CheckConstraint(
                condition=Q(came__gte=F("agreed") + F("against") + F("abstained")), name="no_more_votes_than_came"
            ),
            models.CheckConstraint(condition=Q(agreed__gt=F("against")), name="elected_by_more_than_refused"),
        ]

    def __str__(self) -> str:
        return str(
            _("%(asked)d 户应到，%(came)d 户实到，同意 %(agreed)d、不同意 %(against)d、弃权 %(abstained)d") % vars(self)
        )
