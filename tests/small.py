"""Small and odd projects walked like any other: two doors that are the whole group, a place with few posts filled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar
from uuid import uuid4

import pytest

from deliberation import actions as deliberation
from deliberation.models import Choice, Motion, MotionStage, waiting
from funding import actions as funding
from funding.models import Group
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.paper.models import Sheet
from minshi.residents.models import Person, Role
from minshi.territory.models import Household
from proposals import actions as proposals
from proposals.models import Proposal, Source
from tests.cast import home_of, make_resident, make_staff
from tests.way import Way, a_picture


class Small(Way):
    """Two doors benefit: the proposer's and the neighbour's; both of them are the working and the project group."""

    @property
    def doors(self) -> list[Household]:
        return self.households[:2]

    def submitted(self, **words: Any) -> Proposal:
        return super().submitted(**{"doors": self.doors, **words})

    def group(self, proposal: Proposal) -> list[User]:
        members = [self.who("resident"), self.who("neighbour")]
        deliberation.choose_group(proposal, members=members, lead=members[0], how="两户都参加", by=self.who("clerk"))
        return members

    def project_group(self, proposal: Proposal, number: int = 2) -> Group:
        people = list(Person.objects.filter(user__in=[self.who("resident"), self.who("neighbour")]).order_by("pk"))
        return funding.form_group(proposal, people, lead=people[0], how="两户都参加", by=self.who("clerk"))

    def covered(self, *, tier: int = 2, **words: Any) -> Proposal:
        proposal = self.raising(tier=tier, **words)
        amounts = self.planned(proposal).amounts()
        if amounts.get(Source.SUBSIDY):
            self.granted(proposal)
        for number, door in enumerate(self.doors, start=1):
            if amounts.get(Source.SELF_RAISED):
                self.given(proposal, door, amounts[Source.SELF_RAISED] // 2, f"收据{proposal.pk}-{number}")
        return proposal

    def delivering(self, **words: Any) -> Proposal:
        proposal = self.awarded(**words)
        self.past_the_gate(proposal)
        funding.sign(proposal, integrity=True, file=a_picture(), by=self.who("party"))
        funding.start_work(proposal, by=self.who("neighbour"))
        return proposal

    def accepting(self, **words: Any) -> Proposal:
        proposal = self.delivering(**words)
        funding.log(proposal, text="装好了", by=self.who("neighbour"))
        funding.finish(proposal, by=self.who("neighbour"))
        return proposal

    def panel(self) -> list[tuple[Person, str]]:
        """Three who live in the yard and do not benefit, a supervisor, and one of the group as somebody else."""
        neighbours = [(person, "resident") for person in self.neighbours(3, first=4)]
        sits = [(Person.objects.get(user=self.who("supervisor")), "supervisor")]
        return [*neighbours, *sits, (Person.objects.get(user=self.who("neighbour")), "other")]

    def raters(self) -> list[User]:
        return [self.who("resident"), self.who("neighbour")]

    def past_the_gate(self, proposal: Proposal) -> None:
        assert proposal.gate_notice
        platform_clock.move(proposal.gate_notice.ends_at - platform_clock.now() + timedelta(minutes=1))


class Vacant(Way):
    """No chief or other organiser, no Party branch, no supervisors: whoever is next acts, and never the same twice.

    ``who`` names the posts by what they do in the walk; whoever the place lacks is somebody of the street.
    """

    ACTS: ClassVar[dict[str, str]] = {"chief": "clerk", "party": "approver", "supervisor": "second_officer"}

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.request = request
        request.getfixturevalue("clock")
        for name in ("clerk", "case_officer", "approver", "cashier", "district_officer", "district_finance"):
            request.getfixturevalue(name)
        make_staff("case2", "申经办", Role.CASE_OFFICER, request.getfixturevalue("street"))

    def who(self, name: str) -> User:
        name = self.ACTS.get(name, name)
        if name == "second_officer":
            return User.objects.get(username="case2")
        return super().who(name)

    def sign_on_paper(self, proposal: Proposal, doors: Sequence[Household]) -> Sheet:
        """The clerk takes the list in; nobody else takes lists in there, so the street reads it again."""
        signed = [(door, None) for door in doors]
        sheet = proposals.cosign_on_paper(proposal, signed, photo=a_picture(), by=self.who("clerk"))
        proposals.read_list(sheet, signed, by=self.who("case_officer"))
        proposal.refresh_from_db()
        return sheet

    def vote_on_paper(self, proposal: Proposal, *, agree: int, against: int = 0) -> Motion:
        motion = proposal.motions.exclude(stage=MotionStage.PUBLISHED).get()
        papers = [
            deliberation.register_paper(
                unit, receipt_id=uuid4(), photo=a_picture(), choice=Choice.AGREE, by=self.who("clerk")
            )
            for unit in waiting(motion.roll)[:agree]
        ]
        self.to_counting(motion)
        for paper in papers:
            deliberation.confirm_paper(paper, paper.choice, by=self.who("case_officer"))
        platform_clock.move(motion.publish_by - platform_clock.now())
        deadlines.sweep()
        proposal.refresh_from_db()
        return motion

    def residents(self) -> list[Person]:
        return [Person.objects.get(user=self.who(name)) for name in ("resident", "neighbour")] + self.neighbours(1)

    def raters(self) -> list[User]:
        known = {home_of(self.who(name)).household_id: self.who(name) for name in ("resident", "neighbour")}
        for door in self.households:
            settled = Person.objects.settled().filter(home__household=door, user__isnull=False).first()
            known.setdefault(door.pk, settled.user if settled and settled.user else make_resident("住户", door))
        return [known[door.pk] for door in self.households]

    def group(self, proposal: Proposal) -> list[User]:
        members = [person.user for person in self.residents() if person.user]
        deliberation.choose_group(proposal, members=members, lead=members[0], how="院里推选", by=self.who("clerk"))
        return members

    def project_group(self, proposal: Proposal, number: int = 3) -> Group:
        people = self.residents()
        return funding.form_group(proposal, people, lead=people[0], how="院里推选", by=self.who("clerk"))
