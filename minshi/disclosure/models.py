"""Public notices and the objections to them. A notice does not know what it announces: the subject holds the key."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import RegexValidator
from django.db import connection, models
from django.db.models import F, FilteredRelation, Func, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, TruncDate
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from minshi.clock import CHINA, Instant, Now, now
from minshi.faces.words import cn_until
from minshi.paper.models import Line
from minshi.policy.models import Lengthening
from minshi.prefix import Address
from minshi.residents.models import Person, RoleGrant
from minshi.searching import Bigrams, found
from minshi.territory.models import Household, PlaceChange, Territory


class Kind(models.TextChoices):
    """What is announced. The first six are gates (domain.md 4): a step waits for them to pass."""

    INITIATION = "initiation", _("立项公示")
    FUNDING = "funding", _("资金公示")
    AWARD = "award", _("成交公示")
    ACCEPTANCE = "acceptance", _("验收公示")
    SATISFACTION = "satisfaction", _("满意度公示")
    ACCOUNTS = "accounts", _("结算公示")
    AGENDA = "agenda", _("议题公告")
    VOTE_RESULT = "vote_result", _("表决结果公告")
    MINUTES = "minutes", _("议事纪要公告")
    SELECTION = "selection", _("评选结果公告")
    HANDLING = "handling", _("办理情况公告")
    CHANGE = "change", _("变更公告")
    OTHER = "other", _("公告")


class Above(models.TextChoices):
    """Who stands above whoever announced something; above the district there is no office but two of its officers."""

    STREET = "street", _("街道")
    DISTRICT = "district", _("区牵头部门")
    ABOVE = "above", _("区牵头部门两位工作人员")


GATES = (Kind.INITIATION, Kind.FUNDING, Kind.AWARD, Kind.ACCEPTANCE, Kind.SATISFACTION, Kind.ACCOUNTS)

NUMBER = r"[0-9A-Z]{9}-[0-9]{6}-[0-9]{6}"
"""Kunming's index number: organisation, year and month, running number."""


_LISTED = (
    "number",
    "kind",
    "title",
    "posted_at",
    "ends_at",
    "withdrawn_by_id",
    "reopened_at",
    "objections_total",
    "objections_open",
    "objections_unread",
    "objections_remarked",
)
_PASSED_ABOVE = Func(F("pk"), function="is_confirmed_above", output_field=models.BooleanField())


def _called_then() -> Coalesce:
    """What its place was called when it was published: it stays under that name though it was renamed since."""
    renamed = PlaceChange.objects.filter(place=OuterRef("place"), kind=PlaceChange.Kind.RENAMED)
    since = renamed.filter(at__gt=OuterRef("posted_at")).order_by("pk")
    return Coalesce(Subquery(since.values("before")[:1]), F("place__name"))


class NoticeQuerySet(models.QuerySet["Notice"]):
    def in_place(self, place: Territory) -> NoticeQuerySet:
        return self.filter(place__path__startswith=place.path)

    def running(self) -> NoticeQuerySet:
        return self.filter(withdrawn_by=None, ends_at__gt=Instant())

    def past(self) -> NoticeQuerySet:
        return self.filter(Q(ends_at__lte=Instant()) | Q(withdrawn_by__isnull=False))

    def named(self, word: str) -> NoticeQuerySet:
        """Those with the word in their title, or where it may be a part of one, in their number."""
        titled = found(Notice, "title", word)
        return self.filter(titled if word.isalpha() else titled | Q(number__icontains=word))

    def newest(self) -> NoticeQuerySet:
        return self.order_by("-posted_at", "-pk")

    def with_posts(self) -> NoticeQuerySet:
        """With every role that somebody holds there or above, in the same query."""
        grants = RoleGrant.objects.active(TruncDate(Instant(), tzinfo=CHINA)).filter(user__is_active=True)  # type: ignore[arg-type]
        beneath = Func(
            OuterRef("place__path"), F("place__path"), function="starts_with", output_field=models.BooleanField()
        )
        there = grants.filter(beneath)
        return self.annotate(posts=ArraySubquery(there.values("role").distinct()))

    def for_stamp(self) -> NoticeQuerySet:
        """With what a list says of them besides their own columns: one that changes is drawn anew."""
        return self.annotate(
            runs=models.ExpressionWrapper(Q(ends_at__gt=Instant()), models.BooleanField()), passed_above=_PASSED_ABOVE
        )

    def for_lists(self) -> NoticeQuerySet:
        """With what a list draws of them, and no more: a notice's text is long."""
        rows = self.select_related("place").annotate(
            read_at=Instant(), passed_above=_PASSED_ABOVE, called=_called_then()
        )
        return rows.only(*_LISTED, "place__name")

    def for_reading(self) -> NoticeQuerySet:
        """With all a page draws, and the time it was read at, in one query."""
        longer = Lengthening.objects.filter(subject_type="disclosure.notice", subject_id=OuterRef("pk")).order_by("pk")
        return self.select_related("place", "withdrawn_by", "corrects").annotate(
            read_at=Instant(),
            first_end=Subquery(longer.values("old_end")[:1]),
            lengthened_by=Subquery(longer.order_by("-pk").values("version__source")[:1]),
            passed_above=_PASSED_ABOVE,
        )


class Notice(models.Model):
    """Everything said stays as it was said; the database lets only the last seven columns change, and the end.

    ``starts_on`` is the day after posting (民法典 201), ``ends_at`` the exclusive 00:00 after the last day, which
    everybody reads: a calendar published later may lengthen it while it runs, as a row of its own (domain.md 7).
    """

    read_at: datetime
    first_end: datetime | None
    lengthened_by: str | None
    passed_above: bool
    called: str
    posts: list[str]

    number = models.CharField(_("索引号"), max_length=23, unique=True, validators=[RegexValidator(rf"^{NUMBER}\Z")])
    kind = models.CharField(_("种类"), max_length=16, choices=Kind)
    is_gate = models.BooleanField(_("期满并答复异议后方可进入下一步"))
    title = models.CharField(_("标题"), max_length=120)
    basis = models.TextField(_("依据"), blank=True)
    course = models.TextField(_("经过"), blank=True)
    table = models.JSONField(_("内容表"), default=list, blank=True)
    body = models.TextField(_("正文"))
    place = models.ForeignKey(Territory, models.PROTECT, related_name="notices", verbose_name=_("公示范围"))
    issuer = models.CharField(_("落款单位"), max_length=120)
    contact = models.TextField(_("异议提出方式"))
    supervision_phone = models.CharField(_("监督电话"), max_length=40, blank=True)
    link = Address(_("所涉事项的页面"), max_length=200, blank=True)
    households = models.PositiveIntegerField(_("受益户数"), default=0)
    reopen_households = models.PositiveIntegerField(_("达到多少户异议须重议"), default=0)
    working_days = models.PositiveSmallIntegerField(_("工作日数"), default=0)
    calendar_days = models.PositiveSmallIntegerField(_("自然日数"), default=0)
    posted_at = models.DateTimeField(_("发布时间"), db_default=Now())
    starts_on = models.DateField(_("起算日"))
    ends_at = models.DateTimeField(_("截止（不含）"))
    counted = models.CharField(_("期限的计算依据"), max_length=80, blank=True)
    provisional = models.BooleanField(_("节假日表尚未公布，暂定"), default=False)
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("发布人")
    )
    above = models.CharField(_("发布者的上一级"), max_length=10, choices=Above, default=Above.ABOVE)

    withdrawn_by = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrects", verbose_name=_("被更正为")
    )
    reopened_at = models.DateTimeField(_("重议时间"), null=True, blank=True)
    objections_total = models.PositiveIntegerField(_("异议"), default=0)
    objections_open = models.PositiveIntegerField(_("未答复异议"), default=0)
    objections_unread = models.PositiveIntegerField(_("未核对的书面异议"), default=0)
    objecting_households = models.PositiveIntegerField(_("提出异议的户"), default=0)
    objections_remarked = models.PositiveIntegerField(_("未答复的意见建议"), default=0)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("公示")
        verbose_name_plural = _("公示")
        indexes = [
            models.Index(F("posted_at").desc(), F("id").desc(), name="notice_newest"),
            models.Index(F("place"), F("posted_at").desc(), F("id").desc(), name="notice_of_place"),
            models.Index(F("link"), F("posted_at").desc(), name="notice_of_link"),
            models.Index(F("kind"), F("posted_at").desc(), F("id").desc(), name="notice_of_kind"),
            GinIndex(Bigrams("title"), name="notice_title_bigrams"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(number__regex=rf"^{NUMBER}$"), name="notice_number_form"),
            models.CheckConstraint(
                condition=Q(is_gate=True, kind__in=GATES) | Q(is_gate=False) & ~Q(kind__in=GATES),
                name="notice_gate_by_kind",
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("posted_at")), name="notice_ends_after_posting"),
            models.CheckConstraint(
                condition=Q(working_days__gt=0, calendar_days=0) | Q(working_days=0, calendar_days__gt=0),
                name="notice_counts_one_kind_of_days",
            ),
            models.CheckConstraint(condition=Q(link="") | Q(link__regex=r"^/([^/\\]|$)"), name="notice_link_is_ours"),
            models.CheckConstraint(
                condition=Q(objections_open__lte=F("objections_total")), name="notice_open_among_total"
            ),
            models.CheckConstraint(
                condition=Q(objections_remarked__lte=F("objections_open")), name="notice_remarked_among_open"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("notice", args=[self.number])

    @property
    def last_day(self) -> date:
        return (self.ends_at.astimezone(CHINA) - timedelta(microseconds=1)).date()

    @property
    def replaces(self) -> Notice | None:
        """The notice this one corrects, if any."""
        return getattr(self, "corrects", None)

    @property
    def objections_holding(self) -> int:
        """Of the objections without an answer those that hold the gate: what was called a remark is only answered."""
        return self.objections_open - self.objections_remarked

    @property
    def ruling(self) -> Ruling | None:
        """What the level above decided once the same content was reopened a second time."""
        return self.rulings.standing().first() if self.reopened_at else None

    @property
    def is_confirmed_above(self) -> bool:
        return self.ruling is not None and self.ruling.confirms and self.ruling.is_in_force

    @property
    def is_passed(self) -> bool:
        """The gate's own answer, under a share lock: inside a transaction no objection slips in after it."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT notice_passed(%s)", [self.pk])
            return bool(cursor.fetchone()[0])

    def what_blocks(self, at: datetime | None = None) -> list[str]:
        """What a step that waits for this notice still waits for, in Chinese; empty once it has passed."""
        reasons = []
        if self.withdrawn_by_id:
            reasons.append(gettext("公示 %(number)s 已更正，以更正后的公示为准") % {"number": self.number})
        if self.reopened_at and not self.is_confirmed_above:
            reasons.append(
                gettext("有 %(count)d 户提出异议，达到应当重议的户数，须重新商议")
                % {"count": self.objecting_households}
            )
        reasons += self.what_runs(at)
        return reasons

    def what_runs(self, at: datetime | None = None) -> list[str]:
        """Of these what time and answers settle: the period, objections without an answer, sheets not read again."""
        reasons = []
        if (at or now()) < self.ends_at:
            reasons.append(gettext("公示期到 %(end)s 才结束") % {"end": cn_until(self.ends_at)})
        if self.objections_holding:
            reasons.append(gettext("还有 %(count)d 条异议没有答复") % {"count": self.objections_holding})
        if self.objections_unread:
            reasons.append(gettext("还有 %(count)d 张书面异议没有核对") % {"count": self.objections_unread})
        return reasons


class Series(models.Model):
    """The last running number of an organisation in a month; derived, so nothing here needs tracking."""

    UNTRACKED = True

    organisation = models.CharField(max_length=9)
    month = models.CharField(max_length=6)
    last = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("索引号流水")
        verbose_name_plural = _("索引号流水")
        constraints = [models.UniqueConstraint(fields=["organisation", "month"], name="one_series_a_month")]

    def __str__(self) -> str:
        return f"{self.organisation}-{self.month}"


class Concerned(models.Model):
    """Who benefits from what a notice announces, as frozen when it was posted: the households whose objections count.

    ``doors`` are keys. A notice without one counts every household of its place. A row of its own, so that lists of
    notices do not carry thousands of keys.
    """

    notice = models.OneToOneField(Notice, models.PROTECT, primary_key=True, related_name="concerned")
    doors = ArrayField(models.BigIntegerField())

    class Meta:
        verbose_name = _("受益户名单")
        verbose_name_plural = _("受益户名单")

    def __str__(self) -> str:
        return f"{self.notice_id}"


class ObjectionQuerySet(models.QuerySet["Objection"]):
    def open(self) -> ObjectionQuerySet:
        return self.filter(answered_at=None)

    def with_remark(self) -> ObjectionQuerySet:
        """With the word that calls it a remark, if one stands, in the same query."""
        said = FilteredRelation("remarks", condition=Q(remarks__dropped_at=None))
        return self.annotate(standing=said).select_related("standing")  # type: ignore[misc]


class Objection(models.Model):
    """What is public of an objection and its answer; who said it in clear lies in ``Original``.

    A household's objections count as one towards reopening; ``household`` is set only where it benefits, and where the
    objection came on paper only once two people have read the same door on its sheet (``line``). ``speaker`` is whose
    word it is, where known: online whoever is signed in, on paper who signed. One speaks for one household. ``door`` is
    the one that was named at the desk or on the phone, whether it benefits or not.
    """

    class Channel(models.TextChoices):
        ONLINE = "online", _("网上")
        HALL = "hall", _("当面")
        PHONE = "phone", _("电话")
        PAPER = "paper", _("书面")

    class Level(models.TextChoices):
        COMMUNITY = "community", _("社区答复")
        STREET = "street", _("街道答复")
        DISTRICT = "district", _("区级督办")

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("采纳")
        DISMISSED = "dismissed", _("不采纳")
        EXPLAINED = "explained", _("解释说明")
        WITHDRAWN = "withdrawn", _("本人撤回")

    stand_in: str

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="objections", verbose_name=_("公示"))
    ordinal = models.PositiveIntegerField(_("序号"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("异议人")
    )
    speaker = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("提出或签名的人")
    )
    household = models.ForeignKey(Household, models.PROTECT, null=True, blank=True, related_name="+")
    door = models.ForeignKey(Household, models.PROTECT, null=True, blank=True, related_name="+")
    line = models.OneToOneField(
        Line, models.PROTECT, null=True, blank=True, related_name="objection", verbose_name=_("纸质表")
    )
    channel = models.CharField(_("渠道"), max_length=8, choices=Channel)
    anonymous = models.BooleanField(_("匿名公开"), default=False)
    name = models.CharField(_("异议人（已隐名）"), max_length=40)
    facts = models.TextField(_("事实和理由"))
    request = models.TextField(_("诉求"), blank=True)
    at = models.DateTimeField(_("提出时间"), db_default=Now())
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("代录人")
    )

    level = models.CharField(_("由谁答复"), max_length=10, choices=Level)
    due_at = models.DateTimeField(_("答复期限"))
    climbed_at = models.DateTimeField(_("转上级时间"), null=True, blank=True)
    climb_reason = models.TextField(_("转上级的原因"), blank=True)
    answer = models.TextField(_("答复"), blank=True)
    outcome = models.CharField(_("结论"), max_length=10, choices=Outcome, blank=True)
    answered_at = models.DateTimeField(_("答复时间"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("答复人")
    )
    answered_as = models.CharField(_("答复人身份"), max_length=80, blank=True)

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("异议")
        verbose_name_plural = _("异议")
        constraints = [
            models.UniqueConstraint(fields=["notice", "ordinal"], name="one_objection_a_number"),
            models.UniqueConstraint(
                fields=["notice", "by"], condition=Q(answered_at=None), name="one_open_objection_a_person"
            ),
            models.UniqueConstraint(
                fields=["notice", "speaker"], condition=Q(answered_at=None), name="one_open_objection_a_speaker"
            ),
            models.CheckConstraint(
                condition=Q(line=None) & ~Q(channel="paper") | Q(line__isnull=False, channel="paper"),
                name="paper_objection_has_its_sheet",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="", outcome="", answered_by=None)
                | Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="") & ~Q(outcome=""),
                name="answer_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(answered_by=None) | Q(by=None) | ~Q(answered_by=F("by")) | Q(outcome="withdrawn"),
                name="nobody_answers_themselves",
            ),
            models.CheckConstraint(
                condition=Q(by=None, entered_by__isnull=False) & ~Q(channel="online")
                | Q(by__isnull=False, entered_by=None, channel="online"),
                name="objection_has_one_author",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"{self.notice.number}-Y{self.ordinal:02d}"

    def get_absolute_url(self) -> str:
        return f"{self.notice.get_absolute_url()}#objection-{self.ordinal}"

    @cached_property
    def remark(self) -> Remark | None:
        """The word that calls it a remark, in force or still without its second; kept with this object."""
        return self.remarks.standing().first()


class Original(models.Model):
    """What was said and by whom, in clear: for whoever answers, and erasable on its own."""

    PERSONAL = ("name", "phone", "facts", "request")

    objection = models.OneToOneField(Objection, models.PROTECT, primary_key=True, related_name="original")
    name = models.CharField(_("姓名"), max_length=40, blank=True)
    phone = models.CharField(_("联系电话"), max_length=20, blank=True)
    facts = models.TextField(_("事实和理由"))
    request = models.TextField(_("诉求"), blank=True)

    class Meta:
        verbose_name = _("异议原文")
        verbose_name_plural = _("异议原文")

    def __str__(self) -> str:
        return f"original of {self.objection_id}"


class RulingQuerySet(models.QuerySet["Ruling"]):
    def standing(self) -> RulingQuerySet:
        return self.filter(dropped_at=None)


class Ruling(models.Model):
    """A third objected twice to the same content: the level above decides in public (domain.md 4).

    It confirms what was announced, and the gate counts as passed, or sends it back. Above the district there is no
    office: two of the district's officers decide, and it holds once the second has confirmed it.
    """

    Level = Above

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="rulings", verbose_name=_("公示"))
    level = models.CharField(_("由谁决定"), max_length=10, choices=Level)
    confirms = models.BooleanField(_("照此办理"))
    reason = models.TextField(_("理由"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("决定人"))
    as_role = models.CharField(_("决定人身份"), max_length=80)
    at = models.DateTimeField(_("时间"), db_default=Now())
    second = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("确认人")
    )
    second_as = models.CharField(_("确认人身份"), max_length=80, blank=True)
    second_at = models.DateTimeField(_("确认时间"), null=True, blank=True)
    dropped_at = models.DateTimeField(_("另一位不同意的时间"), null=True, blank=True)

    objects = RulingQuerySet.as_manager()

    class Meta:
        verbose_name = _("上一级的决定")
        verbose_name_plural = _("上一级的决定")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["notice"], condition=Q(dropped_at=None), name="one_standing_ruling_a_notice"
            ),
            models.CheckConstraint(
                condition=Q(second=None, second_at=None) | Q(level="above", second__isnull=False, dropped_at=None),
                name="second_hand_only_above_the_district",
            ),
            models.CheckConstraint(condition=~Q(second=F("by")), name="ruling_by_two_humans"),
            models.CheckConstraint(condition=Q(dropped_at=None) | Q(level="above"), name="dropped_only_above"),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.level}"

    @property
    def is_in_force(self) -> bool:
        return self.dropped_at is None and (self.level != self.Level.ABOVE or self.second_id is not None)

    @property
    def outcome(self) -> str:
        return gettext("照公示的内容办理") if self.confirms else gettext("退回重做")

    @property
    def who(self) -> str:
        """By role, everybody who had a hand in it."""
        return "、".join(filter(None, (self.as_role, self.second_as)))


class RemarkQuerySet(models.QuerySet["Remark"]):
    def standing(self) -> RemarkQuerySet:
        return self.filter(dropped_at=None)

    def in_force(self) -> RemarkQuerySet:
        return self.standing().exclude(level=Above.ABOVE, second=None)


class Remark(models.Model):
    """An objection from outside is called a remark by the level above: it holds the gate no more (domain.md 7).

    It stays open, and is answered all the same. Of the district's own notice two of its officers say so: it holds once
    the second has confirmed it.
    """

    objection = models.ForeignKey(Objection, models.PROTECT, related_name="remarks", verbose_name=_("异议"))
    level = models.CharField(_("由谁认定"), max_length=10, choices=Above)
    reason = models.TextField(_("理由"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("认定人"))
    as_role = models.CharField(_("认定人身份"), max_length=80)
    at = models.DateTimeField(_("时间"), db_default=Now())
    second = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("确认人")
    )
    second_as = models.CharField(_("确认人身份"), max_length=80, blank=True)
    second_at = models.DateTimeField(_("确认时间"), null=True, blank=True)
    dropped_at = models.DateTimeField(_("另一位不同意的时间"), null=True, blank=True)

    objects = RemarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("意见建议的认定")
        verbose_name_plural = _("意见建议的认定")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["objection"], condition=Q(dropped_at=None), name="one_standing_remark_an_objection"
            ),
            models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="remark_for_a_reason"),
            models.CheckConstraint(
                condition=Q(second=None, second_at=None, dropped_at=None)
                | Q(level="above", second__isnull=False, second_at__isnull=False),
                name="second_hand_only_on_a_remark_above",
            ),
            models.CheckConstraint(condition=~Q(second=F("by")), name="remark_by_two_humans"),
        ]

    def __str__(self) -> str:
        return f"{self.objection_id} {self.level}"

    @property
    def is_in_force(self) -> bool:
        return self.dropped_at is None and (self.level != Above.ABOVE or self.second_id is not None)

    @property
    def who(self) -> str:
        """By role, everybody who had a hand in it."""
        return "、".join(filter(None, (self.as_role, self.second_as)))


class PostingPhoto(models.Model):
    """Where and when the sheet hung: put up, or taken down."""

    class Moment(models.TextChoices):
        PUT_UP = "put_up", _("张贴")
        TAKEN_DOWN = "taken_down", _("撤下")

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="photos", verbose_name=_("公示"))
    moment = models.CharField(_("张贴或撤下"), max_length=10, choices=Moment)
    where = models.CharField(_("张贴地点"), max_length=80)
    picture = models.FileField(_("照片"), upload_to="notices/", max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("记录人"))
    at = models.DateTimeField(_("时间"), db_default=Now())

    class Meta:
        verbose_name = _("张贴照片")
        verbose_name_plural = _("张贴照片")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.moment}"
