"""年度台账: what a place adds up to, computed from the cards alone, with the line that S2 states for a district."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.utils.translation import gettext as _

from funding.models import ContributionStage, Sponsor
from minshi.clock import CHINA
from minshi.faces.words import percent, wan_yuan
from minshi.territory.models import Territory
from proposals.models import CASH, LIBRARY, Card, CardPlace, Category, Proposal, Tier

MONEY = {f"{source}_fen": source.label for source in CASH}
REACHED = ("households", "people")
SUMMED = ("spent_fen", "rating_answers", "rating_satisfied", *MONEY)
"""Whom declared projects reach; what money and answers there are, wherever a project stands, as on the home page."""
DECLARED = {*LIBRARY["running"], *LIBRARY["done"]}
"""What was decided on and begun; the reserve is counted beside it."""


@dataclass(frozen=True)
class Row:
    """One line of a table: a category or a tier."""

    label: str
    declared: int
    reserve: int
    done: int
    sums: dict[str, int]


@dataclass(frozen=True)
class Report:
    """A place in one year, or in all."""

    place: Territory
    year: int | None
    whole: Row
    by_category: list[Row]
    by_tier: list[Row]
    streets: int
    sponsors: int

    @property
    def sources(self) -> list[tuple[str, int]]:
        """For drawing, in fen."""
        return [(str(label), self.whole.sums[name]) for name, label in MONEY.items()]

    @property
    def percent(self) -> int | None:
        answers, satisfied = self.whole.sums["rating_answers"], self.whole.sums["rating_satisfied"]
        return percent(satisfied, answers) if answers else None

    @property
    def line(self) -> str:
        """The sentence of the yearly report, from the data."""
        sums, place = self.whole.sums, self.place.name
        if self.year:
            place = _("%(year)d年，%(place)s") % {"year": self.year, "place": place}
        people = _("、%(people)s 人") % {"people": f"{sums['people']:,}"} if sums["people"] else ""
        said = _(
            "%(place)s %(streets)d 个街道（乡镇）共申报 %(declared)d 项，储备 %(reserve)d 项，办结归档 %(done)d 项，"
            "受益 %(households)s 户%(people)s；居民自筹 %(own)s，街道补助 %(subsidy)s，区级财政 %(district)s，"
            "%(sponsors)d 家单位赞助 %(sponsored)s。"
        ) % {
            "place": place,
            "streets": self.streets,
            "declared": self.whole.declared,
            "reserve": self.whole.reserve,
            "done": self.whole.done,
            "households": f"{sums['households']:,}",
            "people": people,
            "own": wan_yuan(sums["self_raised_fen"]),
            "subsidy": wan_yuan(sums["subsidy_fen"]),
            "district": wan_yuan(sums["district_fen"]),
            "sponsors": self.sponsors,
            "sponsored": wan_yuan(sums["sponsor_fen"]),
        }
        if self.percent is not None:
            said += _("收回满意度答卷 %(answers)s 份，满意率 %(percent)d%%。") % {
                "answers": f"{sums['rating_answers']:,}",
                "percent": self.percent,
            }
        return str(said)


def report_of(place: Territory, year: int | None = None) -> Report:
    """Three queries, whatever the size of the place; in a big one not for every request."""
    cards = Card.objects.filter(places__place=place)
    if year is not None:
        cards = cards.filter(places__submitted_at__year=year)
    summed = {f"total_{name}": Sum(name) for name in (*REACHED, *SUMMED)}
    groups: list[Any] = list(cards.order_by().values("stage", "category", "tier").annotate(count=Count("pk"), **summed))
    proposals = Proposal.objects.filter(card__in=cards)
    return Report(
        place,
        year,
        _row("", groups),
        [_row(str(label), [g for g in groups if g["category"] == value]) for value, label in Category.choices],
        [_row(str(tier.label), [g for g in groups if g["tier"] == tier]) for tier in Tier],
        Territory.objects.filter(
            level="street", pk__in=CardPlace.objects.filter(card__in=cards).values("place")
        ).count(),
        _sponsors_of(proposals),
    )


def _row(label: str, groups: Iterable[dict[str, Any]]) -> Row:
    groups = list(groups)
    declared = [group for group in groups if group["stage"] in DECLARED]
    sums = {name: sum(group[f"total_{name}"] or 0 for group in groups) for name in SUMMED}
    reached = {name: sum(group[f"total_{name}"] or 0 for group in declared) for name in REACHED}
    return Row(
        label,
        sum(group["count"] for group in declared),
        sum(group["count"] for group in groups if group["stage"] in LIBRARY["reserve"]),
        sum(group["count"] for group in groups if group["stage"] in LIBRARY["done"]),
        {**sums, **reached},
    )


def _sponsors_of(proposals: QuerySet[Proposal]) -> int:
    """Units whose money has arrived, each counted once."""
    gave = Sponsor.objects.filter(proposal__in=proposals, contributions__stage=ContributionStage.CONFIRMED)
    return gave.values("name").distinct().count()


def years_of(place: Territory) -> list[int]:
    """The years in which anything was proposed here, the newest first."""
    years = Card.objects.filter(places__place=place).datetimes("submitted_at", "year", "DESC", tzinfo=CHINA)
    return [year.year for year in years]
