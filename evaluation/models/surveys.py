"""满意度评议: a round of asking those who benefit, one answer per household, and the call-backs to bad ratings.

What must never happen here (a second answer of a household, one from outside the roll or out of time, an edited
result) is refused by the database: see guards/.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from funding.models import Acceptance
from minshi.clock import Now
from minshi.disclosure.models import Notice
from minshi.faces.words import share
from minshi.paper.models import Line
from minshi.policy.selectors import lengthening_said
from minshi.residents.models import Person
from minshi.rolls.models import Channel, Roll, Unit
from minshi.territory.models import Territory
from proposals.models import Proposal


class SurveyStage(models.TextChoices):
    OPEN = "open", _("正在评议")
    COUNTING = "counting", _("正在核对纸质表")
    CLOSED = "closed", _("已有结果")


class Verdict(models.TextChoices):
    """What the answers decide (domain.md 4.11)."""

    PASSED = "passed", _("达标")
    MEND = "mend", _("整改后再评")
    REFUSED = "refused", _("重新验收")
    TOO_FEW = "too_few", _("答卷不够")


class Ruling(models.TextChoices):
    """What the street decides when the rounds are used up."""

    RELEASE = "release", _("支付尾款")
    REFUSE = "refuse", _("不付尾款")


UNBOUGHT_RULINGS = {Ruling.RELEASE: _("认可，可以结算"), Ruling.REFUSE: _("不认可，照实结算")}


class SurveyQuerySet(models.QuerySet["Survey"]):
    def open(self) -> SurveyQuerySet:
        return self.filter(stage=SurveyStage.OPEN)

    def closed(self) -> SurveyQuerySet:
        return self.filter(stage=SurveyStage.CLOSED)


class Survey(models.Model):
    """One round. Its roll is frozen from the list of beneficiaries at opening; ``closes_at`` is exclusive.

    ``asked`` repeats how many units the roll has; ``struck_off`` says how many doors of the frozen list had left the
    register before, by public reason: [{"reason": …, "doors": n}]. ``terms`` are the policy's values pinned at
    opening. The results are written once, when it closes.
    """

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="surveys", verbose_name=_("项目"))
    round = models.PositiveSmallIntegerField(_("第几轮"))
    roll = models.OneToOneField(Roll, models.PROTECT, related_name="survey", verbose_name=_("名册"))
    asked = models.PositiveIntegerField(_("受益户数"))
    needed = models.PositiveIntegerField(_("至少要答的户数"))
    struck_off = models.JSONField(_("评议前已注销的户"), default=list, blank=True)
    terms = models.JSONField(_("适用规则"))
    opens_at = models.DateTimeField(_("开始"))
    closes_at = models.DateTimeField(_("截止（不含）"))
    extended_at = models.DateTimeField(_("延长时间"), null=True, blank=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    stage = models.CharField(_("阶段"), max_length=8, choices=SurveyStage, blank=True, default="")
    stage_since = models.DateTimeField(null=True, blank=True)

    answers_count = models.PositiveIntegerField(_("答卷"), null=True, blank=True)
    satisfied = models.PositiveIntegerField(_("满意"), null=True, blank=True)
    levels = models.JSONField(_("五级各多少户"), null=True, blank=True)
    aspects = models.JSONField(_("分项平均"), null=True, blank=True)
    on_paper = models.PositiveIntegerField(_("其中纸质"), null=True, blank=True)
    verdict = models.CharField(_("结论"), max_length=8, choices=Verdict, blank=True, default="")
    closed_at = models.DateTimeField(_("出结果时间"), null=True, blank=True)
    notice = models.OneToOneField(Notice, models.PROTECT, null=True, blank=True, related_name="+")
    ruling = models.CharField(_("街道决定"), max_length=8, choices=Ruling, blank=True, default="")
    ruling_reason = models.TextField(_("街道决定的理由"), blank=True, default="")
    ruled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    hold_settled_at = models.DateTimeField(_("尾款处理时间"), null=True, blank=True)

    objects = SurveyQuerySet.as_manager()

    class Meta:
        verbose_name = _("满意度评议")
        verbose_name_plural = _("满意度评议")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "round"], name="one_survey_of_a_round"),
            models.UniqueConstraint(
                fields=["proposal"], condition=~Q(stage="closed"), name="one_running_survey_per_project"
            ),
            models.CheckConstraint(condition=Q(opens_at__lt=F("closes_at")), name="survey_times_in_order"),
            models.CheckConstraint(
                condition=Q(asked__gt=0, needed__gt=0, needed__lte=F("asked")), name="survey_asks_somebody"
            ),
            models.CheckConstraint(
                condition=Q(
                    stage="closed",
                    answers_count__isnull=False,
                    satisfied__isnull=False,
                    satisfied__lte=F("answers_count"),
                    levels__isnull=False,
                    on_paper__isnull=False,
                    closed_at__isnull=False,
                )
                & ~Q(verdict="")
                | ~Q(stage="closed")
                & Q(
                    answers_count=None,
                    satisfied=None,
                    levels=None,
                    aspects=None,
                    on_paper=None,
                    closed_at=None,
                    notice=None,
                    verdict="",
                    ruling="",
                    hold_settled_at=None,
                ),
                name="survey_result_once_closed",
            ),
            models.CheckConstraint(
                condition=Q(ruling="", ruling_reason="", ruled_by=None)
                | ~Q(ruling="") & ~Q(ruling_reason="") & ~Q(verdict="passed") & Q(ruled_by__isnull=False),
                name="ruling_is_whole",
            ),
        ]

    @property
    def struck_said(self) -> str:
        """Which of those that benefit are not asked: 3 户（楼已经拆了 2 户；登记错了 1 户）; empty where none."""
        if not self.struck_off:
            return ""
        said = [_("%(reason)s %(n)d 户") % {"reason": row["reason"], "n": row["doors"]} for row in self.struck_off]
        total = sum(row["doors"] for row in self.struck_off)
        return _("%(n)d 户（%(reasons)s）") % {"n": total, "reasons": "；".join(said)}

    @property
    def verdict_said(self) -> str:
        """The verdict, the share of this round that was not reached, and what followed: 不足八成，整改后再评."""
        missed = {"mend": "rating.pass", "refused": "rating.refuse"}.get(self.verdict)
        if self.verdict in ("", Verdict.PASSED):
            return str(self.get_verdict_display())
        said = _("不足%(share)s") % {"share": share(self.terms[missed])} if missed else self.get_verdict_display()
        return f"{said}，{self._what_follows()}"

    @property
    def ruling_said(self) -> str:
        """What the street decided; where nothing was bought there is no part of a price to speak of."""
        accepted = Acceptance.objects.filter(proposal=self.proposal_id).order_by("-pk").first()
        is_unbought = accepted is not None and accepted.contract_id is None
        return str(UNBOUGHT_RULINGS[Ruling(self.ruling)] if is_unbought else self.get_ruling_display())

    def _what_follows(self) -> str:
        if self.ruling:
            return str(_("街道决定%(ruling)s") % {"ruling": self.ruling_said})
        if self.verdict == Verdict.TOO_FEW or self.round >= int(self.terms["rating.rounds"]):
            return str(_("由街道决定"))
        return str(self.get_verdict_display())

    def __str__(self) -> str:
        return gettext("%(proposal)s 第 %(round)d 轮评议") % {"proposal": self.proposal, "round": self.round}

    def get_absolute_url(self) -> str:
        return reverse("ratings", args=[self.proposal.number])

    @property
    def territory(self) -> Territory:
        return self.proposal.place

    @property
    def later(self) -> str:
        """Why its window ends later than it was announced, if it does. One query."""
        return lengthening_said(self)

    @property
    def decides_release(self) -> bool:
        """Whether this round lets the retained part be paid, once its notice has passed."""
        return self.verdict == Verdict.PASSED or self.ruling == Ruling.RELEASE


class Rating(models.IntegerChoices):
    """好差评: the first three are satisfied, the last two a bad rating."""

    VERY_SATISFIED = 1, _("非常满意")
    SATISFIED = 2, _("满意")
    FAIR = 3, _("基本满意")
    DISSATISFIED = 4, _("不满意")
    VERY_DISSATISFIED = 5, _("非常不满意")


SATISFIED = (Rating.VERY_SATISFIED, Rating.SATISFIED, Rating.FAIR)
BAD = (Rating.DISSATISFIED, Rating.VERY_DISSATISFIED)

ASPECTS = {
    "quality": _("做得好不好"),
    "price": _("钱花得值不值"),
    "process": _("商量和公开"),
    "responsiveness": _("有事找人快不快"),
}


class AnswerQuerySet(models.QuerySet["Answer"]):
    def bad(self) -> AnswerQuerySet:
        return self.filter(level__in=BAD)


def _aspect(label: Any) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(label, choices=Rating, null=True, blank=True)


class Answer(models.Model):
    """The one answer of a household. A signed paper replaces what was said online, never the other way round.

    ``speaker`` is whose word it is, ``by`` who typed it. Of a paper it says what two have read on it, or what the
    household put right (``PaperAnswer``); ``at`` is then when its sheet was registered. ``first_at`` stays when they
    change it, so that counts as of a fixed hour do. ``salt`` is
    of its digest in the archive and shown to nobody: its slip, which others know, would let them try the five levels.
    """

    survey = models.ForeignKey(Survey, models.PROTECT, related_name="answers", verbose_name=_("评议"))
    unit = models.OneToOneField(Unit, models.PROTECT, related_name="answer", verbose_name=_("名册单位"))
    level = models.PositiveSmallIntegerField(_("总体"), choices=Rating)
    quality = _aspect(ASPECTS["quality"])
    price = _aspect(ASPECTS["price"])
    process = _aspect(ASPECTS["process"])
    responsiveness = _aspect(ASPECTS["responsiveness"])
    advice = models.TextField(_("建议（已隐去号码）"), max_length=500, blank=True)
    channel = models.CharField(_("方式"), max_length=8, choices=Channel)
    slip_number = models.CharField(_("回执号"), max_length=12, unique=True)
    speaker = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name=_("评价人"))
    voice = models.BigIntegerField(null=True, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("填写人或代录人"))
    at = models.DateTimeField(_("时间"), db_default=Now())
    first_at = models.DateTimeField(_("第一次打分的时间"), db_default=Now(), editable=False)
    salt = models.UUIDField(default=uuid4, editable=False)

    objects = AnswerQuerySet.as_manager()

    SHOWN_TO_NOBODY = True

    class Meta:
        verbose_name = _("答卷")
        verbose_name_plural = _("答卷")
        constraints = [
            models.UniqueConstraint(fields=["survey", "voice"], name="one_voice_in_a_survey"),
            models.CheckConstraint(condition=Q(level__range=(1, 5)), name="answer_has_one_of_five_levels"),
            models.CheckConstraint(
                condition=Q(quality=None) | Q(quality__range=(1, 5)), name="quality_has_one_of_five_levels"
            ),
            models.CheckConstraint(
                condition=Q(price=None) | Q(price__range=(1, 5)), name="price_has_one_of_five_levels"
            ),
            models.CheckConstraint(
                condition=Q(process=None) | Q(process__range=(1, 5)), name="process_has_one_of_five_levels"
            ),
            models.CheckConstraint(
                condition=Q(responsiveness=None) | Q(responsiveness__range=(1, 5)),
                name="responsiveness_has_one_of_five_levels",
            ),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="answer_channel_is_known"),
        ]

    def __str__(self) -> str:
        return self.slip_number

    @property
    def territory(self) -> Territory:
        return self.survey.territory

    @property
    def is_bad(self) -> bool:
        return self.level in BAD


class PaperAnswerQuerySet(models.QuerySet["PaperAnswer"]):
    def of(self, survey: Survey) -> PaperAnswerQuerySet:
        return self.filter(unit__roll=survey.roll_id)

    def valid(self) -> PaperAnswerQuerySet:
        return self.filter(is_void=False)

    def unsettled(self) -> PaperAnswerQuerySet:
        """Registered, and neither read alike by two nor put right by the household; or their second sheet is not."""
        unread = Q(line__settled_at=None, line__corrected_at=None)
        return self.valid().filter(unread | Q(line__in=Line.objects.with_unread_second()))


class PaperAnswer(models.Model):
    """A paper rating of a household. Registering its stub before the end reserves the unit.

    What was read on it is the line's business (``minshi.paper``); ``is_void`` repeats, for the constraint, that the
    line was taken back, and is kept by the database.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="paper_answers", verbose_name=_("名册单位"))
    line = models.OneToOneField(Line, models.PROTECT, related_name="paper_answer", verbose_name=_("纸质表"))
    is_void = models.BooleanField(_("已撤销"), default=False)

    objects = PaperAnswerQuerySet.as_manager()

    SHOWN_TO_NOBODY = True

    class Meta:
        verbose_name = _("纸质测评表")
        verbose_name_plural = _("纸质测评表")
        constraints = [
            models.UniqueConstraint(fields=["unit"], condition=Q(is_void=False), name="one_paper_answer_per_unit"),
        ]

    def __str__(self) -> str:
        return f"paper answer {self.unit_id}"

    @property
    def survey(self) -> Survey:
        return self.unit.roll.survey

    @property
    def slip_number(self) -> str:
        return self.line.slip_number


def silent(roll: int) -> models.QuerySet[Unit]:
    """The units of a roll, by its key, with neither an answer nor a registered sheet yet."""
    sheets = PaperAnswer.objects.valid().filter(unit=models.OuterRef("pk"))
    return Unit.objects.filter(~models.Exists(sheets), roll=roll, answer=None)


class CallBackStage(models.TextChoices):
    OPEN = "open", _("等联系")
    CONTACTED = "contacted", _("已联系，整改中")
    MENDED = "mended", _("已整改，等评价人确认")
    SETTLED = "settled", _("已了结")
    WITHDRAWN = "withdrawn", _("评价已改好")  # of earlier rounds alone: now nobody calls before the end


class CallBackOutcome(models.TextChoices):
    CONFIRMED = "confirmed", _("评价人确认")
    SILENT = "silent", _("评价人没有回应")


class CallBack(models.Model):
    """差评回访整改: contacted, mended, and confirmed by whoever rated. Texts are masked when written.

    ``token`` is its address, which nobody guesses, and the salt of its digest in the archive. Who calls reads the
    answer; who mends reads ``task`` alone, and the rater's words where the rater agreed (``shares_words``).
    """

    due_basis = ""

    token = models.UUIDField(default=uuid4, unique=True, editable=False)
    answer = models.OneToOneField(Answer, models.PROTECT, related_name="callback", verbose_name=_("答卷"))
    survey = models.ForeignKey(Survey, models.PROTECT, related_name="callbacks", verbose_name=_("评议"))
    level = models.PositiveSmallIntegerField(_("评价"), choices=Rating)
    stage = models.CharField(_("进展"), max_length=10, choices=CallBackStage, blank=True, default="")
    stage_since = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(_("期限"), null=True, blank=True)
    contacted_at = models.DateTimeField(_("联系时间"), null=True, blank=True)
    findings = models.TextField(_("核实情况"), max_length=500, blank=True)
    task = models.TextField(_("要整改什么"), max_length=500, blank=True, default="")
    shares_words = models.BooleanField(_("评价人同意把原话告诉整改的人"), default=False)
    mended_at = models.DateTimeField(_("整改时间"), null=True, blank=True)
    mended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    measures = models.TextField(_("措施和结果"), max_length=500, blank=True)
    contested = models.PositiveSmallIntegerField(_("评价人不认可的次数"), default=0)
    outcome = models.CharField(_("结果"), max_length=10, choices=CallBackOutcome, blank=True, default="")
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    SHOWN_TO_NOBODY = True

    class Meta:
        verbose_name = _("差评回访")
        verbose_name_plural = _("差评回访")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(level__in=(4, 5)), name="callback_is_to_a_bad_rating"),
            models.CheckConstraint(
                condition=Q(stage__in=("", "settled", "withdrawn")) | Q(due_at__isnull=False),
                name="open_callback_has_deadline",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=("contacted", "mended", "settled")) | Q(contacted_at__isnull=False),
                name="callback_contacted_first",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=("mended", "settled"))
                | Q(mended_at__isnull=False, mended_by__isnull=False) & ~Q(measures=""),
                name="callback_mended_first",
            ),
            models.CheckConstraint(
                condition=Q(settled_by=None) | ~Q(settled_by=F("mended_by")),
                name="nobody_confirms_their_own_mending",
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    def get_absolute_url(self) -> str:
        return reverse("callback", args=[self.token])

    @property
    def territory(self) -> Territory:
        return self.survey.territory
