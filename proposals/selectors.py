"""Reading for pages: each function is a fixed number of queries, whatever the size of the city."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    When,
)
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from minshi import paging
from minshi.accounts.models import User
from minshi.clock import Instant, now
from minshi.deadlines.models import Deadline
from minshi.disclosure.models import Notice
from minshi.disclosure.rules import PERIODS
from minshi.faces.kept import RULES, state_of
from minshi.faces.words import wan
from minshi.lifecycle.models import StepRecord
from minshi.notifications.following import followed_by, kind_of
from minshi.paper.models import Line, Sheet
from minshi.policy import selectors as policy
from minshi.residents.models import ORGANISERS, Residence, Role
from minshi.residents.rules import SECONDS, acting_title, acting_titles, roles_of, second_hands, second_in
from minshi.residents.waiting import CLAIM
from minshi.searching import keys_of
from minshi.territory.models import Territory
from proposals.lifecycle import GROUP, HOLDER_LABELS, PROPOSAL, PROPOSER, WAY, answerer_of, appeal_end
from proposals.models import (
    CASH,
    ENDED,
    LIBRARY,
    OPEN,
    READING,
    WISH_WAITS,
    Call,
    Card,
    CardQuerySet,
    Category,
    Cosign,
    Draft,
    Look,
    LookState,
    PlaceTotal,
    Proposal,
    ProposalQuerySet,
    Question,
    Resource,
    ResourceKind,
    ResourceRequest,
    ResourceStage,
    Source,
    Stage,
    Version,
    Wish,
)
from proposals.panels import Own, Task, own_of, tasks_of
from proposals.rules import Sides

CAME_TO_NOTHING = tuple(stage for stage in ENDED if stage != Stage.ARCHIVED)
MOST_ON_HOME = 5
"""Of one person's tasks on the home page; all of them are on their own."""
MOST_PLACES = 200
MOST_LOOKS = 10
"""Sheets to look at again, of one person's tasks: each page leads to the next."""
MOST_REVIEWS = 100
"""Of one chief's queue; nobody has more, and a page must end somewhere."""


def home_place(code: str | None = None) -> Territory | None:
    """The place of the home page: the one asked for, the one this site is set up for, or the top of the tree."""
    wanted = code or settings.HOME_PLACE
    if found := Territory.objects.filter(code=wanted).first():
        return found
    return None if code else Territory.objects.filter(parent=None).first()


def home_total(code: str | None = None) -> PlaceTotal | None:
    """The place of the home page and what it adds up to, in one query once anything was computed."""
    wanted = code or settings.HOME_PLACE
    if found := PlaceTotal.objects.select_related("place").filter(place__code=wanted).first():
        return found
    place = home_place(code)
    return total_of(place) if place else None


def total_of(place: Territory) -> PlaceTotal:
    """What the place adds up to; zeros before anything was computed."""
    return PlaceTotal.objects.filter(place=place).first() or PlaceTotal(place=place, computed_at=None)  # type: ignore[misc]


def figures_of(total: PlaceTotal) -> list[dict[str, Any]]:
    """The big numbers of a place, each with its unit and what stands behind it."""
    behind = reverse("figures", args=[total.place.code])
    percent = total.satisfied_percent
    return [
        {
            "value": total.declared,
            "label": _("个项目申报"),
            "note": _("%(n)d 个在储备库") % {"n": total.reserve},
            "url": f"{behind}?of=declared",
        },
        {
            "value": total.households,
            "label": _("户次受益"),
            "note": _("%(n)d 个街道") % {"n": total.streets},
            "url": f"{behind}?of=households",
        },
        {
            "value": wan(total.self_raised_fen),
            "label": _("居民自筹（元）"),
            "note": _("补助 %(n)s") % {"n": wan(total.public_fen)},
            "url": f"{behind}?of=self_raised",
        },
        {
            "value": "—" if percent is None else f"{percent}%",
            "label": _("满意"),
            "note": _("收回 %(n)d 份") % {"n": total.rating_answers},
            "url": f"{behind}?of=satisfied",
        },
    ]


FIGURES = {
    # What stands behind a figure of the home page: its name → (its title, the projects that make it up).
    "declared": (gettext_lazy("项目申报"), Q(here_stage__in=(*LIBRARY["running"], *LIBRARY["done"]))),
    "households": (
        gettext_lazy("受益户次"),
        Q(here_stage__in=(*LIBRARY["running"], *LIBRARY["done"]), households__gt=0),
    ),
    "self_raised": (gettext_lazy("居民自筹"), Q(self_raised_fen__gt=0)),
    "satisfied": (gettext_lazy("满意"), Q(rating_answers__gt=0)),
}


def behind(figure: str, place: Territory) -> QuerySet[Card]:
    """The projects of a place that make up one of its figures."""
    return Card.objects.in_place(place).filter(FIGURES[figure][1])


MADE_OF = {
    "declared": ("declared", "households"),
    "households": ("reaching", "households"),
    "self_raised": ("raising", "self_raised_fen"),
    "satisfied": ("rated", "rating_answers", "rating_satisfied"),
}
"""What a figure's projects add up to, of ``PlaceTotal``: their number, then the sums that are the figure's own."""


def sums_of(figure: str, place: Territory) -> dict[str, int]:
    """As the home page says it: how many projects make up this figure of a place, and what they add up to."""
    total = total_of(place)
    number, *sums = MADE_OF[figure]
    return {"number": getattr(total, number), **{name: getattr(total, name) for name in sums}}


def places_around(place: Territory) -> dict[str, list[tuple[str, str]]]:
    """One level up and one down, as (code, name); kept for ten minutes, since places hardly change.

    Down as far as yards: a building has its doors, and these are nobody's business.
    """

    def look() -> dict[str, list[tuple[str, str]]]:
        near = Territory.objects.filter(Q(parent=place) | Q(pk=place.parent_id))
        near = near.filter(merged_into=None).exclude(level_id__in=("building", "group")).order_by("path")
        rows = list(near.values_list("code", "name", "pk")[:MOST_PLACES])
        above = [(code, name) for code, name, pk in rows if pk == place.parent_id]
        return {"above": above, "below": [(code, name) for code, name, pk in rows if pk != place.parent_id]}

    return cache.get_or_set(f"around:{place.pk}", look, 600) or look()


def newest_in(place: Territory, *, running: int = 6, done: int = 4) -> tuple[list[Card], list[Card]]:
    """The newest cards that somebody may take part in, and the newest of what was done; one query."""
    waiting = Card.objects.in_place(place).filter(Q(here_stage__in=OPEN))[:running]
    if not done:
        return list(waiting), []
    archived = Card.objects.in_place(place).filter(Q(here_stage=Stage.ARCHIVED))[:done]
    cards = sorted(waiting.union(archived, all=True), key=lambda card: (card.submitted_at, card.pk), reverse=True)
    return [card for card in cards if card.stage != Stage.ARCHIVED], [
        card for card in cards if card.stage == Stage.ARCHIVED
    ]


_TIMED = {
    "runs": ExpressionWrapper(Q(act_ends_at__gt=Instant()), BooleanField()),
    "is_late": ExpressionWrapper(Q(due_at__lte=Instant()), BooleanField()),
}
_STAMPED = ("pk", "version", "stage", "runs", "is_late")
"""What tells, within an hour, whether a card reads as it did."""


def state_of_home(place: Territory) -> str:
    """What the home page of a place shows, for the stamp of its kept page."""

    def rows() -> Iterable[QuerySet[Any, Any]]:
        cards = Card.objects.in_place(place).annotate(**_TIMED)
        notices = Notice.objects.in_place(place).newest()
        return (
            PlaceTotal.objects.filter(place=place),
            cards.filter(Q(here_stage__in=OPEN)).values_list(*_STAMPED)[:6],
            cards.filter(Q(here_stage=Stage.ARCHIVED)).values_list(*_STAMPED)[:4],
            notices.for_stamp()[:4],
            Wish.objects.filter(place__path__startswith=place.path).order_by("-at", "-id")[:5],
            _phones_over(place),
        )

    return state_of(f"home:{place.pk}:{place.path}", rows)


def shelved(place: Territory | None, shown: str = "") -> CardQuerySet:
    """The library of a place: all its cards, or those of one group of stages."""
    cards = Card.objects.in_place(place)
    if not shown:
        return cards
    stages = LIBRARY[shown]
    # One stage by its index; several by theirs, whose words these are.
    return cards.filter(Q(here_stage=stages[0]) if len(stages) == 1 else Q(here_stage__in=stages))


def state_of_library(place: Territory, shown: str) -> str:
    """What the library of a place opens with, for the stamp of its kept page."""

    def rows() -> Iterable[QuerySet[Any, Any]]:
        return [shelved(place, shown).annotate(**_TIMED).values_list(*_STAMPED)[: paging.SIZE + 1]]

    return state_of(f"projects:{place.pk}:{shown}", rows)


def wishes_in(place: Territory) -> QuerySet[Wish]:
    """Of a place and everything beneath it, the newest first, as the wall shows them."""
    return Wish.objects.filter(place__path__startswith=place.path).order_by("-id")


def state_of_wall(place: Territory) -> str:
    """What the wall of wishes opens with, for the stamp of its kept page."""
    return state_of(f"wall:{place.pk}:{place.path}", lambda: [wishes_in(place)[: paging.SIZE + 1]])


COMPARED_CARDS = 1000
"""Projects of a community that something new is compared with: the newest, by the index of the place."""


def projects_like(title: str, place: Territory, most: int = 5) -> list[dict[str, Any]]:
    """What was proposed, is planned or was done in the same community under a like name, the most like first."""
    around = place.at_level("community") or place
    rows = Card.objects.in_place(around).values("number", "title", "place_name", "stage")[:COMPARED_CARDS]
    own = _pairs(title)
    rated = [(_alike(own, _pairs(row["title"])), row) for row in rows if row["stage"] not in CAME_TO_NOTHING]
    found = sorted((each for each in rated if each[0] >= ALIKE), key=lambda each: (-each[0], each[1]["number"]))
    return [{**row, "stage": Stage(row["stage"]).label} for _share, row in found[:most]]


def calls_in(place: Territory | None) -> QuerySet[Call]:
    """Calls for proposals of a place and everything beneath it, the newest first."""
    rows = Call.objects.select_related("place").order_by("-id")
    return rows.filter(place__path__startswith=place.path) if place else rows.none()


def drafts_of(user: User) -> list[Draft]:
    """What this person has not finished, the newest first."""
    return list(Draft.objects.filter(user__in=user.keys).order_by("-at", "-pk"))


def draft_days() -> int:
    return int(policy.value("drafts.days", None))


def draft_end(draft: Draft) -> datetime:
    """When it is forgotten, where nobody comes back to it."""
    return draft.at + timedelta(days=draft_days())


ALIKE = Fraction(3, 10)
"""Two wishes are shown as alike from this share of common pairs of characters on."""
COMPARED = 300


def wishes_like(wish: Wish, most: int = 5) -> list[Wish]:
    """Others that wait at the same office in like words, the most like first; of its newest 300."""
    if wish.holder_place_id is None:
        return []
    waiting = Wish.objects.filter(holder_place=wish.holder_place_id, stage__in=WISH_WAITS).exclude(pk=wish.pk)
    return _likest(wish.text, waiting, most)


def wishes_before(place: Territory, text: str, *, by: User, most: int = 3) -> list[Wish]:
    """What others wish in like words, before somebody wishes it again: it waits where theirs would."""
    _role, office = answerer_of(place)
    waiting = Wish.objects.filter(holder_place=office, stage__in=WISH_WAITS).exclude(by__in=by.keys)
    return _likest(text, waiting, most)


def _likest(text: str, waiting: QuerySet[Wish], most: int) -> list[Wish]:
    own = _pairs(text)
    rated = [
        (_alike(own, _pairs(other.text)), other) for other in waiting.select_related("place").order_by("-id")[:COMPARED]
    ]
    return [other for share, other in sorted(rated, key=lambda each: (-each[0], each[1].pk))[:most] if share >= ALIKE]


WISHING = frozenset(
    [
        "想要",
        "要一",
        "一个",
        "一张",
        "一盏",
        "一把",
        "想有",
        "有个",
        "希望",
        "能不",
        "不能",
        "能有",
        "想在",
        "请给",
        "给我",
        "我们",
    ]
)
"""How one wishes, not for what."""


def _pairs(text: str) -> frozenset[str]:
    letters = "".join(filter(str.isalnum, text.lower()))
    return frozenset(letters[at : at + 2] for at in range(len(letters) - 1)) - WISHING


def _alike(one: frozenset[str], other: frozenset[str]) -> Fraction:
    return Fraction(2 * len(one & other), len(one) + len(other)) if one and other else Fraction(0)


# --- What residents and units can give --------------------------------------------------------------

WEIGHED = 200
"""The newest of a community that are looked at for one that helps."""


def library(place: Territory, *, kind: str = "", words: Iterable[str] = ()) -> QuerySet[Resource]:
    """能人库 and 资源库 of a place and everything beneath it: what may be asked for, the newest first."""
    rows = Resource.objects.filter(stage=ResourceStage.LISTED, place__path__startswith=place.path)
    if kind:
        rows = rows.filter(kind=kind)
    for word in words:
        keys = keys_of(Resource, ("title", "about"), word)
        rows = rows.filter(Q(title__icontains=word) | Q(about__icontains=word) if keys is None else Q(pk__in=keys))
    return rows.select_related("place").order_by("-pk")


def helping(place: Territory, text: str, category: str, most: int = 3) -> list[Resource]:
    """What of the community's libraries may help with this: in the same words, or for the same kind of matter.

    The most alike first. One query.
    """
    around = place.at_level("community") or place
    wanted = _pairs(text)
    rated = [
        (len(wanted & _pairs(f"{row.title} {row.about}")), row.category == category != Category.OTHER, row)
        for row in library(around)[:WEIGHED]
    ]
    found = [each for each in rated if each[0] or each[1]]
    return [row for _same, _alike, row in sorted(found, key=lambda each: (-each[0], not each[1], -each[2].pk))[:most]]


@dataclass(frozen=True)
class Need:
    """An open wish, with what of the two other lists is in like words."""

    wish: Wish
    resource: Resource | None
    card: Card | None


@dataclass(frozen=True)
class Lists:
    """居民需求清单, 服务资源清单 and 民生项目清单 of one category, side by side."""

    label: str
    needs: list[Need]
    resources: list[Resource]
    cards: list[Card]


def three_lists(community: Territory) -> list[Lists]:
    """By category, where there is anything: the newest of each list, each need matched with the others by its words.

    Three queries.
    """
    open_ = Wish.objects.filter(place__path__startswith=community.path, stage__in=WISH_WAITS).select_related("place")
    wishes = list(open_.order_by("-id")[:LISTED])
    resources = list(library(community)[:LISTED])
    cards = list(Card.objects.in_place(community).filter(Q(here_stage__in=GOING_ON))[:LISTED])
    offered = [(_pairs(f"{each.title} {each.about}"), each) for each in resources]
    running = [(_pairs(each.title), each) for each in cards]
    needs = [Need(wish, _nearest(wish.text, offered), _nearest(wish.text, running)) for wish in wishes]
    found = [
        Lists(
            str(label),
            [need for need in needs if need.wish.category == value],
            [each for each in resources if each.category == value],
            [each for each in cards if each.category == value],
        )
        for value, label in Category.choices
    ]
    return [each for each in found if each.needs or each.resources or each.cards]


GOING_ON = {*OPEN, *LIBRARY["running"]}
LISTED = 100
"""Of each list, the newest."""
NEAR = 2
"""Pairs of characters in common from which on two are matched: one pair is a word that stands anywhere."""

L = TypeVar("L")


def _nearest(text: str, others: Iterable[tuple[frozenset[str], L]]) -> L | None:
    wanted = _pairs(text)
    rated = [(len(wanted & pairs), other) for pairs, other in others]
    share, best = max(rated, key=lambda each: each[0], default=(0, None))
    return best if share >= NEAR else None


@dataclass(frozen=True)
class Taken:
    """解决用时: how long the wishes of a place took that were done in the last year, until somebody said so."""

    number: int
    median: Decimal | None
    """Days."""
    within: list[tuple[int, int]]
    """Of so many days, how many took no longer."""
    urgent: int
    urgent_median: Decimal | None
    """Hours."""


WITHIN = (1, 3, 7, 15, 30)
TAKEN = """
WITH done AS (
    SELECT wish.urgent, extract(epoch FROM wish.done_at - wish.at) / 3600 AS hours
    FROM territory_territory AS place JOIN proposals_wish AS wish ON wish.place_id = place.id
    WHERE place.path LIKE %s AND wish.stage = 'fulfilled'
        AND wish.stage_since > (SELECT minshi_now()) - interval '1 year'
)
SELECT count(hours), percentile_cont(0.5) WITHIN GROUP (ORDER BY hours) / 24,
    ARRAY[{within}],
    count(*) FILTER (WHERE urgent), percentile_cont(0.5) WITHIN GROUP (ORDER BY hours) FILTER (WHERE urgent)
FROM done
"""
"""Done is what whoever wished agreed to or did not contest; the days in which they were asked do not count."""


def time_taken(place: Territory) -> Taken:
    """The one source of how long wishes take here; one query."""
    within = ", ".join(f"count(*) FILTER (WHERE hours <= {24 * days})" for days in WITHIN)
    with connection.cursor() as cursor:
        cursor.execute(TAKEN.format(within=within), [f"{place.path}%"])
        number, median, counts, urgent, urgent_median = cursor.fetchone()
    return Taken(number, _rounded(median), list(zip(WITHIN, counts, strict=True)), urgent, _rounded(urgent_median))


def _rounded(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def requests_of(user: User, number: int = 20) -> tuple[list[ResourceRequest], list[ResourceRequest]]:
    """What this person asked for; what was asked of them and they answer themselves."""
    rows = ResourceRequest.objects.select_related("resource").order_by("-pk")
    asked = rows.filter(by__in=user.keys)[:number]
    of_them = rows.filter(resource__by__in=user.keys, resource__offerer_name="")[:number]
    return list(asked), list(of_them)


def opened_facilities(place: Territory, since: datetime | None = None, until: datetime | None = None) -> int:
    """Units of a place whose facility stood open at any time between the two moments (``None``: stands open now)."""
    rows = Resource.objects.filter(kind=ResourceKind.FACILITY, place__path__startswith=place.path)
    if since is None or until is None:
        rows = rows.filter(stage=ResourceStage.LISTED)
    else:
        rows = rows.filter(Q(ended_at=None) | Q(ended_at__gte=since), listed_at__lt=until)
    return rows.values("unit").distinct().count()


def urgent_terms(place: Territory | None) -> dict[str, int]:
    """Within how many hours an urgent wish is answered and somebody is there, within how many working days it is
    done (policy row 3)."""
    names = {"respond": "urgent.respond_hours", "onsite": "urgent.onsite_hours", "days": "urgent.days"}
    terms = policy.terms([*names.values()], place)
    return {short: int(terms[name]) for short, name in names.items()}


def wall(place: Territory, number: int = 5) -> list[Wish]:
    rows = Wish.objects.filter(place__path__startswith=place.path).select_related("place")
    return list(rows.order_by("-at", "-id")[:number])


def pinned_days(proposal: Proposal, kind: str) -> int | None:
    """The working days of a notice of this kind as the project pinned them when its stage began."""
    pinned = proposal.terms.get(PERIODS[kind])
    return None if pinned is None else int(pinned)


def was_accepted(proposal: Proposal) -> bool:
    """Whether a holder once took it on: from then on there may be money, contracts and promises."""
    return proposal.handlings.filter(outcome="accepted").exists()


VERSION = (
    f"SELECT proposal_id, version || '.' || {RULES}, minshi_now(),"
    " (SELECT proposer_id FROM proposals_proposal WHERE id = proposal_id)"
    " FROM proposals_card WHERE number = %s"
)


def version_of(number: str) -> tuple[int, str, datetime, int] | None:
    """The key of a project's card, its version with that of the rules in force, the moment, and who proposed it.

    Written out: for a visitor this is the whole work of the page, and composing it was half of that.
    """
    with connection.cursor() as cursor:
        cursor.execute(VERSION, [number])
        found: tuple[int, str, datetime, int] | None = cursor.fetchone()
    return found


def project(number: str) -> Proposal | None:
    """A project with what its page needs of its own, in two queries."""
    return (
        Proposal.objects.filter(number=number)
        .select_related("place", "holder_place", "card", "merged_into", "gate_notice")
        .prefetch_related("versions", Prefetch("photos"))
        .first()
    )


def merged_into(proposal: Proposal) -> list[Proposal]:
    """What was merged into it, each with its pictures and with how many signatures came along and stand."""
    came = Count("cosigns__carried", filter=Q(cosigns__carried__proposal=proposal, cosigns__carried__is_void=False))
    rows = proposal.merged.annotate(came=came).prefetch_related(Prefetch("photos", to_attr="pictures"))
    return list(rows.order_by("pk"))


OUTCOMES = {
    # How a dispatch ended.
    "accepted": gettext_lazy("已接单"),
    "escalated": gettext_lazy("提请上一级"),
    "climbed": gettext_lazy("逾期自动升级"),
    "handed_back": gettext_lazy("已退单"),
    "declined": gettext_lazy("无法办理"),
}


def dispatches_of(proposal: Proposal, day: date) -> list[dict[str, Any]]:
    """派单: on which tier whose office had it, from when until when, who took it, and how it ended."""
    cards = list(proposal.handlings.select_related("place").order_by("pk"))
    offices = acting_titles([(card.place, card.role) for card in cards], day) if cards else {}
    return [
        {
            "card": card,
            "office": offices[card.place.path, card.role],
            "outcome": OUTCOMES.get(card.outcome, gettext_lazy("正在办")),
        }
        for card in cards
    ]


def supervised_in(place: Territory) -> ProposalQuerySet:
    """督办 of a place and everything beneath it, the longest overdue first."""
    return Proposal.objects.within(place).supervised().select_related("place", "holder_place")


def offices_of(proposals: Iterable[Proposal], day: date) -> list[str]:
    """``holder_of`` each of those that an office holds, in one query for all."""
    held = [(each.holder_place, each.holder_role) for each in proposals if each.holder_place]
    said = acting_titles(held, day)
    return [said[place.path, role] for place, role in held]


def questions_of(proposal: Proposal) -> QuerySet[Question]:
    """What was asked under it, and under what was merged into it; the newest first."""
    # One list of keys: of two conditions with OR PostgreSQL reads every question, the newest first.
    both = Proposal.objects.filter(Q(pk=proposal.pk) | Q(merged_into=proposal)).values("pk")
    return Question.objects.filter(proposal__in=both).order_by("-id")


def policy_questions(place: Territory) -> QuerySet[Question]:
    """Of the policy of a place and everything beneath it, the newest first."""
    return Question.objects.filter(proposal=None, place__path__startswith=place.path).order_by("-id")


def plan_of_money(card: Card, version: Version) -> dict[str, Any]:
    """Where the money comes from: what was raised; before anything was, what the newest version means to raise."""
    raised = [(str(source.label), getattr(card, f"{source}_fen")) for source in CASH]
    if any(fen for _label, fen in raised):
        gap = max(card.budget_fen - sum(fen for _label, fen in raised), 0)
        return {"sources": raised, "gap": gap, "caption": _("预算")}
    planned = [(str(source.label), version.share_fen(source)) for source in Source]
    left = version.cost_fen - sum(fen for _label, fen in planned)
    return {"sources": [*planned, (_("还没有着落"), left)], "gap": 0, "caption": _("预计费用，打算这样出")}


def people_of(proposal: Proposal, records: Iterable[StepRecord], keeper: str, holder: str) -> list[tuple[str, str]]:
    """Who has which part in it, by role."""
    reviewed = [row.as_role for row in records if row.verb in ("pass_review", "decline", "merge")]
    people = [(_("提议人"), proposal.proposer_public), *((_("初审"), who) for who in reviewed[-1:])]
    return [*people, (_("现在承办"), holder), (_("办好后谁管"), keeper)]


def phone_of(place: Territory) -> tuple[str, str] | None:
    """Whom people of this place can ring: the nearest office's name and number."""
    found: tuple[str, str] | None = _phones_over(place).first()
    return found


def _phones_over(place: Territory) -> QuerySet[Any, tuple[str, str]]:
    return place.ancestors().exclude(phone="").order_by("-path").values_list("name", "phone")


def notices_of(proposal: Proposal) -> list[Notice]:
    return list(Notice.objects.filter(link=proposal.get_absolute_url()).select_related("place").order_by("-posted_at"))


def holder_of(subject: Call | Proposal | Wish | Question | Resource, day: date | None = None) -> str:
    """Who holds it now (``day``: today), as the page says it; nobody once it has ended."""
    if subject.holder_place is None:
        return ""
    if subject.holder_role in (PROPOSER, GROUP):
        return str(HOLDER_LABELS[subject.holder_role])
    return acting_title(subject.holder_place, subject.holder_role, day)


def way_of(proposal: Proposal, records: Iterable[StepRecord]) -> list[dict[str, Any]]:
    """The whole way as a line: of what is behind the last word that led on, of what is now when it began and why.

    What the project never came to is left out once it is past it, and so is the ending until there is one.
    """
    rows = [row for row in records if row.source != row.target]
    reached = len(WAY) if proposal.stage == Stage.ARCHIVED else _reached(proposal, rows)
    proposed = {"label": _("提议"), "state": "done", "date": proposal.submitted_at, "who": proposal.proposer_public}
    milestones = [
        _milestone(proposal, str(label), stages, _state(proposal, index, reached), rows)
        for index, (label, stages) in enumerate(WAY)
        if Stage.ENDING not in stages or any(Stage.ENDING in (row.source, row.target) for row in rows)
    ]
    if _buys_nothing(proposal):
        milestones = [entry for entry in milestones if not entry or entry["label"] != str(BUYING)]
    if proposal.is_ended or proposal.stage == Stage.ENDING:
        milestones = [entry for entry in milestones if entry and entry["state"] != "coming"]
    return [proposed, *(entry for entry in milestones if entry)]


BUYING = next(label for label, stages in WAY if Stage.PROCURING in stages)


def _buys_nothing(proposal: Proposal) -> bool:
    """What is only in kind does not come to where suppliers are chosen."""
    return max(proposal.versions.all(), key=lambda version: version.number).costs_no_money


def way_of_question(question: Question) -> list[dict[str, Any]]:
    """As ``way_of_wish``; of one that was hidden not what was answered, either."""
    return way_of_wish(question, untold=("answer",) if question.is_hidden else ())


def way_of_wish(wish: Wish | Question, *, untold: Collection[str] = ()) -> list[dict[str, Any]]:
    """What was done with a wish, the last word last, and that it still waits while it does.

    Of the steps ``untold`` only that they were taken.
    """
    said = [
        {
            "label": record.label,
            "state": "done",
            "date": record.at,
            "who": record.as_role,
            "note": f"“{record.reason}”" if record.reason and record.verb not in untold else "",
        }
        for record in StepRecord.objects.of(wish).order_by("id")
    ]
    return said if wish.due_at is None else [*said, {"label": wish.get_stage_display(), "state": "now"}]


def _state(proposal: Proposal, index: int, reached: int) -> str:
    if index != reached:
        return "done" if index < reached else "coming"
    return "stopped" if proposal.stage in ENDED else "now"


def _milestone(
    proposal: Proposal, label: str, stages: tuple[str, ...], state: str, rows: list[StepRecord]
) -> dict[str, Any] | None:
    if state == "coming":
        return {"label": label, "state": state}
    if state == "now":
        said = next((row for row in reversed(rows) if row.target == proposal.stage), None)
        outcome, at = str(Stage(proposal.stage).label), said.at if said else proposal.stage_since
    else:
        said = next((row for row in reversed(rows) if row.source in stages and row.target not in stages), None)
        if said is None:
            return None
        outcome, at = said.label, said.at
    facts = [_("共 %(n)d 户") % {"n": said.evidence["cosigns"]}] if said and "cosigns" in said.evidence else []
    return {
        "label": outcome if state == "now" or label in outcome else f"{label}：{outcome}",
        "state": state,
        "date": at,
        "who": said.as_role if said else "",
        "note": " · ".join([*facts, *([f"“{said.reason}”"] if said and said.reason else [])]),
    }


def _reached(proposal: Proposal, rows: list[StepRecord]) -> int:
    """The milestone it stands at, or where it ended."""
    stage = proposal.stage
    if stage in ENDED and stage != Stage.ARCHIVED:
        stage = rows[-1].source if rows else stage
    return next((index for index, (_label, stages) in enumerate(WAY) if stage in stages), 0)


@dataclass(frozen=True)
class Mine:
    """Everything of "my things" in one place."""

    tasks: list[Task]
    deadlines: list[Deadline]
    proposals: list[Proposal]
    wishes: list[Wish]
    steps: dict[str, list[tuple[str, str]]]
    """By a proposal's number: what I may do with it."""
    own: dict[str, list[Own]]
    """What counts of what they did, by kind."""


def mine(user: User) -> Mine:
    """What waits for this person, what they proposed and what they wished for."""
    proposals = list(
        Proposal.objects.filter(proposer__in=user.keys).select_related("place", "card").order_by("-id")[:20]
    )
    # Staff have their desk; a chief's reviews are one task with a queue of its own.
    held = [(held.role, held.path) for held in roles_of(user) if held.role in ORGANISERS]
    rows = Deadline.objects.waiting_for(held).exclude(kind__in=(f"stage:{Stage.SUBMITTED}", CLAIM)).order_by("due")
    waiting = list(rows[:50]) if held else []
    wishes = list(Wish.objects.filter(by__in=user.keys).select_related("place").order_by("-id")[:10])
    own: dict[str, list[Own]] = {}
    for each in own_of(user):
        own.setdefault(each.kind, []).append(each)
    steps = {proposal.number: own_steps(user, proposal) for proposal in proposals}
    return Mine(tasks_of(user), waiting, proposals, wishes, steps, own)


def waits_for(user: User) -> list[Task]:
    """What waits for this person, for the home page: the same as on their own page, the rest of it left out."""
    return tasks_of(user)[:MOST_ON_HOME]


def own_steps(user: User, proposal: Proposal) -> list[tuple[str, str]]:
    """What its proposer may do with it now, as (label, address); nothing for anybody else."""
    is_taken_on = proposal.stage == Stage.CONSULTING and was_accepted(proposal)
    if not user.is_same(proposal.proposer_id) or is_taken_on:
        return []
    steps = (
        (_("去修改"), "resubmit", "revise"),
        (_("撤回"), "withdraw", "withdraw"),
        (_("申诉"), "appeal", "appeal"),
    )
    return [
        (label, reverse(page, args=[proposal.number]))
        for label, verb, page in steps
        if proposal.stage in PROPOSAL.by_verb[verb].sources and not (verb == "appeal" and not may_appeal(proposal))
    ]


def followed(user: User) -> tuple[list[Card], list[Territory]]:
    """The projects and the places this person follows, for themselves alone."""
    keys = followed_by(user)
    cards = Card.objects.filter(pk__in=keys.get(kind_of(Proposal), [])).order_by("-submitted_at", "-pk")
    places = Territory.objects.filter(pk__in=keys.get(kind_of(Territory), [])).order_by("path")
    return list(cards), list(places)


def may_appeal(proposal: Proposal) -> datetime | None:
    """Until when whoever proposed it may appeal against its review; None where they may not."""
    if proposal.stage != Stage.DECLINED:
        return None
    records = list(StepRecord.objects.of(proposal).filter(verb__in=("decline", "appeal")).order_by("id"))
    if [record.verb for record in records] != ["decline"]:
        return None
    end = appeal_end(proposal.place, records[0].at)
    return end if now() < end else None


def to_review(user: User) -> list[Proposal]:
    """What waits for this person's review, the first due first; never what they proposed."""
    mine = Q(pk__in=[])
    for held in roles_of(user):
        roles = ORGANISERS if held.role in ORGANISERS else (held.role,)
        mine |= Q(holder_role__in=roles, holder_place__path__startswith=held.path)
    waiting = Proposal.objects.filter(mine, stage=Stage.SUBMITTED).exclude(proposer__in=user.keys)
    said = StepRecord.objects.filter(subject_type=PROPOSAL.subject, subject_id=OuterRef("pk"), by__in=user.keys)
    waiting = waiting.exclude(Exists(said.filter(verb__in=("recuse", "decline"))))
    return list(waiting.order_by("due_at", "pk")[:MOST_REVIEWS])


def list_to_read(user: User) -> Sheet | None:
    """The next signed list that waits for a reading by this person, the oldest first."""
    mine, wide = Q(pk__in=[]), Q(pk__in=[])
    for held in roles_of(user):
        if held.role in (Role.CLERK, *ORGANISERS):
            mine |= Q(place__path__startswith=held.path)
        else:
            wide |= Q(place__path__startswith=held.path)
    signed = Cosign.objects.standing().filter(proposal__stage__in=READING).values("line")
    waiting = Line.objects.waiting_for(user).filter(pk__in=signed)
    lists = Sheet.objects.filter(pk__in=waiting.values("sheet")).select_related("place").order_by("pk")
    found = lists.filter(mine).first()
    return found or _list_left_to(user, list(lists.filter(wide)[:MOST_LEFT]))


MOST_LEFT = 50
"""Lists that are looked at for one that nobody nearer is left to read."""


def _list_left_to(user: User, lists: list[Sheet]) -> Sheet | None:
    waiting = Line.objects.waiting_for(user).filter(sheet__in=lists).order_by()
    read = waiting.values_list("sheet", "second_by").distinct()
    hands = {sheet.pk: {sheet.registered_by_id} for sheet in lists}
    for key, second in read if lists else ():
        hands[key].add(second)
    parts = {sheet: (sheet.place.path, frozenset(hands[sheet.pk])) for sheet in lists}
    mine = second_in(user, set(parts.values()))
    return next((sheet for sheet in lists if parts[sheet] in mine), None)


def hands_on(sheet: Sheet, reader: User) -> set[int | None]:
    """Who has had a part in a list that waits for this reader: who registered it, and read it besides."""
    waiting = Line.objects.waiting_for(reader).filter(sheet=sheet)
    return {sheet.registered_by_id, *waiting.values_list("second_by", flat=True)}


def other_readers(proposal: Proposal) -> list[User]:
    """Whoever reads its lists again because nobody who takes lists in there is left; nobody where somebody is."""
    lines = Line.objects.filter(pk__in=proposal.cosigns.unread().values("line"))
    found: dict[int, User] = {}
    for hands in lines.values_list("sheet__registered_by", "second_by").distinct():
        for held in second_hands(proposal.place, hands):
            if held.role not in SECONDS[0]:
                found[held.user_id] = held.user
    return list(found.values())


# --- What came on paper, looked at again ----------------------------------------------------------


def entered_from(look: Look) -> list[Proposal | Wish]:
    """What was typed from its sheet: a proposal, or the wishes of a page."""
    proposals = Proposal.objects.filter(sheet=look.sheet_id).select_related("place", "proposer")
    wishes = Wish.objects.filter(sheet=look.sheet_id).select_related("place", "by").order_by("pk")
    return [*proposals, *wishes]


def look_of(sheet: int | None) -> Look | None:
    """Whether another has looked at the sheet that something came on, by the sheet's key."""
    return Look.objects.filter(sheet=sheet).first() if sheet else None


def sides_of(entered: Iterable[Proposal | Wish]) -> Sides:
    """Who wrote what was entered, and where they live, or what it is for."""
    things = list(entered)
    authors = {each.by_id if isinstance(each, Wish) else each.proposer_id for each in things}
    homes = Residence.objects.current().filter(person__user__in=authors)
    paths = {each.place.path for each in things if isinstance(each, Wish)}
    return Sides(frozenset(authors), frozenset(paths | set(homes.values_list("household__place__path", flat=True))))


def has_said_of_it(user: User) -> Q:
    """Of proposals those from whose review this person stepped aside, or that they declined before an appeal."""
    said = StepRecord.objects.filter(subject_type=PROPOSAL.subject, verb__in=("recuse", "decline"), by__in=user.keys)
    return Q(pk__in=said.values("subject_id"))


def wrote_the_sheet(user: User) -> Q:
    """Of looks those at a sheet that this person wrote: they neither look at it nor put it right."""
    proposed = Proposal.objects.filter(proposer__in=user.keys, sheet__isnull=False)
    wished = Wish.objects.filter(by__in=user.keys, sheet__isnull=False)
    return Q(sheet__in=proposed.values("sheet")) | Q(sheet__in=wished.values("sheet"))


def looks_waiting_for(user: User) -> list[tuple[Look, Deadline]]:
    """Sheets that wait for this person: to be looked at again, or put right."""
    held = [(held.role, held.path) for held in roles_of(user)]
    kinds = Deadline.objects.waiting_for(held).filter(subject_type=Look._meta.label_lower).order_by("due", "pk")
    waiting = {deadline.subject_id: deadline for deadline in kinds[:MOST_LOOKS]}
    looks = (
        Look.objects.filter(pk__in=waiting)
        .exclude(state=LookState.WAITING, typed_by__in=user.keys)
        .exclude(wrote_the_sheet(user))
        .select_related("sheet")
    )
    return [(look, waiting[look.pk]) for look in looks]


def similar_to(proposal: Proposal) -> list[Proposal]:
    """Open proposals of the same community it might be merged into, those of its own category first."""
    around = proposal.place.at_level("community") or proposal.place
    rows = Proposal.objects.within(around).filter(stage__in=(Stage.SUBMITTED, Stage.COSIGNING))
    alike = Case(When(category=proposal.category, then=0), default=1)
    return list(rows.exclude(pk=proposal.pk).order_by(alike, "-id")[:20])
