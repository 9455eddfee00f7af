"""Wishes, proposals and all that is known of them before money and votes: the things of this app."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from minshi.audit.history import TextHistory
from minshi.clock import Now
from minshi.disclosure.models import Notice
from minshi.territory.models import Household, Territory

TITLE_LENGTH = 60
SPOT_LENGTH = 120
KEEPER_LENGTH = 120
WHY_LENGTH = 200
WISH_LENGTH = 200


class Category(models.TextChoices):
    """The nine categories of S0."""

    SERVICES = "services", _("基本公共服务")
    HOUSING = "housing", _("改善居住条件")
    CONVENIENCE = "convenience", _("群众生活便利")
    TRAFFIC = "traffic", _("方便交通出行")
    ENVIRONMENT = "environment", _("生态环境提升")
    CULTURE = "culture", _("丰富文化活动")
    SAFETY = "safety", _("保障公共安全")
    WELFARE = "welfare", _("民生保障服务")
    OTHER = "other", _("其他群众需求")


class Kind(models.TextChoices):
    """The two kinds of S2; works may be goods only, which take the cap of services."""

    SERVICE = "service", _("服务类")
    WORKS = "works", _("实物工程类")
    GOODS = "goods", _("实物类（只购置）")


class Channel(models.TextChoices):
    """How it reached us; every channel counts alike."""

    ONLINE = "online", _("手机")
    PAPER = "paper", _("纸质")
    DOOR = "door", _("上门")
    PHONE = "phone", _("电话")
    BOOK = "book", _("心愿本")
    LOUDSPEAKER = "loudspeaker", _("社区小喇叭")


class Source(models.TextChoices):
    """Where money comes from."""

    SUBSIDY = "subsidy", _("街道补助")
    DISTRICT = "district", _("区级财政")
    SELF_RAISED = "self_raised", _("居民自筹")
    SPONSOR = "sponsor", _("单位赞助")
    IN_KIND = "in_kind", _("投工投劳")


class Stage(models.TextChoices):
    """The whole way of one project; ``lifecycle.py`` says who leaves each stage and how."""

    SUBMITTED = "submitted", _("等待初审")
    RETURNED = "returned", _("退回修改")
    COSIGNING = "cosigning", _("征集附议")
    COSIGNED = "cosigned", _("等待表决")
    VOTING = "voting", _("居民表决")
    CONSULTING = "consulting", _("民主商议")
    DECIDING = "deciding", _("集体决议")
    ANNOUNCED = "announced", _("立项公示")
    HANDLING = "handling", _("分级办理")
    RAISING = "raising", _("筹集资金")
    FUNDED = "funded", _("资金公示")
    PROCURING = "procuring", _("询价比选")
    AWARDED = "awarded", _("成交公示")
    DELIVERING = "delivering", _("正在实施")
    ACCEPTING = "accepting", _("等待验收")
    ACCEPTED = "accepted", _("验收公示")
    RATING = "rating", _("满意度评议")
    REWORK = "rework", _("整改")
    RATED = "rated", _("满意度公示")
    SETTLING = "settling", _("结算公示")
    ARCHIVED = "archived", _("已归档")
    RESERVED = "reserved", _("储备库")
    DECLINED = "declined", _("未通过")
    WITHDRAWN = "withdrawn", _("已撤回")
    MERGED = "merged", _("已并入")
    NOT_PASSED = "not_passed", _("表决未通过")
    LAPSED = "lapsed", _("附议不足")
    CANCELLED = "cancelled", _("已取消")


ENDED = (
    Stage.ARCHIVED,
    Stage.DECLINED,
    Stage.WITHDRAWN,
    Stage.MERGED,
    Stage.NOT_PASSED,
    Stage.LAPSED,
    Stage.CANCELLED,
)
"""Stages nobody holds any more."""


class Tier(models.IntegerChoices):
    """Who helps: the residents themselves, the street and community, the district (domain.md 3)."""

    FIRST = 1, _("一级")
    SECOND = 2, _("二级")
    THIRD = 3, _("三级")


LIBRARY = {
    # 项目库: every proposal that was decided on.
    "reserve": (Stage.RESERVED,),
    "running": (
        Stage.ANNOUNCED,
        Stage.HANDLING,
        Stage.RAISING,
        Stage.FUNDED,
        Stage.PROCURING,
        Stage.AWARDED,
        Stage.DELIVERING,
        Stage.ACCEPTING,
        Stage.ACCEPTED,
        Stage.RATING,
        Stage.REWORK,
        Stage.RATED,
        Stage.SETTLING,
    ),
    "done": (Stage.ARCHIVED,),
}


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def within(self, place: Territory) -> ProposalQuerySet:
        return self.filter(place__path__startswith=place.path)

    def held_by(self, role: str, path: str) -> ProposalQuerySet:
        return self.filter(holder_role=role, holder_place__path__startswith=path)


class Proposal(models.Model):
    """One project with one number for life. Its words are in its versions; here is where it stands."""

    number = models.CharField(_("编号"), max_length=16, unique=True)
    place = models.ForeignKey(Territory, models.PROTECT, related_name="proposals", verbose_name=_("地方"))
    proposer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="proposals", verbose_name=_("提议人")
    )
    proposer_public = models.CharField(_("提议人（公开）"), max_length=60)
    title = models.CharField(_("名称"), max_length=TITLE_LENGTH)
    kind = models.CharField(_("类型"), max_length=10, choices=Kind)
    category = models.CharField(_("类别"), max_length=12, choices=Category)
    touches_common_parts = models.BooleanField(_("占用共有部分"), default=False)
    channel = models.CharField(_("来源"), max_length=12, choices=Channel, default=Channel.ONLINE)
    submitted_at = models.DateTimeField(_("提出时间"), db_default=Now())
    is_demo = models.BooleanField(_("演示数据"), default=False)

    stage = models.CharField(_("阶段"), max_length=12, choices=Stage)
    stage_since = models.DateTimeField(_("进入本阶段"), null=True, blank=True)
    holder_role = models.CharField(_("承办"), max_length=20, blank=True)
    holder_place = models.ForeignKey(Territory, models.PROTECT, null=True, blank=True, related_name="+")
    due_at = models.DateTimeField(_("期限"), null=True, blank=True)
    terms = models.JSONField(_("本阶段适用规则"), default=dict, blank=True)
    tier = models.PositiveSmallIntegerField(_("级别"), choices=Tier, null=True, blank=True)
    supervised_at = models.DateTimeField(_("督办开始"), null=True, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")
    gate_notice = models.OneToOneField(Notice, models.PROTECT, null=True, blank=True, related_name="+")
    beneficiaries_frozen_at = models.DateTimeField(_("受益户名单锁定"), null=True, blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("项目")
        verbose_name_plural = _("项目")
        indexes = [
            models.Index(
                fields=["holder_role", "holder_place", "due_at"],
                name="proposal_holder",
                condition=~Q(holder_role=""),
            ),
            models.Index(fields=["proposer", "-id"], name="proposal_proposer"),
        ]
        constraints = [
            # domain.md 10.2: no stage without a holder and a deadline.
            models.CheckConstraint(
                condition=Q(stage__in=ENDED)
                | ~Q(holder_role="") & Q(holder_place__isnull=False) & Q(due_at__isnull=False),
                name="open_stage_has_holder_and_deadline",
            ),
            models.CheckConstraint(condition=Q(tier=None) | Q(tier__in=(1, 2, 3)), name="tier_is_1_to_3"),
            models.CheckConstraint(
                condition=Q(stage=Stage.MERGED) ^ Q(merged_into=None), name="merged_means_into_something"
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="not_merged_into_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("project", args=[self.number])

    @property
    def territory(self) -> Territory:
        """What predicates ask every subject for."""
        return self.place

    @property
    def is_ended(self) -> bool:
        return self.stage in ENDED

    @property
    def version(self) -> Version:
        """The words that hold now: the newest version."""
        return self.versions.latest("number")

    def beneficiaries(self) -> models.QuerySet[Household]:
        """The households that benefit: the frozen list, before that all in its place."""
        if self.beneficiaries_frozen_at:
            return Household.objects.filter(benefits__proposal=self)
        return Household.objects.filter(place__path__startswith=self.place.path, is_active=True)


class Version(models.Model):
    """What the proposal said at a time: written once; a change is a new version that says why.

    ``shares`` is the agreed plan of money by ``Source`` in fen; amounts are estimates until the
    consultation agrees on them (``minutes_url`` then leads to its minutes).
    """

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("版本"))
    need = models.TextField(_("要解决什么"))
    plan = models.TextField(_("打算怎么做"))
    spot = models.CharField(_("具体位置"), max_length=SPOT_LENGTH)
    households = models.PositiveIntegerField(_("受益户数"))
    people = models.PositiveIntegerField(_("受益人数"), null=True, blank=True)
    cost_fen = models.BigIntegerField(_("预计费用"))
    shares = models.JSONField(_("谁来出钱"), default=dict, blank=True)
    keeper = models.CharField(_("建好后谁管"), max_length=KEEPER_LENGTH)
    why = models.CharField(_("修改说明"), max_length=WHY_LENGTH, blank=True)
    minutes_url = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("项目版本")
        verbose_name_plural = _("项目版本")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "number"], name="one_version_of_a_number"),
            models.CheckConstraint(condition=Q(cost_fen__gte=0), name="cost_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id} v{self.number}"

    def share_fen(self, source: str) -> int:
        return int(self.shares.get(source, 0))


class Photo(models.Model):
    """A picture of the matter; stored re-encoded, shown through a view."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="photos")
    image = models.ImageField(_("照片"), upload_to="proposals/")
    small = models.ImageField(_("小图"), upload_to="proposals/", blank=True)
    caption = models.CharField(_("说明"), max_length=80, blank=True)
    moment = models.CharField(max_length=10, default="before")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("照片")
        verbose_name_plural = _("照片")

    def __str__(self) -> str:
        return f"photo {self.pk}"


class Beneficiary(models.Model):
    """A household on the list that the decision froze."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="frozen_beneficiaries")
    household = models.ForeignKey(Household, models.PROTECT, related_name="benefits")

    class Meta:
        verbose_name = _("受益户")
        verbose_name_plural = _("受益户")
        constraints = [models.UniqueConstraint(fields=["proposal", "household"], name="benefits_once")]

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.household_id}"


class Cosign(models.Model):
    """A household supports putting it forward."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="cosigns")
    household = models.ForeignKey(Household, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    channel = models.CharField(_("方式"), max_length=12, choices=Channel, default=Channel.ONLINE)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("附议")
        verbose_name_plural = _("附议")
        constraints = [models.UniqueConstraint(fields=["proposal", "household"], name="one_cosign_per_household")]

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.household_id}"


class Handling(models.Model):
    """派单: who holds the matter on which tier, since when and until when. One is open at a time."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="handlings")
    tier = models.PositiveSmallIntegerField(_("级别"), choices=Tier)
    role = models.CharField(_("承办"), max_length=20)
    place = models.ForeignKey(Territory, models.PROTECT, related_name="+")
    received_at = models.DateTimeField(_("接单时间"), db_default=Now())
    due_at = models.DateTimeField(_("期限"))
    handed_back_to = models.BooleanField(_("退单退回来的"), default=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(_("结果"), max_length=12, blank=True)
    reason = models.TextField(_("理由"), blank=True)

    class Meta:
        verbose_name = _("派单")
        verbose_name_plural = _("派单")
        constraints = [
            models.UniqueConstraint(
                fields=["proposal"], condition=Q(ended_at=None), name="one_open_handling_per_proposal"
            ),
            models.CheckConstraint(condition=Q(tier__in=(1, 2, 3)), name="handling_tier_is_1_to_3"),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.tier}"


class Bigrams(Func):
    """Every two neighbouring characters of a text: most Chinese words are that long, and no trigram finds them."""

    function = "bigrams"
    output_field = ArrayField(models.TextField())


FOUND_AT_MOST = 5000
TITLED = """
WITH found AS MATERIALIZED (
    SELECT proposal_id FROM proposals_card
    WHERE bigrams(title) @> bigrams(%s) AND strpos(lower(title), lower(%s)) > 0
    ORDER BY proposal_id + 0 DESC LIMIT %s)
SELECT proposal_id FROM found
"""
"""Apart from the rest of the query, else the planner may walk every card of a place to find none."""


class CardQuerySet(models.QuerySet["Card"]):
    def titled(self, text: str) -> CardQuerySet:
        """Those with ``text`` (two characters or more) in their title, of a whole city the newest 5,000."""
        return self.filter(pk__in=RawSQL(TITLED, [text, text, FOUND_AT_MOST]))  # noqa: S611  (values are parameters)

    def in_place(self, place: Territory) -> CardQuerySet:
        """Newest first by the index of the place, however large the city."""
        return self.filter(places__place=place).order_by("-places__submitted_at", "-places__card_id")


class Card(models.Model):
    """One indexed row per project, which lists, home page and totals read.

    Kept by this app; higher apps push their facts down through ``actions.note_on_card``. ``version``
    grows with everything a project's page shows, and is the validator of that page.
    """

    UNTRACKED = True

    proposal = models.OneToOneField(Proposal, models.PROTECT, primary_key=True, related_name="card")
    number = models.CharField(max_length=16, unique=True)
    title = models.CharField(max_length=TITLE_LENGTH)
    place_name = models.CharField(max_length=80)
    place_full_name = models.CharField(max_length=300)
    kind = models.CharField(max_length=10, choices=Kind)
    category = models.CharField(max_length=12, choices=Category)
    stage = models.CharField(max_length=12, choices=Stage)
    tier = models.PositiveSmallIntegerField(choices=Tier, null=True)
    submitted_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    households = models.PositiveIntegerField(default=0)
    people = models.PositiveIntegerField(null=True)
    cosigns = models.PositiveIntegerField(default=0)
    electorate = models.PositiveIntegerField(default=0)
    turnout = models.PositiveIntegerField(default=0)
    agreed = models.PositiveIntegerField(null=True)
    budget_fen = models.BigIntegerField(default=0)
    subsidy_fen = models.BigIntegerField(default=0)
    district_fen = models.BigIntegerField(default=0)
    self_raised_fen = models.BigIntegerField(default=0)
    sponsor_fen = models.BigIntegerField(default=0)
    spent_fen = models.BigIntegerField(default=0)
    rating_answers = models.PositiveIntegerField(default=0)
    rating_satisfied = models.PositiveIntegerField(default=0)
    is_demo = models.BooleanField(default=False)
    version = models.BigIntegerField(default=1)

    objects = CardQuerySet.as_manager()

    class Meta:
        verbose_name = _("项目卡片")
        verbose_name_plural = _("项目卡片")
        indexes = [
            models.Index(F("submitted_at").desc(), F("proposal_id").desc(), name="card_newest"),
            models.Index(F("stage"), F("submitted_at").desc(), F("proposal_id").desc(), name="card_stage"),
            models.Index(F("category"), F("submitted_at").desc(), F("proposal_id").desc(), name="card_category"),
            GinIndex(Bigrams("title"), name="card_title_bigrams"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("project", args=[self.number])


class CardPlace(models.Model):
    """A card under each place that contains it: the newest of any place by one index, whatever the tree's depth."""

    UNTRACKED = True

    card = models.ForeignKey(Card, models.CASCADE, related_name="places")
    place = models.ForeignKey(Territory, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField()

    class Meta:
        verbose_name = _("卡片所在地方")
        verbose_name_plural = _("卡片所在地方")
        constraints = [models.UniqueConstraint(fields=["card", "place"], name="card_once_per_place")]
        indexes = [
            models.Index(F("place_id"), F("submitted_at").desc(), F("card_id").desc(), name="card_of_place_newest")
        ]

    def __str__(self) -> str:
        return f"{self.card_id} in {self.place_id}"


class PlaceTotal(models.Model):
    """What a place adds up to, computed from the cards by ``actions.refresh_totals``; pages only read it."""

    UNTRACKED = True

    place = models.OneToOneField(Territory, models.CASCADE, primary_key=True, related_name="+")
    declared = models.PositiveIntegerField(default=0)
    reserve = models.PositiveIntegerField(default=0)
    running = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    households = models.PositiveIntegerField(default=0)
    subsidy_fen = models.BigIntegerField(default=0)
    district_fen = models.BigIntegerField(default=0)
    self_raised_fen = models.BigIntegerField(default=0)
    sponsor_fen = models.BigIntegerField(default=0)
    spent_fen = models.BigIntegerField(default=0)
    rating_answers = models.PositiveIntegerField(default=0)
    rating_satisfied = models.PositiveIntegerField(default=0)
    streets = models.PositiveIntegerField(default=0)
    computed_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("地方合计")
        verbose_name_plural = _("地方合计")

    def __str__(self) -> str:
        return f"totals of {self.place_id}"

    @property
    def public_fen(self) -> int:
        """Street and district money together."""
        return self.subsidy_fen + self.district_fen

    @property
    def satisfied_percent(self) -> int | None:
        return round(100 * self.rating_satisfied / self.rating_answers) if self.rating_answers else None

    @property
    def sources(self) -> list[tuple[str, int]]:
        """Where the money came from, for drawing."""
        return [
            (str(Source.DISTRICT.label), self.district_fen),
            (str(Source.SUBSIDY.label), self.subsidy_fen),
            (str(Source.SELF_RAISED.label), self.self_raised_fen),
            (str(Source.SPONSOR.label), self.sponsor_fen),
        ]


class WishStage(models.TextChoices):
    NEW = "new", _("等待回应")
    CLAIMED = "claimed", _("已认领")
    HANDED = "handed", _("已转责任单位")
    PROMOTED = "promoted", _("已转为项目")
    FULFILLED = "fulfilled", _("已实现")
    DECLINED = "declined", _("未采纳")


WISH_ENDED = (WishStage.PROMOTED, WishStage.FULFILLED, WishStage.DECLINED)


class Wish(models.Model):
    """微心愿: one resident's small want. Who wished is shown to nobody but those who handle it."""

    PERSONAL = ("wisher_name",)

    place = models.ForeignKey(Territory, models.PROTECT, related_name="wishes", verbose_name=_("地方"))
    text = models.CharField(_("心愿"), max_length=WISH_LENGTH)
    spot = models.CharField(_("具体位置"), max_length=SPOT_LENGTH, blank=True)
    category = models.CharField(_("类别"), max_length=12, choices=Category, default=Category.OTHER)
    channel = models.CharField(_("来源"), max_length=12, choices=Channel, default=Channel.ONLINE)
    urgent = models.BooleanField(_("急事"), default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="wishes")
    wisher_name = models.CharField(_("许愿人（仅办理人可见）"), max_length=40, blank=True)
    at = models.DateTimeField(_("时间"), db_default=Now())
    supporters = models.PositiveIntegerField(_("也想要的人"), default=0)
    proposal = models.ForeignKey(Proposal, models.PROTECT, null=True, blank=True, related_name="wishes")
    answer = models.TextField(_("答复"), blank=True)
    is_demo = models.BooleanField(_("演示数据"), default=False)
    stage = models.CharField(_("进展"), max_length=12, choices=WishStage)
    stage_since = models.DateTimeField(null=True, blank=True)
    holder_role = models.CharField(max_length=20, blank=True)
    holder_place = models.ForeignKey(Territory, models.PROTECT, null=True, blank=True, related_name="+")
    due_at = models.DateTimeField(null=True, blank=True)
    due_basis = models.CharField(max_length=40, blank=True)

    history = TextHistory(excluded_fields=["wisher_name"])

    class Meta:
        verbose_name = _("微心愿")
        verbose_name_plural = _("微心愿")
        indexes = [
            models.Index(F("place_id"), F("at").desc(), F("id").desc(), name="wish_of_place_newest"),
            models.Index(F("at").desc(), F("id").desc(), name="wish_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(stage__in=WISH_ENDED)
                | ~Q(holder_role="") & Q(holder_place__isnull=False) & Q(due_at__isnull=False),
                name="open_wish_has_holder_and_deadline",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    def get_absolute_url(self) -> str:
        return reverse("wish", args=[self.pk])

    @property
    def territory(self) -> Territory:
        return self.place


class WishSupport(models.Model):
    """Somebody else wants it too."""

    wish = models.ForeignKey(Wish, models.PROTECT, related_name="supports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("也想要")
        verbose_name_plural = _("也想要")
        constraints = [models.UniqueConstraint(fields=["wish", "by"], name="wants_it_once")]

    def __str__(self) -> str:
        return f"{self.wish_id}: {self.by_id}"


class NumberCounter(models.Model):
    """The next number of a year; its row lock hands them out one by one."""

    UNTRACKED = True

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("编号")
        verbose_name_plural = _("编号")

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"
