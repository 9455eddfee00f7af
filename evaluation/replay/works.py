"""Works: suppliers compared, the contract, the site's log, acceptance, and each payment by three people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from evaluation.replay import pictures
from evaluation.replay.people import STEMS
from evaluation.replay.projects import Project
from funding import actions as funding
from funding.models import CASH, Enquiry, MilestoneKind
from minshi import clock
from minshi.residents.models import Role
from minshi.residents.rules import person_of

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
            price_fen=project_price(project) * (100 + dearer) // 100,
            days=project.story.get("works_days", 30),
            warranty_months=12,
            by=project.member,
        )


def _suppliers(project: Project) -> list[str]:
    if "quotes" in project.story:
        return list(project.story["quotes"])
    return [f"演示商户{stem}" for stem in project.rng.sample(STEMS, len(DEARER))]


def project_price(project: Project) -> int:
    """In fen: what the story says, else all the cash of the plan."""
    cash = sum(fen for source, fen in project.shares.items() if source in CASH)
    return int(project.story["price"]) * 100 if "price" in project.story else cash


def award(project: Project) -> Iterator[datetime]:
    asked: Enquiry = project.proposal.enquiries.get(ended_at=None)
    yield project.on("award", after=asked.closes_at, days=0)
    funding.award(
        asked, asked.quotes.order_by("price_fen").first(), reason="价钱最低，做过别的院子，质保一年", by=project.member
    )
    yield from project.past_gate()


def sign(project: Project) -> Iterator[datetime]:
    yield project.on("sign")
    funding.sign(project.proposal, integrity=True, by=project.member)


def deliver(project: Project) -> Iterator[datetime]:
    """Start, the first payment, the log, and at the end the group asks for acceptance."""
    proposal, story = project.proposal, project.story
    yield project.on("start", days=2)
    contract = funding.start_work(proposal, by=project.member)
    started = clock.now()
    for given in proposal.in_kind.filter(confirmed_at=None).order_by("pk"):
        funding.confirm_in_kind(given, by=project.staff(Role.SUPERVISOR))
    paying = _pay(project, contract, MilestoneKind.START)
    yield next(paying)
    yield from paying
    for day, text, photos in story["logs"]:
        yield _that_day(project, started, day)
        if day == story["logs"][-2][0] and "change" in story:
            yield from _change(project, contract)
        funding.log(
            proposal,
            text=text,
            photos=[pictures.yard(project.rng.randrange(8)) for _photo in range(photos)],
            by=project.member,
        )
    yield max(project.on("finish", days=0.5), _that_day(project, started, story.get("works_days", 30)))
    funding.finish(proposal, by=project.member, reason="清单上的都做完了，请验收")
