"""民主商议: the residents who run it, the meeting with the six parties, and the plan it agrees on."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.disclosure.models import Notice
from minshi.paper.models import Sheet
from minshi.territory.models import Household, Territory
from proposals.models import Proposal, Version


class WorkingGroup(models.Model):
    """居民临时自治小组, later the project group. One stands at a time; a new choice ends the one before."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="groups", verbose_name=_("项目"))
    how = models.CharField(_("怎么选出来的"), max_length=200)
    sheet = models.ForeignKey(
        Sheet, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("推选表的照片")
    )
    formed_at = models.DateTimeField(_("成立时间"), db_default=Now())
    formed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("居民小组")
        verbose_name_plural = _("居民小组")
        constraints = [
            models.UniqueConstraint(
                fields=["proposal"], condition=Q(ended_at=None), name="one_standing_group_per_project"
            )
        ]

    def __str__(self) -> str:
        return str(self.proposal)


class Member(models.Model):
    """Somebody in the group, from which door; their name is masked when it is written here.

    ``on_paper``: they have no account they could sign in to, and stand on the group's sheet.
    """

    group = models.ForeignKey(WorkingGroup, models.PROTECT, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="group_memberships")
    name_public = models.CharField(_("姓名（公开）"), max_length=60)
    household = models.ForeignKey(Household, models.PROTECT, null=True, related_name="+", verbose_name=_("户"))
    on_paper = models.BooleanField(_("在纸质推选表上"), default=False)
    is_lead = models.BooleanField(_("召集人"), default=False)

    class Meta:
        verbose_name = _("小组成员")
        verbose_name_plural = _("小组成员")
        constraints = [
            models.UniqueConstraint(fields=["group", "user"], name="in_a_group_once"),
            models.UniqueConstraint(fields=["group"], condition=Q(is_lead=True), name="one_lead_per_group"),
        ]

    def __str__(self) -> str:
        return self.name_public


class MeetingStage(models.TextChoices):
    ANNOUNCED = "announced", _("议题已公告")
    RECORDED = "recorded", _("纪要已公布")
    CALLED_OFF = "called_off", _("没有开成")


class Meeting(models.Model):
    """议事会. What was not announced in time is not voted; ``minutes`` are public and keep their versions."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="meetings", verbose_name=_("项目"))
    ordinal = models.PositiveSmallIntegerField(_("第几次"))
    begins_at = models.DateTimeField(_("开会时间"))
    venue = models.CharField(_("地点"), max_length=120)
    agenda = models.TextField(_("议题"), max_length=1000)
    agenda_notice = models.ForeignKey(Notice, models.PROTECT, related_name="+", verbose_name=_("议题公告"))
    announced_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    stage = models.CharField(_("阶段"), max_length=10, choices=MeetingStage, blank=True, default="")
    stage_since = models.DateTimeField(null=True, blank=True)

    chair = models.CharField(_("主持人（公开）"), max_length=60, blank=True)
    expected = models.PositiveIntegerField(_("应到"), default=0)
    present = models.PositiveIntegerField(_("实到"), default=0)
    quorum = models.CharField(_("到会门槛"), max_length=11)
    threshold = models.CharField(_("同意门槛"), max_length=11)
    minutes = models.TextField(_("纪要"), blank=True)
    dissent = models.TextField(_("不同意见"), blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    minutes_notice = models.ForeignKey(Notice, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("议事会")
        verbose_name_plural = _("议事会")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "ordinal"], name="one_meeting_of_an_ordinal"),
            models.CheckConstraint(
                condition=~Q(stage="recorded")
                | Q(expected__gt=0, present__gt=0, present__lte=F("expected"), recorded_by__isnull=False)
                & ~Q(minutes="")
                & ~Q(chair=""),
                name="recorded_meeting_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(proposal)s 第 %(n)d 次议事会") % {"proposal": self.proposal, "n": self.ordinal}

    def get_absolute_url(self) -> str:
        return reverse("meeting", args=[self.proposal.number, self.ordinal])

    @property
    def territory(self) -> Territory:
        return self.proposal.place


class Party(models.TextChoices):
    """The six parties at the table, and the residents themselves."""

    BRANCH = "branch", _("党组织")
    COMMITTEE = "committee", _("居委会")
    OWNERS = "owners", _("业委会")
    PROPERTY = "property", _("物业")
    UNITS = "units", _("驻区单位")
    SOCIAL = "social", _("社会组织")
    RESIDENTS = "residents", _("居民代表")


class Attendance(models.Model):
    """Whether a party came, and who spoke for it (public text, masked)."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="attendances")
    party = models.CharField(_("哪一方"), max_length=10, choices=Party)
    came = models.BooleanField(_("到会"), default=False)
    who = models.CharField(_("到会的人（公开）"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("到会情况")
        verbose_name_plural = _("到会情况")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["meeting", "party"], name="party_once_per_meeting")]

    def __str__(self) -> str:
        return self.get_party_display()


class Resolution(models.Model):
    """A motion put to the meeting, with its counts; more than half of those present must agree, a tie fails."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="resolutions")
    ordinal = models.PositiveSmallIntegerField(_("序号"))
    text = models.CharField(_("动议"), max_length=300)
    present = models.PositiveIntegerField(_("在场"))
    agree = models.PositiveIntegerField(_("同意"))
    against = models.PositiveIntegerField(_("不同意"))
    abstain = models.PositiveIntegerField(_("弃权"))
    passed = models.BooleanField(_("通过"))

    class Meta:
        verbose_name = _("动议")
        verbose_name_plural = _("动议")
        ordering = ["ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "ordinal"], name="one_resolution_of_an_ordinal"),
            models.CheckConstraint(
                condition=Q(agree__lte=F("present") - F("against") - F("abstain")),
                name="no_more_votes_than_present",
            ),
            models.CheckConstraint(
                condition=Q(passed=False) | Q(agree__gt=F("present") - F("agree")),
                name="passed_by_more_than_half",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Plan(models.Model):
    """What the meeting agreed on; it is the proposal's ``version`` from then on."""

    meeting = models.OneToOneField(Meeting, models.PROTECT, related_name="plan")
    resolution = models.ForeignKey(Resolution, models.PROTECT, related_name="+")
    text = models.TextField(_("商定的方案"), max_length=2000)
    cost_fen = models.BigIntegerField(_("预算"))
    shares = models.JSONField(_("谁来出钱"))
    keeper = models.CharField(_("建好后谁管"), max_length=120)
    suppliers = models.CharField(_("想找什么样的承接方"), max_length=200, blank=True)
    version = models.OneToOneField(Version, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("商定的方案")
        verbose_name_plural = _("商定的方案")
        constraints = [models.CheckConstraint(condition=Q(cost_fen__gt=0), name="agreed_plan_costs_something")]

    def __str__(self) -> str:
        return f"plan of meeting {self.meeting_id}"
