"""Bringing a proposal to a stage through the actions people use; each method walks on from where it stands."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from deliberation import actions as deliberation
from deliberation.models import Choice, Criterion, Decision, Meeting, Motion, MotionStage, PartyStudy
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.policy import calendar
from minshi.territory.models import Household, Territory
from proposals import actions as proposals
from proposals.models import Category, Kind, Proposal, Source, Stage


def a_picture() -> SimpleUploadedFile:
    """A small photo as a phone sends it."""
    out = BytesIO()
    Image.new("RGB", (60, 40), (200, 190, 180)).save(out, "JPEG")
    return SimpleUploadedFile("photo.jpg", out.getvalue(), "image/jpeg")


def wait_until_over(proposal: Proposal) -> None:
    """Move the clock past the present stage's due date and let what is due take effect."""
    proposal.refresh_from_db()
    assert proposal.due_at
    platform_clock.move(proposal.due_at - platform_clock.now() + timedelta(minutes=1))
    deadlines.sweep()
    proposal.refresh_from_db()


class Way:
    """The cast walking one proposal; fixtures are asked for by name only when they are needed."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.request = request
        request.getfixturevalue("clock")
        self.who("chief")
        self.who("clerk")

    def who(self, name: str) -> User:
        user: User = self.request.getfixturevalue(name)
        return user

    @property
    def yard(self) -> Territory:
        place: Territory = self.request.getfixturevalue("yard")
        return place

    @property
    def households(self) -> list[Household]:
        doors: list[Household] = self.request.getfixturevalue("households")
        return doors

    # --- proposals -----------------------------------------------------------------------------

    def submitted(self, **words: Any) -> Proposal:
        return proposals.submit(
            **{
                "place": self.yard,
                "title": "院里装一盏路灯",
                "kind": Kind.WORKS,
                "category": Category.SAFETY,
                "need": "晚上看不清路，老人容易摔跤",
                "plan": "在院门口装一盏太阳能路灯",
                "spot": "院门口",
                "cost_fen": 2_000_000,
                "shares": {Source.SUBSIDY: 1_200_000, Source.SELF_RAISED: 800_000},
                "keeper": "院落自管小组",
                "by": self.who("resident"),
                **words,
            }
        )

    def cosigning(self, **words: Any) -> Proposal:
        proposal = self.submitted(**words)
        proposals.pass_review(proposal, by=self.who("chief"), reason="确实需要")
        return proposal

    def cosigned(self, **words: Any) -> Proposal:
        proposal = self.cosigning(**words)
        for household in self.households[: proposals.cosigns_needed(proposal)]:
            proposals.cosign(proposal, household, by=self.who("chief"), channel="paper")
        proposal.refresh_from_db()
        assert proposal.stage == Stage.COSIGNED
        return proposal

    # --- deliberation --------------------------------------------------------------------------

    def voting(self, **words: Any) -> Proposal:
        proposal = self.cosigned(**words)
        deliberation.open_motion(proposal, by=self.who("clerk"))
        return proposal

    def consulting(self, **words: Any) -> Proposal:
        """Nine of the twelve households vote for it on paper, which two people enter."""
        proposal = self.voting(**words)
        self.vote_on_paper(proposal, agree=9)
        assert proposal.stage == Stage.CONSULTING
        return proposal

    def vote_on_paper(self, proposal: Proposal, *, agree: int, against: int = 0) -> Motion:
        """The running vote from its first sheet to its published result."""
        motion = proposal.motions.exclude(stage=MotionStage.PUBLISHED).get()
        choices = [Choice.AGREE] * agree + [Choice.AGAINST] * against
        papers = [
            deliberation.register_paper(
                unit, receipt_id=uuid4(), photo=a_picture(), choice=choice, by=self.who("chief")
            )
            for unit, choice in zip(motion.units.waiting(), choices, strict=False)
        ]
        self.to_counting(motion)
        for paper in papers:
            deliberation.confirm_paper(paper, paper.choice, by=self.who("clerk"))
        platform_clock.move(motion.publish_by - platform_clock.now())
        deadlines.sweep()
        proposal.refresh_from_db()
        motion.refresh_from_db()
        assert motion.stage == MotionStage.PUBLISHED
        return motion

    def to_counting(self, motion: Motion) -> None:
        platform_clock.move(motion.closes_at - platform_clock.now())
        deadlines.sweep()
        motion.refresh_from_db()

    def group(self, proposal: Proposal) -> list[User]:
        """Three residents run the consultation, later the project."""
        members = [self.who(name) for name in ("resident", "neighbour", "chief")]
        deliberation.choose_group(
            proposal, members=members, lead=members[0], how="院落会议上23户推选", by=self.who("clerk")
        )
        return members

    def announced_meeting(self, proposal: Proposal) -> Meeting:
        self.group(proposal)
        begins = calendar.period_end(platform_clock.now(), working_days=4)
        return deliberation.post_agenda(
            proposal,
            begins_at=begins,
            venue="院内凉亭",
            agenda="路灯装在哪里、钱怎么出、以后谁管",
            by=self.who("clerk"),
        )

    def recorded_meeting(self, proposal: Proposal) -> Meeting:
        meeting = self.announced_meeting(proposal)
        platform_clock.move(meeting.begins_at - platform_clock.now() + timedelta(hours=2))
        return deliberation.record_minutes(
            meeting,
            chair="丙楼长",
            expected=12,
            present=10,
            parties={"branch": "己书记", "committee": "丁社工", "residents": "院内住户"},
            minutes="大家看了方案，问了价钱，同意在院门口装一盏。",
            resolutions=[{"text": "按2万元的方案装一盏太阳能路灯", "agree": 9, "against": 1, "abstain": 0}],
            dissent="一户担心晚上太亮",
            by=self.who("clerk"),
        )

    def deciding(self, *, shares: dict[str, int] | None = None, **words: Any) -> Proposal:
        proposal = self.consulting(**words)
        meeting = self.recorded_meeting(proposal)
        given = shares or {Source.SUBSIDY: 1_200_000, Source.SELF_RAISED: 800_000}
        deliberation.agree_plan(
            meeting,
            resolution=meeting.resolutions.get(),
            text="在院门口装一盏太阳能路灯，晚上11点后调暗",
            cost_fen=sum(given.values()),
            shares=given,
            keeper="院落自管小组",
            by=self.who("clerk"),
        )
        proposal.refresh_from_db()
        return proposal

    def study(self, proposal: Proposal) -> PartyStudy:
        return deliberation.record_party_study(
            proposal,
            opinion="support",
            text="方案可行，同意提交集体决议",
            held_on=platform_clock.today(),
            sat="己书记等5人",
            by=self.who("party"),
        )

    def decide(self, proposal: Proposal, **words: Any) -> Decision:
        marks = dict.fromkeys(Criterion.values, (15, "有据可查"))
        facts = {"outcome": "approve", "tier": 2, "tier_reason": "需要街道补助"}
        decided = deliberation.decide(
            proposal,
            **{
                **facts,
                "marks": marks,
                "sat": "议事会成员7人",
                "reason": "大家同意，花钱不多",
                "by": self.who("party"),
                **words,
            },
        )
        proposal.refresh_from_db()
        return decided

    def announced(self, *, tier: int = 2, **words: Any) -> Proposal:
        proposal = self.deciding(**words)
        self.study(proposal)
        self.decide(proposal, tier=tier)
        assert proposal.stage == Stage.ANNOUNCED
        return proposal

    def handling(self, *, tier: int = 2, **words: Any) -> Proposal:
        proposal = self.announced(tier=tier, **words)
        wait_until_over(proposal)
        assert proposal.stage == Stage.HANDLING
        return proposal


@pytest.fixture
def way(request: pytest.FixtureRequest) -> Way:
    return Way(request)
