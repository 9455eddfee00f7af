"""A project's story: who is in it, when its steps happen, and its way from the proposal to the accepted handling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from evaluation.replay import pictures
from evaluation.replay.people import Register, Yard
from minshi import clock
from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.policy import calendar
from minshi.residents.models import OFFICES, Role
from minshi.territory.models import Household, Territory
from proposals import actions as proposals
from proposals.lifecycle import LEVELS
from proposals.models import Proposal, Stage, Wish


@dataclass
class Project:
    """One story of the files while it is being walked. ``today`` is the midnight with which the real day began."""

    story: dict[str, Any]
    yard: Yard
    chief: User
    staff: Callable[[str], User]
    today: datetime
    wishes: dict[str, Wish]
    rng: Random = field(default_factory=Random)
    proposal: Proposal = field(default_factory=Proposal)

    @classmethod
    def of(cls, story: dict[str, Any], register: Register, today: datetime, wishes: dict[str, Wish]) -> Project:
        yard = register.yards[story["yard"]]
        chief = register.chiefs[yard.place.code]
        if building := story.get("building"):
            yard = yard.within(yard.buildings[building - 1])
        offices = {level: register.office(yard.place, level) for level in OFFICES}
        return cls(
            story,
            yard,
            chief,
            lambda role: offices[LEVELS[role]].staff[role],
            today,
            wishes,
            Random(story["key"]),
        )

    # --- Who -----------------------------------------------------------------------------------

    @property
    def proposer(self) -> User:
        """A resident, the first if the story names none; or the clerk where a wish on paper became the proposal."""
        return self.staff(Role.CLERK) if "wish" in self.story else self.yard.residents[self.story.get("proposer", 0)]

    @property
    def group(self) -> list[User]:
        return self.yard.residents[:3]

    @property
    def member(self) -> User:
        """Who acts for the group: not the proposer, who may have no hand in the money."""
        return self.yard.residents[2]

    @property
    def households(self) -> list[Household]:
        return self.yard.households

    # --- When ----------------------------------------------------------------------------------

    def on(self, step: str, *, days: float = 1, after: datetime | None = None, office: bool = True) -> datetime:
        """When ``step`` happens: on the day that the story names, else so many days after ``after`` (now).

        Offices act on working days, unless the story names the day.
        """
        earliest = after or clock.now()
        day = self._named_day(step)
        if day is None:
            day = (earliest + timedelta(days=days)).astimezone(clock.CHINA).date()
            while office and not calendar.is_working(day):
                day += timedelta(days=1)
        hour = self.rng.randrange(9, 17) if office else self.rng.randrange(8, 21)
        moment = clock.midnight(day) + timedelta(hours=hour, minutes=self.rng.randrange(60))
        return moment if moment > earliest else earliest + timedelta(minutes=self.rng.randrange(10, 90))

    def _named_day(self, step: str) -> date | None:
        """What the story says: so many days, or working days, before today."""
        if step in self.story["days"]:
            return self.today.date() - timedelta(days=self.story["days"][step])
        if step in self.story.get("working_days", {}):
            return calendar.add_working_days(self.today.date(), -self.story["working_days"][step])
        return None

    def a_number(self) -> UUID:
        """What a browser makes up for a receipt."""
        return UUID(int=self.rng.getrandbits(128), version=4)

    # --- Where it stands -----------------------------------------------------------------------

    def stands(self, *stages: str) -> bool:
        self.proposal.refresh_from_db()
        return self.proposal.stage in stages

    def past(self, stage: str) -> Iterator[datetime]:
        """Wait until time has taken it out of ``stage``: a notice's end, the end of a window."""
        while self.stands(stage) and (wakes := deadlines.next_due(self.proposal)):
            yield wakes + timedelta(minutes=1)

    def past_gate(self) -> Iterator[datetime]:
        """Wait until the notice that the next step waits for has passed."""
        self.proposal.refresh_from_db()
        while self.proposal.gate_notice and (self.proposal.gate_notice.what_blocks()):
            yield max(self.proposal.gate_notice.ends_at, clock.now() + timedelta(days=1)) + timedelta(minutes=1)
            self.proposal.refresh_from_db()

    @property
    def cost_fen(self) -> int:
        """Stated by the story, else the sum of its shares; a proposal that asks for no money costs nothing."""
        return int(self.story.get("cost", sum(self.story["shares"].values()))) * 100

    @property
    def shares(self) -> dict[str, int]:
        return {source: yuan * 100 for source, yuan in self.story["shares"].items()}

    @property
    def place(self) -> Territory:
        return self.yard.place


# --- Proposals: from the proposal to the handling -------------------------------------------------


def propose(project: Project) -> Iterator[datetime]:
    yield project.on("submit", office=False)
    story = project.story
    project.proposal = proposals.submit(
        place=project.place,
        title=story["title"],
        kind=story["kind"],
        category=story["category"],
        need=story["need"],
        plan=story["plan"],
        spot=story["spot"],
        cost_fen=project.cost_fen,
        shares=project.shares,
        keeper=story["keeper"],
        people=story.get("people"),
        touches_common_parts=story.get("common_parts", False),
        wish=project.wishes.get(story.get("wish", "")),
        photos=[pictures.yard(project.rng.randrange(8)) for _photo in range(story.get("photos", 0))],
        is_demo=True,
        by=project.proposer,
    )


def review(project: Project) -> Iterator[datetime]:
    yield project.on("review", office=False)
    verdict, reason = project.story.get("review", ["pass", "情况属实，邻居们也说过几次"])
    verdicts = {
        "pass": proposals.pass_review,
        "return": proposals.return_for_revision,
        "decline": proposals.decline,
    }
    verdicts[verdict](project.proposal, by=project.chief, reason=reason)


def cosign(project: Project) -> Iterator[datetime]:
    """Those with a phone sign themselves, the others on a list that is read by two; in two evenings."""
    needed = proposals.cosigns_needed(project.proposal)
    doors = project.households[: project.story.get("cosigns", needed)]
    for signing in (doors[: (len(doors) + 1) // 2], doors[(len(doors) + 1) // 2 :]):
        if signing:
            yield project.on("cosign", office=False)
        users = {door: project.yard.users.get(door.pk) for door in signing}
        for door, user in users.items():
            if user:
                proposals.cosign(project.proposal, door, by=user)
        if on_paper := [(door, None) for door, user in users.items() if not user]:
            sheet = proposals.cosign_on_paper(project.proposal, on_paper, photo=pictures.sheet(), by=project.chief)
            proposals.read_list(sheet, on_paper, by=project.staff(Role.CLERK))


def handle(project: Project) -> Iterator[datetime]:
    """The notice passes by time; then its holder takes it on, or sends it up with a reason."""
    yield from project.past(Stage.ANNOUNCED)
    for verb, reason, *office in project.story.get("handle", [["accept", "方案清楚，先编资金方案，再请居民小组比选"]]):
        yield project.on("handle", days=2)
        holder = project.staff(project.proposal.holder_role)
        if verb == "escalate":
            proposals.escalate(project.proposal, by=holder, reason=reason)
        elif verb == "take_lead":
            proposals.take_lead(project.proposal, office=office[0], reason=reason, by=holder)
        else:
            proposals.accept_handling(project.proposal, by=holder, reason=reason)
