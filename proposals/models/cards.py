"""What lists, home page and totals read: a card per project, and the totals of a place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Reverse
from django.db.models.lookups import StartsWith
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from minshi.clock import Instant, Now
from minshi.faces.words import percent
from minshi.searching import Bigrams, having
from minshi.territory.models import Territory
from proposals.models.choices import CASH, LIBRARY, OPEN, PUBLIC, Category, Kind, Stage, Tier
from proposals.models.proposals import TITLE_LENGTH, Proposal, end_of_number


class CardQuerySet(models.QuerySet["Card"]):
    def named(self, word: str) -> CardQuerySet:
        """Those with ``word`` in their title, or at the end of their number."""
        end = end_of_number(word)
        if end and end == word and "-" in word:
            return self.filter(number=word)
        if end:
            titled = having(self.model, "title", word) if len(word) > 1 else Q(title__contains=word)
            return self.filter(Q(pk__in=self.model.objects.ending(end).values("pk")) | titled)
        return self.titled(word) if len(word) > 1 else self.filter(title__icontains=word)

    def ending(self, end: str) -> CardQuerySet:
        """Those whose number ends so, by an index of the numbers read backwards."""
        return self.filter(StartsWith(Reverse("number"), Value(end[::-1])))

    def titled(self, text: str) -> CardQuerySet:
        """Those with ``text`` (two characters or more) in their title, of a whole city the newest 5,000."""
        return self.filter(having(self.model, "title", text))

    def in_place(self, place: Territory | None) -> CardQuerySet:
        """Newest first by an index of the place, however large the city; none where there is no place.

        Whoever narrows it asks the row of the place (``here_stage`` …): what a card says of itself would be looked
        up for each card that is passed over.
        """
        here = self.filter(places__place=place) if place else self.none()
        here = here.alias(
            **{f"here_{name}": F(f"places__{name}") for name in (*CardPlace.COPIED, "submitted_at", "card")}
        )
        newest: CardQuerySet = here.order_by("-here_submitted_at", "-here_card").annotate(read_at=Instant())
        return newest


class Card(models.Model):
    """One indexed row per project, which lists, home page and totals read.

    Kept by this app; higher apps push their facts down through ``actions.note_on_card``. ``act_ends_at`` is the end
    of what people take part in here (signing, voting, objecting, rating), ``due_at`` until when its holder has to
    do their part, ``turnout_due`` when to count next who took part; ``read_at`` is there where it was read by place.
    ``version`` grows with everything a project's page shows, and is the validator of that page.
    """

    UNTRACKED = True
    read_at: datetime

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
    act_ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    households = models.PositiveIntegerField(default=0)
    people = models.PositiveIntegerField(null=True)
    cosigns = models.PositiveIntegerField(default=0)
    electorate = models.PositiveIntegerField(default=0)
    turnout = models.PositiveIntegerField(default=0)
    turnout_due = models.DateTimeField(null=True, editable=False)
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
    counted = models.BigIntegerField(default=0, db_default=0, editable=False)

    objects = CardQuerySet.as_manager()

    class Meta:
        verbose_name = _("项目卡片")
        verbose_name_plural = _("项目卡片")
        indexes = [
            models.Index(F("submitted_at").desc(), F("proposal_id").desc(), name="card_newest"),
            models.Index(F("stage"), F("submitted_at").desc(), F("proposal_id").desc(), name="card_stage"),
            models.Index(F("category"), F("submitted_at").desc(), F("proposal_id").desc(), name="card_category"),
            models.Index(fields=["proposal"], name="card_uncounted", condition=~Q(counted=F("version"))),
            models.Index(fields=["turnout_due"], name="card_turnout_due", condition=Q(turnout_due__isnull=False)),
            GinIndex(Bigrams("title"), name="card_title_bigrams"),
            models.Index(OpClass(Reverse("number"), "text_pattern_ops"), name="card_number_end"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("project", args=[self.number])


def _newest_by(*chosen: str) -> tuple[Any, ...]:
    """The newest first of a place, and there of those that are alike in what is chosen."""
    return (*map(F, ("place_id", *chosen)), F("submitted_at").desc(), F("card_id").desc())


class CardPlace(models.Model):
    """A card under each place that contains it: the newest of any place by one index, whatever the tree's depth.

    What lists are narrowed by stands here, too, as the card has it; triggers see to that
    (``guards/cards.sql``, ``guards/budgets.sql``).
    """

    UNTRACKED = True
    COPIED = ("kind", "category", "stage", "tier", "budget_fen")

    card = models.ForeignKey(Card, models.CASCADE, related_name="places")
    place = models.ForeignKey(Territory, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField()
    kind = models.CharField(max_length=10, db_default="", editable=False)
    category = models.CharField(max_length=12, db_default="", editable=False)
    stage = models.CharField(max_length=12, db_default="", editable=False)
    tier = models.PositiveSmallIntegerField(null=True, editable=False)
    budget_fen = models.BigIntegerField(db_default=0, editable=False)

    class Meta:
        verbose_name = _("卡片所在地方")
        verbose_name_plural = _("卡片所在地方")
        constraints = [models.UniqueConstraint(fields=["card", "place"], name="card_once_per_place")]
        indexes = [
            models.Index(*_newest_by(), name="card_of_place_newest"),
            models.Index(*_newest_by("kind"), name="card_of_place_kind"),
            models.Index(*_newest_by("category"), name="card_of_place_category"),
            models.Index(*_newest_by("stage"), name="card_of_place_stage"),
            models.Index(*_newest_by("tier"), name="card_of_place_tier", condition=Q(tier__isnull=False)),
            models.Index(F("place_id"), F("budget_fen").desc(), F("card_id").desc(), name="card_of_place_budget"),
            # Several stages together are in order only in an index of their own.
            models.Index(*_newest_by(), name="card_of_place_open", condition=Q(stage__in=OPEN)),
            models.Index(*_newest_by(), name="card_of_place_running", condition=Q(stage__in=LIBRARY["running"])),
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
    reaching = models.PositiveIntegerField(default=0)
    raising = models.PositiveIntegerField(default=0)
    rated = models.PositiveIntegerField(default=0)
    """How many projects make up ``households``, ``self_raised_fen`` and ``rating_answers``."""
    streets = models.PositiveIntegerField(default=0)
    computed_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("地方合计")
        verbose_name_plural = _("地方合计")

    def __str__(self) -> str:
        return f"totals of {self.place_id}"

    @property
    def public_fen(self) -> int:
        """What offices gave, together."""
        return sum(getattr(self, f"{source}_fen") for source in PUBLIC)

    @property
    def satisfied_percent(self) -> int | None:
        return percent(self.rating_satisfied, self.rating_answers) if self.rating_answers else None

    @property
    def sources(self) -> list[tuple[str, int]]:
        """Where the money came from, for drawing."""
        return [(str(source.label), getattr(self, f"{source}_fen")) for source in CASH]
