"""Works: suppliers compared, the contract, the site's log, acceptance, and each payment by three people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from evaluation.replay import pictures
from evaluation.replay.people import STEMS
from evaluation.replay.projects import Project
from evaluation.replay.timeline import together
from funding import actions as funding
from funding.models import Contract, Enquiry, MilestoneKind, Side
from minshi import clock
from minshi.residents.models import Role
from minshi.residents.rules import person_of
from proposals.models import CASH

DEARER = (0, 6, 11)
"""By how many percent the second and third quote lie above the first."""


def enquiry(project: Project) -> Iterator[datetime]:
    """The residents' group is formed and asks for quotes."""
    yield project.on("form_group")
    people = [person for user in project.group if (person := person_of(user))]
    funding.form_group(
        project.proposal, people, lead=people[0], how="议事会上推选，张榜三天", by=project.staff(Role.CLERK)
    )
    yield project.on("enquiry")
    asked = funding.open_enquiry(
        project.proposal, needs=project.story.get("needs", project.story["plan"]), by=project.member
    )
    for name, dearer in zip(_suppliers(project), DEARER, strict=True):
        yield project.on("quote", days=0.6)
        funding.add_quote(
            asked,
            supplier=name,
            price_fen=_price(project) * (100 + dearer) // 100,
            days=project.story.get("works_days", 30),
            warranty_months=12,
            file=pictures.sheet(),
            by=project.staff(Role.CLERK),
        )


def _suppliers(project: Project) -> list[str]:
    if "quotes" in project.story:
        return list(project.story["quotes"])
    return [f"演示商户{stem}" for stem in project.rng.sample(STEMS, len(DEARER))]


def _price(project: Project) -> int:
    """In fen: what the story says, else all the cash of the plan."""
    cash = sum(fen for source, fen in project.shares.items() if source in CASH)
    return int(project.story["price"]) * 100 if "price" in project.story else cash


def award(project: Project) -> Iterator[datetime]:
    asked: Enquiry = project.proposal.enquiries.get(ended_at=None)
    yield project.on("award", after=asked.closes_at, days=0)
    cheapest = asked.quotes.order_by("price_fen")[0]
    funding.award(asked, cheapest, reason="价钱最低，做过别的院子，质保一年", by=project.member)
    yield from project.past_gate()


def sign(project: Project) -> Iterator[datetime]:
    yield project.on("sign")
    funding.sign(project.proposal, integrity=True, file=pictures.sheet(), by=project.member)


def deliver(project: Project) -> Iterator[datetime]:
    """Start, first payment and log side by side; at the end the group asks for acceptance."""
    proposal = project.proposal
    yield project.on("start", days=2)
    contract = funding.start_work(proposal, by=project.member)
    started = clock.now()
    for given in proposal.in_kind.filter(confirmed_at=None).order_by("pk"):
        funding.confirm_in_kind(given, by=project.staff(Role.SUPERVISOR))
    yield from together(pay(project, contract, MilestoneKind.START), _log(project, contract, started))
    if "finish" in project.story.get("working_days", {}):
        yield project.on("finish")
    else:
        yield started + timedelta(days=project.story.get("works_days", 30))
    funding.finish(proposal, by=project.member, reason="清单上的都做完了，请验收")


def _log(project: Project, contract: Contract, started: datetime) -> Iterator[datetime]:
    """``logs``: (days after the start, what was done, how many photos)."""
    entries = project.story["logs"]
    for number, (days, text, photos) in enumerate(entries):
        yield started + timedelta(days=days, minutes=project.rng.randrange(-50, 50))
        if "change" in project.story and number == len(entries) - 1:
            yield from _change(project, contract)
        funding.log(
            project.proposal,
            text=text,
            photos=[pictures.yard(project.rng.randrange(8)) for _photo in range(photos)],
            by=project.member,
        )


def _change(project: Project, contract: Contract) -> Iterator[datetime]:
    """Within a tenth of the price; the street decides."""
    yuan, what, reason = project.story["change"]
    change = funding.ask_change(project.proposal, what=what, reason=reason, new_price_fen=yuan * 100, by=project.member)
    yield project.on("change")
    funding.approve_change(change, by=project.staff(Role.CASE_OFFICER), reason="确有需要，没有超出资金方案")


def pay(project: Project, contract: Contract, kind: str) -> Iterator[datetime]:
    """Asked by the clerk, approved by the street (at tier 1 by the branch), paid by the street's finance office."""
    approver = Role.PARTY if project.proposal.tier == 1 else Role.APPROVER
    yield project.on(f"ask_{kind}")
    payment = funding.ask_payment(
        contract.milestones.get(kind=kind),
        invoice=f"演票{project.proposal.number}{kind[0].upper()}",
        file=pictures.sheet(),
        by=project.staff(Role.CLERK),
    )
    yield project.on(f"approve_{kind}")
    funding.approve_payment(payment, by=project.staff(approver), reason="发票与合同一致")
    yield project.on(f"pay_{kind}")
    funding.pay(payment, voucher=f"演付{project.proposal.number}{kind[0].upper()}", by=project.staff(Role.CASHIER))


def accept(project: Project) -> Iterator[datetime]:
    """The panel looks at each item; when its notice has passed, the second part is paid."""
    yield project.on("accept")
    doors = project.households[3:7]
    panel = [(project.yard.person(door), Side.RESIDENT) for door in doors]
    supervisor = person_of(project.staff(Role.SUPERVISOR))
    assert supervisor
    funding.accept_work(
        project.proposal,
        panel=[*panel, (supervisor, Side.SUPERVISOR)],
        items=[(text, True, note) for text, note in project.story["items"]],
        opinion="逐项看过，都合格，同意验收。",
        by=project.staff(Role.SUPERVISOR),
    )
    yield from project.past_gate()


def pay_accepted(project: Project) -> Iterator[datetime]:
    contract: Contract = project.proposal.contracts.get(ended_at=None)
    return pay(project, contract, MilestoneKind.ACCEPTANCE)
