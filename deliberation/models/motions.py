"""A question with a roll, a rule and a window; one ballot per unit of the roll.

What must never happen here (two ballots of a unit, a late one, an edited tally) is refused by the database: guards/.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from minshi.bylaws.models import Bylaw
from minshi.clock import Now
from minshi.disclosure.models import Notice
from minshi.paper.models import Line
from minshi.policy.selectors import lengthening_said
from minshi.residents.models import Person
from minshi.rolls.models import Channel, Roll, Unit
from minshi.searching import Bigrams
from minshi.territory.models import Territory
from proposals.models import Proposal, Version


class Purpose(models.TextChoices):
    CANVASS = "canvass", _("楼院征询")
    FORMAL = "formal", _("正式表决")


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


def _area(label: Any) -> models.DecimalField:
    return models.DecimalField(label, max_digits=14, decimal_places=2, null=True, blank=True)


class MotionQuerySet(models.QuerySet["Motion"]):
    def open(self) -> MotionQuerySet:
        return self.filter(stage=MotionStage.OPEN)

    def within(self, place: Territory) -> MotionQuerySet:
        return self.filter(place__path__startswith=place.path)


class Motion(models.Model):
    """A question of a place, of a project's or on its own; its roll says who is asked.

    ``quorum`` and ``threshold`` are exact fractions as text; "1/2" means more than half (policy).

    ``closes_at`` is exclusive. The results are written once, when it is published; ``digest`` is the SHA-256
    of the published file of ballots. ``by_area``: the same rule holds for the area in m², too. ``is_poll``: an
    owners' count that the place has not made binding, by a rule of its own in force that day (``bylaw``).
    ``lists_every_hours``: who took part is told as of these hours of the day, so that no list tells a minute;
    ``smallest_group``: a part of the result with fewer ballots is not told by itself (policy; empty for motions older
    than these rules).
    """

    place = models.ForeignKey(Territory, models.PROTECT, related_name="motions", verbose_name=_("地方"))
    proposal = models.ForeignKey(Proposal, models.PROTECT, null=True, related_name="motions", verbose_name=_("项目"))
    version = models.ForeignKey(Version, models.PROTECT, null=True, related_name="+", verbose_name=_("表决的方案"))
    roll = models.OneToOneField(Roll, models.PROTECT, related_name="motion", verbose_name=_("名册"))
    ordinal = models.PositiveSmallIntegerField(_("第几次"))
    purpose = models.CharField(_("性质"), max_length=8, choices=Purpose)
    question = models.CharField(_("问题"), max_length=100)
    detail = models.CharField(_("说明"), max_length=300, blank=True)
    quorum = models.CharField(_("参与门槛"), max_length=11)
    quorum_base = models.CharField(max_length=4, choices=Base, default=Base.ROLL)
    threshold = models.CharField(_("同意门槛"), max_length=11)
    threshold_base = models.CharField(max_length=4, choices=Base, default=Base.CAST)
    by_area = models.BooleanField(_("面积也要够"), default=False)
    is_poll = models.BooleanField(_("仅为意见征询"), default=False)
    bylaw = models.ForeignKey(
        Bylaw, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("作为正式决定的依据")
    )
    opens_at = models.DateTimeField(_("开始"))
    closes_at = models.DateTimeField(_("截止（不含）"))
    counting_until = models.DateTimeField(_("计票至（不含）"))
    publish_by = models.DateTimeField(_("公布期限（不含）"))
    lists_every_hours = models.PositiveSmallIntegerField(_("参加名单更新间隔（小时）"), null=True)
    periods = models.JSONField(_("各段的天数"), default=dict, editable=False)
    smallest_group = models.PositiveSmallIntegerField(_("分组公布的最少票数"), null=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    electorate = models.PositiveIntegerField(_("名册数"))

    stage = models.CharField(_("阶段"), max_length=10, choices=MotionStage, blank=True, default="")
    stage_since = models.DateTimeField(null=True, blank=True)

    agree = models.PositiveIntegerField(_("同意"), null=True, blank=True)
    against = models.PositiveIntegerField(_("不同意"), null=True, blank=True)
    abstain = models.PositiveIntegerField(_("弃权"), null=True, blank=True)
    agree_m2 = _area(_("同意的面积"))
    against_m2 = _area(_("不同意的面积"))
    abstain_m2 = _area(_("弃权的面积"))
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
        indexes = [
            models.Index(F("id"), name="motion_running", condition=~Q(stage="published")),
            GinIndex(Bigrams("question"), name="motion_question_bigrams"),
        ]
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
                condition=Q(proposal=None, version=None) | Q(proposal__isnull=False, version__isnull=False),
                name="motion_of_a_project_is_about_a_version",
            ),
            models.CheckConstraint(
                condition=Q(
                    stage="published",
                    agree__isnull=False,
                    against__isnull=False,
                    abstain__isnull=False,
                    agree_m2__isnull=False,
                    against_m2__isnull=False,
                    abstain_m2__isnull=False,
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
                    agree_m2=None,
                    against_m2=None,
                    abstain_m2=None,
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
        return reverse("motion", args=[self.proposal.number]) if self.proposal else ""

    @property
    def territory(self) -> Territory:
        return self.place

    @property
    def later(self) -> str:
        """Why its window ends later than it was announced, if it does. One query."""
        return lengthening_said(self)

    @property
    def title(self) -> str:
        """What it is about, in short: its project's name, else its question."""
        return self.proposal.title if self.proposal else self.question

    @property
    def turnout(self) -> int:
        """Units that took part, whatever they chose; known once published."""
        return (self.agree or 0) + (self.against or 0) + (self.abstain or 0)


class AreaCount(models.Model):
    """That somebody added up the areas of a vote by hand, and found what the platform had found (domain.md 5)."""

    motion = models.ForeignKey(Motion, models.PROTECT, related_name="area_counts", verbose_name=_("表决"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("计票人"))
    agree_m2 = models.DecimalField(_("同意的面积"), max_digits=14, decimal_places=2)
    against_m2 = models.DecimalField(_("不同意的面积"), max_digits=14, decimal_places=2)
    abstain_m2 = models.DecimalField(_("弃权的面积"), max_digits=14, decimal_places=2)
    at = models.DateTimeField(_("时间"), db_default=Now())

    SHOWN_TO_NOBODY = True

    class Meta:
        verbose_name = _("面积复核")
        verbose_name_plural = _("面积复核")
        constraints = [models.UniqueConstraint(fields=["motion", "by"], name="one_count_of_a_counter")]

    def __str__(self) -> str:
        return f"count of {self.motion_id}"


def waiting(roll: Roll) -> models.QuerySet[Unit]:
    """Its units with neither a ballot nor a registered sheet yet."""
    sheets = PaperBallot.objects.valid().filter(unit=models.OuterRef("pk"))
    return roll.units.filter(~models.Exists(sheets), ballot=None)


class PaperBallotQuerySet(models.QuerySet["PaperBallot"]):
    def valid(self) -> PaperBallotQuerySet:
        return self.filter(is_void=False)

    def unsettled(self) -> PaperBallotQuerySet:
        return self.valid().filter(line__settled_at=None, line__corrected_at=None)


class PaperBallot(models.Model):
    """A paper ballot of a unit. Registering its stub before the end reserves the unit.

    What was read on it is the line's business (``minshi.paper``); ``is_void`` repeats, for the constraint, that the
    line was taken back, and is kept by the database.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="papers", verbose_name=_("名册单位"))
    line = models.OneToOneField(Line, models.PROTECT, related_name="paper_ballot", verbose_name=_("纸质表"))
    is_void = models.BooleanField(_("已撤销"), default=False)

    objects = PaperBallotQuerySet.as_manager()

    SHOWN_TO_NOBODY = True

    class Meta:
        verbose_name = _("纸票")
        verbose_name_plural = _("纸票")
        constraints = [
            models.UniqueConstraint(fields=["unit"], condition=Q(is_void=False), name="one_paper_per_unit"),
        ]

    def __str__(self) -> str:
        return f"paper {self.unit_id}"

    @property
    def motion(self) -> Motion:
        return self.unit.roll.motion

    @property
    def slip_number(self) -> str:
        return self.line.slip_number

    @property
    def choice(self) -> str:
        """What it was first read to say; "" while only the stub is registered."""
        return self.line.first["choice"] if self.line.first else ""

    def get_choice_display(self) -> str:
        return str(Choice(self.choice).label) if self.choice else ""


class Ballot(models.Model):
    """The one ballot of a unit as it stands now; what it was before is in ``BallotChange``.

    Written by the database's functions alone (guards/ballots.sql), one for each way a ballot comes. ``speaker`` is
    whose word it is, ``by`` who typed it; ``voice`` repeats the speaker where one person speaks once on the matter.
    The slip number follows from one made by whoever sent the ballot, so that a repeat finds the same one; nothing
    joins it to the check number, which stands beside the choice in the published file.
    """

    unit = models.OneToOneField(Unit, models.PROTECT, primary_key=True, related_name="ballot", db_constraint=False)
    motion = models.ForeignKey(Motion, models.PROTECT, related_name="ballots", db_constraint=False, db_index=False)
    choice = models.CharField(_("选择"), max_length=8, choices=Choice)
    channel = models.CharField(_("方式"), max_length=8, choices=Channel)
    slip_number = models.CharField(_("回执号"), max_length=12, unique=True)
    check_number = models.CharField(_("核对号"), max_length=12, unique=True)
    speaker = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("投票人")
    )
    voice = models.BigIntegerField(null=True, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("录入人")
    )
    cast_at = models.DateTimeField(_("收到时间"), db_default=Now())

    SHOWN_TO_NOBODY = True

    class Meta:
        verbose_name = _("选票")
        verbose_name_plural = _("选票")
        indexes = [
            # The published file and the public list in their order, which is by chance: each a part of one motion.
            models.Index(fields=["motion", "check_number"], include=["choice"], name="ballot_file"),
            models.Index(fields=["motion", "slip_number"], name="ballot_slips"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(choice__in=Choice.values), name="ballot_choice_is_known"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="ballot_channel_is_known"),
            models.UniqueConstraint(fields=["motion", "voice"], name="one_voice_on_a_motion"),
        ]

    def __str__(self) -> str:
        return f"ballot {self.pk}"


class BallotChange(models.Model):
    """What a ballot was before it was changed or replaced; written by the database itself."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="changes")
    choice = models.CharField(_("原选择"), max_length=8, choices=Choice)
    channel = models.CharField(_("方式"), max_length=8, choices=Channel)
    slip_number = models.CharField(_("回执号"), max_length=12, unique=True)
    speaker = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", db_index=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    cast_at = models.DateTimeField(_("收到时间"))
    replaced_at = models.DateTimeField(_("被替换时间"), db_default=Now())

    SHOWN_TO_NOBODY = True

    class Meta:
        verbose_name = _("改票记录")
        verbose_name_plural = _("改票记录")

    def __str__(self) -> str:
        return f"earlier ballot {self.pk}"


class CheckLetter(models.Model):
    """核对号信: a household without a phone asks for its check number, which comes to it in a closed letter.

    Printed at the street, once, by somebody without a role in the place; the number itself is not kept here.
    """

    SHOWN_TO_NOBODY = True

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="letters", verbose_name=_("名册单位"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("谁代为申请")
    )
    asked_at = models.DateTimeField(_("申请时间"), db_default=Now())
    printed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    printed_at = models.DateTimeField(_("打印时间"), null=True)

    class Meta:
        verbose_name = _("核对号信")
        verbose_name_plural = _("核对号信")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["unit"], condition=Q(printed_at=None), name="one_letter_waits_per_unit"),
            models.CheckConstraint(
                condition=Q(printed_by=None, printed_at=None)
                | Q(printed_by__isnull=False, printed_at__isnull=False) & ~Q(printed_by=F("asked_by")),
                name="letter_is_printed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"letter {self.pk}"

    @property
    def motion(self) -> Motion:
        return self.unit.roll.motion

    @property
    def territory(self) -> Territory:
        return self.motion.place
