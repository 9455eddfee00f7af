"""One project with one number for life, and its words, version by version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.disclosure.models import Notice
from minshi.paper.models import Sheet
from minshi.territory.models import Household, Territory
from proposals.models.choices import ENDED, Category, Channel, Kind, Source, Stage, Tier

TITLE_LENGTH = 60
SPOT_LENGTH = 120
KEEPER_LENGTH = 120
WHY_LENGTH = 200
HELP_LENGTH = 300
ITEM_LENGTH = 60


NUMBER = re.compile(r"(?:([0-9]{4})-)?([0-9]{1,7})")
DIGITS = 5


def end_of_number(word: str) -> str:
    """How the number ends that somebody means: 2026-6 and 2026-00006, 6 and 00006; empty where it is none."""
    found = NUMBER.fullmatch(word)
    if found is None:
        return ""
    year, digits = found.groups()
    if year:
        return f"{year}-{digits.zfill(DIGITS)}"
    return digits if len(digits) > 2 else f"-{digits.zfill(DIGITS)}"


def amount_of(line: Mapping[str, Any]) -> int:
    """What a line of the costs comes to, in fen: quantity times price, half a fen up."""
    return int((Decimal(line["quantity"]) * line["price_fen"]).quantize(Decimal(1), ROUND_HALF_UP))


def sum_of(lines: Iterable[Mapping[str, Any]]) -> int:
    """What all lines come to together, in fen; the database adds them up again (``guards/lines.sql``)."""
    return sum(map(amount_of, lines))


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def within(self, place: Territory) -> ProposalQuerySet:
        return self.filter(place__path__startswith=place.path)

    def supervised(self) -> ProposalQuerySet:
        """督办: tier 3 has run over where they are handled now; the longest overdue first."""
        watched = self.filter(stage=Stage.HANDLING, supervised_at__isnull=False, supervised_at__gte=F("stage_since"))
        return watched.order_by("due_at", "id")

    def benefiting(self, door_id: int) -> ProposalQuerySet:
        """Those this household benefits from."""
        asked = Func(F("pk"), Value(door_id), function="benefits", output_field=models.BooleanField())
        return self.filter(asked)


class Proposal(models.Model):
    """One project with one number for life. Its words are in its versions; here is where it stands.

    ``pinned_households``: how many benefit, counted by the database when co-signing begins; nobody types it.
    """

    PERSONAL = ("proposer_public",)
    LOCKED_FIRST = True  # before whatever belongs to it (minshi/deadlines/locks.py)

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
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("代录人")
    )
    sheet = models.ForeignKey(Sheet, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("纸质表"))
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
    pinned_households = models.PositiveIntegerField(_("附议开始时的受益户数"), null=True, editable=False)
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
            models.Index(
                fields=["due_at", "id"],
                name="proposal_supervised",
                condition=Q(stage=Stage.HANDLING, supervised_at__isnull=False),
            ),
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

    @property
    def is_supervised(self) -> bool:
        """督办: it ran over where it is handled now; what was handed on since is not late there."""
        if self.stage != Stage.HANDLING or self.supervised_at is None or self.stage_since is None:
            return False
        return self.supervised_at >= self.stage_since

    def beneficiaries(self) -> models.QuerySet[Household]:
        """The households that benefit: the frozen list, before that whom the newest version lists.

        The one answer to it, for the database's guards too: ``guards/benefits.sql``.
        """
        return Household.objects.filter(pk__in=RawSQL("SELECT benefiting_doors(%s)", [self.pk]))

    def beneficiary_keys(self) -> list[int]:
        """The keys of their doors."""
        return list(self.beneficiaries().values_list("pk", flat=True))

    def dwellings(self) -> models.QuerySet[Household]:
        """All households of its place, who vote on it; who benefits may be fewer."""
        return Household.objects.filter(place__path__startswith=self.place.path, is_active=True)


class Version(models.Model):
    """What the proposal said at a time: written once; a change is a new version that says why.

    ``shares`` is the agreed plan of money by ``Source`` in fen; amounts are estimates until the
    consultation agrees on them (``minutes_url`` then leads to its minutes). ``places`` and ``doors`` (keys) list who
    benefits; ``households`` is how many these are, counted by the database. ``lines`` is what the cost is made of,
    where somebody wrote it out: item, quantity as text, price in fen; their sum is ``cost_fen``.
    """

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("版本"))
    need = models.TextField(_("要解决什么"))
    plan = models.TextField(_("打算怎么做"))
    spot = models.CharField(_("具体位置"), max_length=SPOT_LENGTH)
    places = ArrayField(models.BigIntegerField(), default=list, verbose_name=_("受益的地方"))
    doors = ArrayField(models.BigIntegerField(), default=list, verbose_name=_("单独受益的户"))
    households = models.PositiveIntegerField(_("受益户数"), default=0, editable=False)
    people = models.PositiveIntegerField(_("受益人数"), null=True, blank=True)
    cost_fen = models.BigIntegerField(_("预计费用"))
    lines = models.JSONField(_("费用分项"), default=list, blank=True, db_default=[])
    help_wanted = models.CharField(_("需要什么帮忙"), max_length=HELP_LENGTH, blank=True, db_default="")
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
            models.CheckConstraint(condition=~Q(places=[], doors=[]), name="somebody_benefits"),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id} v{self.number}"

    @property
    def costs_no_money(self) -> bool:
        """Whether all of it is to be given in kind: what it costs is then a worth that nobody pays."""
        return 0 < self.cost_fen == self.share_fen(Source.IN_KIND)

    @property
    def priced(self) -> list[dict[str, Any]]:
        """The lines of the costs with what each comes to."""
        return [{**line, "amount_fen": amount_of(line)} for line in self.lines]

    @property
    def budget_fen(self) -> int:
        """What it costs in money."""
        return 0 if self.costs_no_money else self.cost_fen

    def share_fen(self, source: str) -> int:
        return int(self.shares.get(source, 0))


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
