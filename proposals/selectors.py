"""Reading for pages: each function is a fixed number of queries, whatever the size of the city."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import Now
from minshi.deadlines.models import Deadline
from minshi.disclosure.models import Notice
from minshi.faces.templatetags.faces import wan
from minshi.lifecycle.models import StepRecord
from minshi.residents.models import ORGANISERS, Role
from minshi.residents.rules import person_of, roles_of
from minshi.territory.models import Territory
from proposals.lifecycle import GROUP, HOLDER_LABELS, PROPOSER, WAY
from proposals.models import ENDED, Card, PlaceTotal, Proposal, Stage, Wish
from proposals.panels import Task, tasks_of

WAITING_STAGES = (Stage.COSIGNING, Stage.VOTING, Stage.ANNOUNCED, Stage.RAISING, Stage.DELIVERING, Stage.RATING)
"""What a resident may take part in now, for the home page."""


def home_place(code: str | None = None) -> Territory | None:
    """The place of the home page: the one asked for, the one this site is set up for, or the top of the tree."""
    wanted = code or settings.HOME_PLACE
    if found := Territory.objects.filter(code=wanted).first():
        return found
    return None if code else Territory.objects.filter(parent=None).first()


def total_of(place: Territory) -> PlaceTotal:
    """What the place adds up to; zeros before anything was computed."""
    return PlaceTotal.objects.filter(place=place).first() or PlaceTotal(place=place)


def figures_of(total: PlaceTotal) -> list[dict[str, Any]]:
    """The big numbers of a place, each with its unit and what stands behind it."""
    projects = f"{reverse('projects')}?place={total.place.code}"
    percent = total.satisfied_percent
    return [
        {
            "value": total.declared,
            "label": _("个项目申报"),
            "note": _("%(n)d 个在储备库") % {"n": total.reserve},
            "url": projects,
        },
        {"value": total.households, "label": _("户次受益"), "note": _("%(n)d 个街道") % {"n": total.streets}},
        {
            "value": wan(total.self_raised_fen),
            "label": _("居民自筹（元）"),
            "note": _("补助 %(n)s") % {"n": wan(total.public_fen)},
        },
        {
            "value": "—" if percent is None else f"{percent}%",
            "label": _("满意"),
            "note": _("收回 %(n)d 份") % {"n": total.rating_answers},
        },
    ]


def running_in(place: Territory, number: int = 6) -> list[Card]:
    """The newest cards of the place that somebody may take part in."""
    return list(Card.objects.in_place(place).filter(stage__in=WAITING_STAGES).annotate(read_at=Now())[:number])


def done_in(place: Territory, number: int = 4) -> list[Card]:
    return list(Card.objects.in_place(place).filter(stage=Stage.ARCHIVED)[:number])


def wall(place: Territory, number: int = 5) -> list[Wish]:
    rows = Wish.objects.filter(place__path__startswith=place.path).select_related("place")
    return list(rows.order_by("-at", "-id")[:number])


def project(number: str) -> Proposal | None:
    """A project with what its page needs of its own, in two queries."""
    return (
        Proposal.objects.filter(number=number)
        .select_related("place", "holder_place", "card", "merged_into", "gate_notice")
        .prefetch_related("versions", Prefetch("photos"))
        .first()
    )


def notices_of(proposal: Proposal) -> list[Notice]:
    return list(Notice.objects.filter(link=proposal.get_absolute_url()).select_related("place").order_by("-posted_at"))


def holder_of(proposal: Proposal) -> str:
    """Who holds it now, as the page says it."""
    if proposal.is_ended or proposal.holder_place is None:
        return ""
    if proposal.holder_role in (PROPOSER, GROUP):
        return str(HOLDER_LABELS[proposal.holder_role])
    return f"{proposal.holder_place.name}{Role(proposal.holder_role).label}"


def way_of(proposal: Proposal, records: Iterable[StepRecord]) -> list[dict[str, Any]]:
    """The whole way as a line: each milestone with its last word, who said it and why."""
    rows = [row for row in records if row.verb != "overdue"]
    reached = len(WAY) if proposal.stage == Stage.ARCHIVED else _reached(proposal, rows)
    return [
        _milestone(str(label), _state(proposal, index, reached), _last_word(rows, stages, first=index == 0))
        for index, (label, stages) in enumerate(WAY)
    ]


def _state(proposal: Proposal, index: int, reached: int) -> str:
    if index != reached:
        return "done" if index < reached else "coming"
    return "stopped" if proposal.stage in ENDED else "now"


def _last_word(rows: list[StepRecord], stages: tuple[str, ...], *, first: bool) -> StepRecord | None:
    said = [row for row in rows if row.source in stages or (first and row.source == "")]
    return said[-1] if said else None


def _milestone(label: str, state: str, last: StepRecord | None) -> dict[str, Any]:
    if last is None or state == "coming":
        return {"label": label, "state": state}
    return {
        "label": f"{label}：{last.label}",
        "state": state,
        "date": last.at,
        "who": last.as_role,
        "note": f"“{last.reason}”" if last.reason else "",
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


def mine(user: User) -> Mine:
    """What waits for this person, what they proposed and what they wished for."""
    proposals = list(user.proposals.select_related("place", "card").order_by("-id")[:20])
    held = [(held.role, held.path) for held in roles_of(user)]
    waiting = list(Deadline.objects.waiting_for(held).order_by("due")[:50]) if held else []
    returned = [
        Task(
            title=proposal.title,
            text="楼栋长请您修改",
            url=f"/projects/{proposal.number}/revise/",
            button="去修改",
            until=proposal.due_at,
        )
        for proposal in proposals
        if proposal.stage == Stage.RETURNED
    ]
    wishes = list(user.wishes.order_by("-id")[:10])
    return Mine([*returned, *tasks_of(user)], waiting, proposals, wishes)


def to_cosign(user: User) -> list[Task]:
    """Proposals of my place that wait for co-signatures my household has not given."""
    person = person_of(user)
    if not (person and person.household_id and person.confirmed_at and person.household):
        return []
    places = person.household.place.ancestor_paths()
    waiting = (
        Proposal.objects.filter(stage=Stage.COSIGNING, place__path__in=places)
        .exclude(cosigns__household=person.household_id)
        .order_by("due_at")[:10]
    )
    return [
        Task(proposal.title, "邻居提议，等您家附议", f"/projects/{proposal.number}/cosign/", "去看看", proposal.due_at)
        for proposal in waiting
    ]


def to_review(user: User) -> list[Proposal]:
    """What waits for this person's review, the first due first; never what they proposed."""
    mine = Q(pk__in=[])
    for held in roles_of(user):
        role = Role.CHIEF if held.role in ORGANISERS else held.role
        mine |= Q(holder_role=role, holder_place__path__startswith=held.path)
    waiting = Proposal.objects.filter(mine, stage=Stage.SUBMITTED).exclude(proposer=user)
    return list(waiting.order_by("due_at", "pk")[:20])


def similar_to(proposal: Proposal) -> list[Proposal]:
    """Open proposals of the same place it might be merged into."""
    rows = Proposal.objects.filter(place=proposal.place, stage__in=(Stage.SUBMITTED, Stage.COSIGNING))
    return list(rows.exclude(pk=proposal.pk).order_by("-id")[:10])
