"""Money: pots, plans, promises and what arrived, grants, the funding notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from evaluation.replay import facts, pictures
from evaluation.replay.people import Office, Register
from evaluation.replay.projects import Project
from funding import actions as funding
from funding.actions.plans import LEVEL_OF
from funding.models import Pledge, Pot
from funding.shares import split
from minshi import clock
from minshi.residents.models import Role
from minshi.territory.models import Household, Territory
from proposals.models import PUBLIC, Source, Stage

VISITS = 3
"""Promises and vouchers come in so many bundles."""


def open_pots(register: Register, begin: datetime) -> Iterator[datetime]:
    """The year's pots of streets and district, filled by two people each."""
    yield begin + timedelta(hours=9)
    for spec in facts.made_up()["pots"]:
        keeper, other = _keepers(office := register.offices[spec["place"]])
        year = clock.today().year
        pot = funding.open_pot(
            place=office.place, year=year, title=spec["title"], document=f"演示发〔{year}〕1号", by=other
        )
        funding.confirm_allocation(
            funding.allocate(pot, amount_fen=spec["yuan"] * 100, document=f"演示财〔{year}〕3号", by=keeper), by=other
        )


def _keepers(office: Office) -> tuple[Any, Any]:
    if Role.CASHIER in office.staff:
        return office.staff[Role.CASHIER], office.staff[Role.APPROVER]
    return office.staff[Role.DISTRICT_FINANCE], office.staff[Role.DISTRICT_OFFICER]


def draw_up(project: Project) -> Iterator[datetime]:
    yield project.on("draw_up", days=2)
    funding.draw_up(project.proposal, project.shares, by=project.staff(Role.CLERK))


def pledge(project: Project) -> Iterator[datetime]:
    """Neighbours promise of their own will, units agree, some give their hands; in a few evenings."""
    clerk, proposal = project.staff(Role.CLERK), project.proposal
    yield project.on("pledge", office=False)
    for name, yuan in project.story.get("sponsors", []):
        funding.add_sponsor(proposal, name=name, agreement="演示赞助协议", promised_fen=yuan * 100, by=clerk)
    for who, what, yuan, hours in project.story.get("in_kind", []):
        funding.record_in_kind(
            proposal,
            who=who,
            what=what,
            value_fen=yuan * 100,
            hours=Decimal(hours) if hours else None,
            by=project.chief,
        )
    promises = _promises(project)
    size = -(-len(promises) // VISITS) or 1
    for start in range(0, len(promises), size):
        for household, yuan in promises[start : start + size]:
            _promise(project, household, yuan * 100)
        yield project.on("more_pledges", office=False)


def _promises(project: Project) -> list[tuple[Household, int]]:
    """Tens of yuan that make up what the plan says is self-raised (or what the story says has come in so far)."""
    spec = project.story.get("pledges")
    if spec is None:
        return []
    total = spec.get("yuan", project.story["shares"][Source.SELF_RAISED])
    doors = sorted(project.rng.sample(range(len(project.households)), spec["households"]))
    weights = {door: project.rng.choice((4, 5, 5, 8, 10, 10, 15, 20)) for door in doors}
    return [(project.households[door], 10 * tens) for door, tens in split(total // 10, weights).items()]


def _promise(project: Project, household: Household, fen: int) -> Pledge:
    user = project.yard.users.get(household.pk)
    if user:
        names = project.rng.random() < 0.3
        return funding.pledge(project.proposal, household, amount_fen=fen, publishes_name=names, by=user)
    promised = funding.pledge_on_paper(
        project.proposal, household, amount_fen=fen, photo=pictures.sheet(), by=project.chief
    )
    return funding.read_pledge(promised, amount_fen=fen, publishes_name=False, by=project.staff(Role.CLERK))


def ask(project: Project) -> Iterator[datetime]:
    """Offices are asked for their part, each answer by another person; meanwhile the promised money comes in."""
    yield project.on("ask")
    plan = project.shares
    for source in PUBLIC:
        if plan.get(source):
            yield from _grant(project, source)
    yield from _receive(project)


def _grant(project: Project, source: str) -> Iterator[datetime]:
    place = project.place.ancestors().get(level=LEVEL_OF[Source(source)])
    grant = funding.ask(project.proposal, source, _pot_of_the_year(place), by=project.staff(Role.CLERK))
    yield project.on("examine")
    yield project.on("approve", days=0)
    if grant.pot.year != clock.today().year:  # the year ended meanwhile
        clerk = project.staff(Role.CLERK)
        funding.withdraw(grant, by=clerk, reason="跨了年度，从今年的资金池重新申请")
        grant = funding.ask(project.proposal, source, _pot_of_the_year(place), by=clerk)
    funding.examine(grant, by=project.staff(Role.CASE_OFFICER), reason="预算有依据，不在负面清单，没有拆分")
    funding.approve(grant, by=project.staff(Role.APPROVER), reason="符合街道补助范围")
    if grant.needs_district:
        yield project.on("district", days=2)
        funding.decide(grant, by=project.staff(Role.DISTRICT_OFFICER), reason="跨院落，区里统筹支持")


def _pot_of_the_year(place: Territory) -> Pot:
    """A pot belongs to its year: what last year's left is carried over by two."""
    year = clock.today().year
    if found := Pot.objects.filter(place=place, year=year).first():
        return found
    last = Pot.objects.filter(place=place).latest("year")
    filled = last.allocations.get()
    keeper, other = filled.recorded_by, filled.confirmed_by
    assert other
    pot = funding.open_pot(place=place, year=year, title=last.title, document=f"演示发〔{year}〕1号", by=other)
    carried = funding.carry_over(
        last, pot, amount_fen=last.account.balance_fen, document=f"演示结转〔{year}〕1号", by=keeper
    )
    funding.confirm_carry_over(carried, by=other)
    return pot


def _receive(project: Project) -> Iterator[datetime]:
    """The clerk writes down each voucher, the supervisor has seen it by the next working day."""
    proposal, clerk = project.proposal, project.staff(Role.CLERK)
    givers: list[dict[str, Any]] = [
        {"household": promised.household, "amount_fen": promised.amount_fen}
        for promised in proposal.pledges.filter(withdrawn_at=None).select_related("household").order_by("ordinal")
    ]
    givers += [{"sponsor": unit, "amount_fen": unit.promised_fen} for unit in proposal.sponsors.order_by("pk")]
    size = -(-len(givers) // VISITS) or 1
    vouchers = count(1)
    for start in range(0, len(givers), size):
        yield project.on("receive")
        arrived = [
            funding.record_contribution(
                proposal,
                voucher=f"演收{proposal.number}-{next(vouchers):03d}",
                photo=pictures.sheet(),
                by=clerk,
                **giver,
            )
            for giver in givers[start : start + size]
        ]
        yield project.on("confirm", days=0.1)
        for given in arrived:
            funding.confirm_contribution(given, by=project.staff(Role.SUPERVISOR))


def announce(project: Project) -> Iterator[datetime]:
    """Covered: the funding notice, whose end opens the comparison of suppliers."""
    yield project.on("announce")
    funding.announce_funding(project.proposal, by=project.staff(Role.CLERK))
    yield from project.past(Stage.FUNDED)
