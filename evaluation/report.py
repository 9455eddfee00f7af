"""年度台账: what a place adds up to, from the cards and the ledger, with the line that S2 states for a district."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Sum
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from funding.models import ContributionStage, Sponsor
from funding.selectors import column_of
from minshi.clock import CHINA, midnight, today
from minshi.faces.words import percent, wan_yuan
from minshi.territory.models import Territory
from proposals.models import CASH, LIBRARY, Card, CardPlace, Category, Handling, Proposal, Tier
from proposals.selectors import opened_facilities

MONEY = {f"{source}_fen": source.label for source in CASH}
REACHED = ("households", "people")
ANSWERS = ("rating_answers", "rating_satisfied")
"""Whom declared projects reach; what answers there are, wherever a project stands, as on the home page."""
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
class Dispatched:
    """What became of the dispatches of one tier."""

    label: str
    given: int
    accepted: int
    escalated: int
    climbed: int
    handed_back: int
    declined: int


@dataclass(frozen=True)
class Report:
    """A place in one year, or in all."""

    place: Territory
    year: int | None
    whole: Row
    by_category: list[Row]
    by_tier: list[Row]
    dispatched: list[Dispatched]
    supervised: int
    streets: int
    sponsors: int
    facilities: int

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
        if self.facilities:
            said += _("%(n)d 家公共单位开放了服务设施。") % {"n": self.facilities}
        if self.percent is not None:
            said += _("收回满意度答卷 %(answers)s 份，满意率 %(percent)d%%。") % {
                "answers": f"{sums['rating_answers']:,}",
                "percent": self.percent,
            }
        return str(said)


MOVED = """
SELECT card.category, card.tier, moved.kind, moved.office, sum(moved.fen)::bigint
FROM proposals_cardplace AS stands
JOIN proposals_card AS card ON card.proposal_id = stands.card_id
CROSS JOIN LATERAL funding_moved(card.proposal_id) AS moved
WHERE stands.place_id = %(place)s
    AND (%(since)s::timestamptz IS NULL OR moved.at >= %(since)s AND moved.at < %(until)s)
GROUP BY card.category, card.tier, moved.kind, moved.office
"""
"""What moved between a project and those it is with, in the year it moved: reversed is moved back."""


def report_of(place: Territory, year: int | None = None) -> Report:
    """Seven queries, whatever the size of the place; in a big one not for every request.

    Projects count in the year in which they were proposed, money in the year in which it moved.
    """
    # One filter: each of two over the same relation would join it anew, and every card counted once per level.
    when = {} if year is None else {"places__submitted_at__year": year}
    cards = Card.objects.filter(places__place=place, **when)
    summed = {f"total_{name}": Sum(name) for name in (*REACHED, *ANSWERS)}
    groups: list[Any] = list(cards.order_by().values("stage", "category", "tier").annotate(count=Count("pk"), **summed))
    moved = _moved(place, year)
    return Report(
        place,
        year,
        _row("", groups, moved),
        [_row(str(label), *_of(groups, moved, "category", value)) for value, label in Category.choices],
        [_row(str(tier.label), *_of(groups, moved, "tier", tier)) for tier in Tier],
        _dispatched(place, year),
        _supervised(place, year),
        _streets_of(place, year) if groups else 0,
        _sponsors_of(place, year),
        opened_facilities(place, *_span_of(year)),
    )


def _dispatched(place: Territory, year: int | None) -> list[Dispatched]:
    """Counted in the year in which a tier received it."""
    when = {} if year is None else {"received_at__year": year}
    cards = Handling.objects.filter(proposal__in=CardPlace.objects.filter(place=place).values("card"), **when)
    counts = {
        (tier, outcome): number
        for tier, outcome, number in cards.values_list("tier", "outcome").annotate(n=Count("pk")).order_by()
    }
    outcomes = ("accepted", "escalated", "climbed", "handed_back", "declined")
    return [
        Dispatched(
            str(tier.label),
            sum(number for (of, _outcome), number in counts.items() if of == tier),
            *(counts.get((tier.value, outcome), 0) for outcome in outcomes),
        )
        for tier in Tier
    ]


def _supervised(place: Territory, year: int | None) -> int:
    """How many came under supervision, in that year for the last time."""
    when = {} if year is None else {"supervised_at__year": year}
    watched = Proposal.objects.filter(supervised_at__isnull=False, **when)
    return watched.filter(pk__in=CardPlace.objects.filter(place=place).values("card")).count()


def _moved(place: Territory, year: int | None) -> list[dict[str, Any]]:
    """Fen by category, tier and column: what each source gave, net of what went back, and what was paid."""
    since, until = _span_of(year)
    with connection.cursor() as cursor:
        cursor.execute(MOVED, {"place": place.pk, "since": since, "until": until})
        rows = cursor.fetchall()
    return [
        {"category": category, "tier": tier, "name": name, "fen": sign * fen}
        for category, tier, kind, office, fen in rows
        for name, sign in (column_of(kind, office),)
    ]


def _span_of(year: int | None) -> tuple[datetime | None, datetime | None]:
    return (None, None) if year is None else (midnight(date(year, 1, 1)), midnight(date(year + 1, 1, 1)))


def _of(groups: list[Any], moved: list[dict[str, Any]], column: str, value: object) -> tuple[list[Any], list[Any]]:
    return [group for group in groups if group[column] == value], [row for row in moved if row[column] == value]


def _row(label: str, groups: Iterable[dict[str, Any]], moved: Iterable[dict[str, Any]]) -> Row:
    groups, moved = list(groups), list(moved)
    declared = [group for group in groups if group["stage"] in DECLARED]
    answers = {name: sum(group[f"total_{name}"] or 0 for group in groups) for name in ANSWERS}
    reached = {name: sum(group[f"total_{name}"] or 0 for group in declared) for name in REACHED}
    money = {name: sum(row["fen"] for row in moved if row["name"] == name) for name in ("spent_fen", *MONEY)}
    return Row(
        label,
        sum(group["count"] for group in declared),
        sum(group["count"] for group in groups if group["stage"] in LIBRARY["reserve"]),
        sum(group["count"] for group in groups if group["stage"] in LIBRARY["done"]),
        {**answers, **reached, **money},
    )


def _streets_of(place: Territory, year: int | None) -> int:
    """Streets with a project (of that year); below a street it is that one."""
    when = {} if year is None else {"submitted_at__year": year}
    within = Territory.objects.within(place).filter(level="street")
    found = within.filter(Exists(CardPlace.objects.filter(place=OuterRef("pk"), **when))).count()
    return found or int(place.at_level("street") is not None)


def _sponsors_of(place: Territory, year: int | None) -> int:
    """Units whose money has arrived (in that year) and stayed, each counted once."""
    when = {} if year is None else {"contributions__stage_since__year": year}
    gave = Sponsor.objects.filter(contributions__stage=ContributionStage.CONFIRMED, **when)
    here = gave.filter(proposal__in=CardPlace.objects.filter(place=place).values("card"))
    return here.values("name").distinct().count()


def years_of(place: Territory) -> list[int]:
    """The years from the first project here to the present one, the newest first: in all of them money may move."""
    ours = CardPlace.objects.filter(place=place).order_by("submitted_at", "card_id")
    first = ours.values_list("submitted_at", flat=True).first()
    return list(range(today().year, localtime(first, CHINA).year - 1, -1)) if first else []
