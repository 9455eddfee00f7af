"""A question with an electorate, a rule and a window; one ballot per voting unit.

What must never happen here (two ballots of a unit, a late one, an edited tally) is refused by the database:
see ``deliberation/guards/``.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.disclosure.models import Notice
from minshi.territory.models import Household, Territory
from proposals.models import Proposal, Version


class Purpose(models.TextChoices):
    CANVASS = "canvass", _("楼院征询")
    FORMAL = "formal", _("正式表决")


class UnitKind(models.TextChoices):
    """Who one vote belongs to. Only households are asked so far."""

    HOUSEHOLD = "household", _("户")
    RESIDENT = "resident", _("满18岁居民")
    REPRESENTATIVE = "representative", _("代表")
    OWNER = "owner", _("业主")


class Base(models.TextChoices):
    """What a share is a share of."""

    ROLL = "roll", _("名册")
    CAST = "cast", _("参与")


class MotionStage(models.TextChoices):
    OPEN = "open", _("正在投票")
    CLOSED = "closed", _("投票结束")
    COUNTING = "counting", _("正在计票")
    PUBLISHED = "published", _("已公布")


class Choice(models.TextChoices):
    AGREE = "agree", _("同意")
    AGAINST = "against", _("不同意")
    ABSTAIN = "abstain", _("弃权")


class BallotChannel(models.TextChoices):
    """How a ballot came. Paper replaces a proxy's, which replaces online and kiosk, never back."""

    ONLINE = "online", _("手机")
    KIOSK = "kiosk", _("现场机")
    PROXY = "proxy", _("委托")
    PAPER = "paper", _("纸质")


class MotionQuerySet(models.QuerySet["Motion"]):
    def open(self) -> MotionQuerySet:
        return self.filter(stage=MotionStage.OPEN)

    def within(self, place: Territory) -> MotionQuerySet:
        return self.filter(proposal__place__path__startswith=place.path)


class Motion(models.Model):
    """``quorum`` and ``threshold`` are exact fractions as text; "1/2" means more than half (policy).

    ``closes_at`` is exclusive. The results are written once, when it is published; ``digest`` is the SHA-256
    of the published file of ballots. ``is_poll``: an owners' count that the place has not made binding.
    """

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="motions", verbose_name=_("项目"))
    version = models.ForeignKey(Version, models.PROTECT, related_name="+", verbose_name=_("表决的方案"))
    ordinal = models.PositiveSmallIntegerField(_("第几次"))
    purpose = models.CharField(_("性质"), max_length=8, choices=Purpose)
    question = models.CharField(_("问题"), max_length=100)
    detail = models.CharField(_("说明"), max_length=300, blank=True)
    unit_kind = models.CharField(_("一票属于"), max_length=14, choices=UnitKind, default=UnitKind.HOUSEHOLD)
    quorum = models.CharField(_("参与门槛"), max_length=11)
    quorum_base = models.CharField(max_length=4, choices=Base, default=Base.ROLL)
    threshold = models.CharField(_("同意门槛"), max_length=11)
    threshold_base = models.CharField(max_length=4, choices=Base, default=Base.CAST)
    is_poll = models.BooleanField(_("仅为意见征询"), default=False)
    opens_at = models.DateTimeField(_("开始"))
    closes_at = models.DateTimeField(_("截止（不含）"))
    counting_until = models.DateTimeField(_("计票至（不含）"))
    publish_by = models.DateTimeField(_("公布期限（不含）"))
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    electorate = models.PositiveIntegerField(_("名册户数"))

    stage = models.CharField(_("阶段"), max_length=10, choices=MotionStage, blank=True, default="")
    stage_since = models.DateTimeField(null=True, blank=True)

    agree = models.PositiveIntegerField(_("同意"), null=True, blank=True)
    against = models.PositiveIntegerField(_("不同意"), null=True, blank=True)
    abstain = models.PositiveIntegerField(_("弃权"), null=True, blank=True)
    on_paper = models.PositiveIntegerField(_("其中纸质"), null=True, blank=True)
    unreachable = models.PositiveIntegerField(_("联系不上"), null=True, blank=True)
    passed = models.BooleanField(_("通过"), null=True, blank=True)
    digest = models.CharField(_("选票文件的校验值"), max_length=64, blank=True)
    published_at = models.DateTimeField(_("公布时间"), null=True, blank=True)
    notice = models.ForeignKey(Notice, models.PROTECT, null=True, blank=True, related_name="+")

    objects = MotionQuerySet.as_manager()

    class Meta:
        verbose_name = _("表决")
        verbose_name_plural = _("表决")
        ordering = ["-id"]
        indexes = [models.Index(F("id"), name="motion_running", condition=~Q(stage="published"))]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "ordinal"], name="one_motion_of_an_ordinal"),
            models.UniqueConstraint(
                fields=["proposal"], condition=~Q(stage="published"), name="one_running_motion_per_project"
            ),
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("closes_at"))
                & Q(closes_at__lte=F("counting_until"))
                & Q(counting_until__lte=F("publish_by")),
                name="motion_times_in_order",
            ),
            models.CheckConstraint(
                condition=Q(quorum__regex=r"^[1-9]\d*/[1-9]\d*$", threshold__regex=r"^[1-9]\d*/[1-9]\d*$"),
                name="motion_rule_is_exact",
            ),
            models.CheckConstraint(condition=Q(electorate__gt=0), name="motion_has_an_electorate"),
            models.CheckConstraint(
                condition=Q(
                    stage="published",
                    agree__isnull=False,
                    against__isnull=False,
                    abstain__isnull=False,
                    on_paper__isnull=False,
                    unreachable__isnull=False,
                    passed__isnull=False,
                    published_at__isnull=False,
                    digest__regex=r"^[0-9a-f]{64}$",
                )
                | ~Q(stage="published")
                & Q(
                    agree=None,
                    against=None,
                    abstain=None,
                    on_paper=None,
                    unreachable=None,
                    passed=None,
                    published_at=None,
                    digest="",
                    notice=None,
                ),
                name="results_exist_once_published",
            ),
        ]

    def __str__(self) -> str:
        return self.question

    def get_absolute_url(self) -> str:
        return reverse("motion", args=[self.proposal.number])

    @property
    def territory(self) -> Territory:
        return self.proposal.place

    @property
    def turnout(self) -> int:
        """Units that took part, whatever they chose; known once published."""
        return (self.agree or 0) + (self.against or 0) + (self.abstain or 0)


class Reach(models.TextChoices):
    """联系不上 stays in the denominator."""

    REACHABLE = "reachable", _("在册")
    UNREACHABLE = "unreachable", _("联系不上")


class UnitQuerySet(models.QuerySet["Unit"]):
    def waiting(self) -> UnitQuerySet:
        """Neither a ballot nor a registered sheet yet."""
        sheets = PaperBallot.objects.valid().filter(unit=models.OuterRef("pk"))
        return self.filter(~models.Exists(sheets), ballot=None)


class Unit(models.Model):
    """One row of the electorate, frozen when the window opens. ``label`` is public: masked to the building."""

    motion = models.ForeignKey(Motion, models.PROTECT, related_name="units", verbose_name=_("表决"))
    household = models.ForeignKey(Household, models.PROTECT, related_name="+", verbose_name=_("户"))
    ordinal = models.PositiveIntegerField(_("名册序号"))
    label = models.CharField(_("位置"), max_length=80)
    weight = models.PositiveBigIntegerField(_("票权"), default=1)
    reach = models.CharField(_("状态"), max_length=12, choices=Reach, default=Reach.REACHABLE)
    reach_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reach_note = models.CharField(_("联系经过"), max_length=120, blank=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("名册")
        verbose_name_plural = _("名册")
        ordering = ["motion", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["motion", "household"], name="one_unit_per_household"),
            models.UniqueConstraint(fields=["motion", "ordinal"], name="one_unit_of_an_ordinal"),
            # What the ballot's composite key leads to: a ballot belongs to the motion of its unit.
            models.UniqueConstraint(fields=["id", "motion"], name="unit_and_its_motion"),
            models.CheckConstraint(condition=Q(weight__gt=0), name="unit_weighs_something"),
            models.CheckConstraint(
                condition=Q(reach="reachable") | Q(reach="unreachable", reach_by__isnull=False) & ~Q(reach_note=""),
                name="unreachable_is_vouched_for",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ordinal} {self.label}"


class PaperBallotQuerySet(models.QuerySet["PaperBallot"]):
    def valid(self) -> PaperBallotQuerySet:
        return self.filter(voided_at=None)

    def unsettled(self) -> PaperBallotQuerySet:
        return self.valid().filter(confirmed_at=None, corrected_at=None)


class PaperBallot(models.Model):
    """A paper ballot of a unit. Registering its stub before the end reserves the unit.

    Somebody reads the sheet (``choice``), another person reads it again without seeing the first reading. When
    they differ (``doubt``) a third decides, and ``choice`` is the reading that held. Only then is it a ballot.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="papers", verbose_name=_("户"))
    photo = models.ImageField(_("纸票照片"), upload_to="ballots/", blank=True)
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    registered_at = models.DateTimeField(_("登记时间"), db_default=Now())
    choice = models.CharField(_("第一次录入"), max_length=8, choices=Choice, blank=True)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    entered_at = models.DateTimeField(null=True, blank=True)
    doubt = models.CharField(_("第二次录入（不一致）"), max_length=8, choices=Choice, blank=True)
    doubted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(_("核对时间"), null=True, blank=True)
    correct_until = models.DateTimeField(_("更正至（不含）"), null=True, blank=True)
    corrected_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    corrected_at = models.DateTimeField(null=True, blank=True)
    correction = models.CharField(_("更正说明"), max_length=200, blank=True)
    voided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    voided_at = models.DateTimeField(_("撤销时间"), null=True, blank=True)
    void_reason = models.CharField(_("撤销原因"), max_length=200, blank=True)
    receipt = models.CharField(_("回执号"), max_length=12, unique=True)

    objects = PaperBallotQuerySet.as_manager()

    class Meta:
        verbose_name = _("纸票")
        verbose_name_plural = _("纸票")
        constraints = [
            models.UniqueConstraint(fields=["unit"], condition=Q(voided_at=None), name="one_paper_per_unit"),
            models.CheckConstraint(
                condition=Q(voided_by=None, voided_at=None, void_reason="")
                | Q(voided_by__isnull=False, voided_at__isnull=False, confirmed_at=None, corrected_at=None)
                & ~Q(void_reason=""),
                name="void_paper_says_why",
            ),
            models.CheckConstraint(
                condition=Q(choice="", entered_by=None, entered_at=None, correct_until=None)
                | ~Q(choice="")
                & Q(entered_by__isnull=False, entered_at__isnull=False, correct_until__isnull=False)
                & ~Q(photo=""),
                name="paper_is_read_from_its_photo",
            ),
            models.CheckConstraint(
                condition=Q(doubt="", doubted_by=None)
                | ~Q(doubt="") & Q(entered_by__isnull=False) & ~Q(doubted_by=F("entered_by")),
                name="paper_is_doubted_by_another",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(entered_by__isnull=False, confirmed_at__isnull=False)
                & ~Q(confirmed_by=F("entered_by"))
                & (Q(doubted_by=None) | ~Q(confirmed_by=F("doubted_by"))),
                name="paper_is_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(corrected_by=None, corrected_at=None, correction="")
                | Q(entered_by__isnull=False, corrected_at__isnull=False) & ~Q(correction=""),
                name="paper_correction_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"paper {self.unit_id}"

    @property
    def is_settled(self) -> bool:
        """Read alike by two people, or corrected by the household itself."""
        return self.confirmed_at is not None or self.corrected_at is not None


class Ballot(models.Model):
    """The one ballot of a unit as it stands now; what it was before is in ``BallotChange``.

    ``receipt`` follows from a number made by whoever sent the ballot, so that a repeat finds the same one.
    ``motion`` repeats the unit's for the tally's index; a composite key in the database holds the two together.
    """

    unit = models.OneToOneField(Unit, models.PROTECT, primary_key=True, related_name="ballot", db_constraint=False)
    motion = models.ForeignKey(Motion, models.PROTECT, related_name="ballots", db_constraint=False, db_index=False)
    choice = models.CharField(_("选择"), max_length=8, choices=Choice)
    channel = models.CharField(_("方式"), max_length=8, choices=BallotChannel)
    receipt = models.CharField(_("回执号"), max_length=12, unique=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("投票人")
    )
    cast_at = models.DateTimeField(_("收到时间"), db_default=Now())

    class Meta:
        verbose_name = _("选票")
        verbose_name_plural = _("选票")
        indexes = [models.Index(fields=["motion", "choice"], name="ballot_tally")]
        constraints = [
            models.CheckConstraint(condition=Q(choice__in=Choice.values), name="ballot_choice_is_known"),
            models.CheckConstraint(condition=Q(channel__in=BallotChannel.values), name="ballot_channel_is_known"),
        ]

    def __str__(self) -> str:
        return f"ballot {self.pk}"


class BallotChange(models.Model):
    """What a ballot was before it was changed or replaced; written by the database itself."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="changes")
    choice = models.CharField(_("原选择"), max_length=8, choices=Choice)
    channel = models.CharField(_("方式"), max_length=8, choices=BallotChannel)
    receipt = models.CharField(_("回执号"), max_length=12, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    cast_at = models.DateTimeField(_("收到时间"))
    replaced_at = models.DateTimeField(_("被替换时间"), db_default=Now())

    class Meta:
        verbose_name = _("改票记录")
        verbose_name_plural = _("改票记录")

    def __str__(self) -> str:
        return f"earlier ballot {self.pk}"
