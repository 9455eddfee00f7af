"""Bringing a proposal to a stage through the actions people use; each method walks on from where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import wraps
from inspect import signature
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from deliberation import actions as deliberation
from deliberation.models import Choice, Criterion, Decision, Meeting, Motion, MotionStage, PartyStudy, waiting
from evaluation.actions import accounts, aftercare, archive, surveys
from evaluation.models import Survey
from funding import actions as funding
from funding.models import Contribution, Ending, Enquiry, Grant, Group, Milestone, Payment, Pot
from funding.models import Plan as FundingPlan
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.paper.models import Sheet
from minshi.policy import calendar
from minshi.residents.models import Person
from minshi.territory.actions import add_households
from minshi.territory.models import Household, Territory
from proposals import actions as proposals
from proposals.models import SOURCES, Category, Kind, Proposal, Source, Stage
from tests.cast import fresh, home_of, make_resident


def a_picture(red: int = 200) -> SimpleUploadedFile:
    """A small photo as a phone sends it; of another ``red`` it is another one."""
    out = BytesIO()
    Image.new("RGB", (60, 40), (red, 190, 180)).save(out, "JPEG")
    return SimpleUploadedFile("photo.jpg", out.getvalue(), "image/jpeg")


def wait_until_over(proposal: Proposal) -> None:
    """Move the clock past the present stage's due date, when it is late to the next look, and let it take effect."""
    proposal.refresh_from_db()
    row = Deadline.objects.of(proposal).open().get(kind=f"stage:{proposal.stage}")
    platform_clock.move((row.wakes_at or row.due) - platform_clock.now() + timedelta(minutes=1))
    deadlines.sweep()
    proposal.refresh_from_db()


AFTER: dict[str, str] = {}
"""Which stage each goes on from, in the order in which a walk comes by them."""
STOOD = pytest.StashKey[tuple[str, Any]]()
"""At which stage the walk before a test stands, and what it gave (tests/walked.py)."""


def stage(*, after: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A walk from nothing to a stage. Asked for the usual one, it goes on from where the test found it standing."""

    def decorate(walk: Callable[..., Any]) -> Callable[..., Any]:
        AFTER[walk.__name__] = after
        usual = {name: each.default for name, each in signature(walk).parameters.items()}

        @wraps(walk)
        def walked(self: Way, **words: Any) -> Any:
            at, found = self.stands
            if at != walk.__name__ or any(usual.get(name) != word for name, word in words.items()):
                return walk(self, **words)
            self.stands = "", None  # who asks again wants another
            return fresh(found)

        return walked

    return decorate


class Way:
    """The cast walking one proposal; fixtures are asked for by name only when they are needed."""

    stands: tuple[str, Any] = ("", None)

    def __init__(self, request: Any, stands: tuple[str, Any] = ("", None)) -> None:
        self.request = request
        self.stands = stands
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

    @stage()
    def submitted(self, *, households: int = 0, **words: Any) -> Proposal:
        """``households``: so many doors benefit; those that the yard lacks are built, and stand empty."""
        if households:
            there = Household.objects.filter(place__path__startswith=self.yard.path).count()
            addresses = [f"9{door:04}" for door in range(there, households)]
            add_households(place=self.households[0].place, addresses=addresses, by=None)
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

    @stage(after="submitted")
    def cosigning(self, **words: Any) -> Proposal:
        proposal = self.submitted(**words)
        proposals.pass_review(proposal, by=self.who("chief"), reason="确实需要")
        return proposal

    @stage(after="cosigning")
    def cosigned(self, **words: Any) -> Proposal:
        proposal = self.cosigning(**words)
        self.sign_on_paper(proposal, self.households[: proposals.cosigns_needed(proposal)])
        proposal.refresh_from_db()
        assert proposal.stage == Stage.COSIGNED
        return proposal

    def sign_on_paper(self, proposal: Proposal, doors: Sequence[Household]) -> Sheet:
        """A signed list that the chief registers and the clerk reads alike."""
        signed = [(door, None) for door in doors]
        sheet = proposals.cosign_on_paper(proposal, signed, photo=a_picture(), by=self.who("chief"))
        proposals.read_list(sheet, signed, by=self.who("clerk"))
        proposal.refresh_from_db()
        return sheet

    # --- deliberation --------------------------------------------------------------------------

    @stage(after="cosigned")
    def voting(self, **words: Any) -> Proposal:
        proposal = self.cosigned(**words)
        deliberation.open_motion(proposal, by=self.who("clerk"))
        return proposal

    @stage(after="voting")
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
            for unit, choice in zip(waiting(motion.roll), choices, strict=False)
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

    @stage(after="consulting")
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

    @stage(after="deciding")
    def announced(self, *, tier: int = 2, **words: Any) -> Proposal:
        proposal = self.deciding(**words)
        self.study(proposal)
        self.decide(proposal, tier=tier)
        assert proposal.stage == Stage.ANNOUNCED
        return proposal

    @stage(after="announced")
    def handling(self, *, tier: int = 2, **words: Any) -> Proposal:
        proposal = self.announced(tier=tier, **words)
        wait_until_over(proposal)
        assert proposal.stage == Stage.HANDLING
        return proposal

    # --- funding -------------------------------------------------------------------------------

    def neighbours(self, number: int, first: int = 3) -> list[Person]:
        """Confirmed residents behind the doors from ``first`` on, made when they are not there yet."""
        doors = self.households[first : first + number]
        return [
            Person.objects.settled().filter(home__household=door).first()
            or Person.objects.get(user=make_resident(f"邻居{first + index}", door, represents=True))
            for index, door in enumerate(doors)
        ]

    @stage(after="handling")
    def raising(self, *, tier: int = 2, **words: Any) -> Proposal:
        if tier == 1:
            words.setdefault("shares", {Source.SELF_RAISED: 2_000_000})
        proposal = self.handling(tier=tier, **words)
        holder = {1: "clerk", 2: "case_officer", 3: "district_officer"}[tier]
        proposals.accept_handling(proposal, by=self.who(holder), reason="资金落实后由项目小组实施")
        return proposal

    def pot(self, fen: int = 10_000_000, *, level: str = "street") -> Pot:
        """A pot of this level with money in it."""
        place: Territory = self.request.getfixturevalue(level)
        keepers = ("cashier", "approver") if level == "street" else ("district_finance", "district_officer")
        year = platform_clock.today().year
        found = Pot.objects.filter(place=place, year=year).first()
        pot = found or funding.open_pot(
            place=place, year=year, title="民生小实事资金", document=f"文〔{year}〕1号", by=self.who(keepers[0])
        )
        allocation = funding.allocate(
            pot, amount_fen=fen, document=f"拨〔2026〕{pot.allocations.count() + 1}号", by=self.who(keepers[0])
        )
        funding.confirm_allocation(allocation, by=self.who(keepers[1]))
        return pot

    def planned(self, proposal: Proposal, lines: dict[str, int] | None = None) -> FundingPlan:
        return funding.draw_up(proposal, lines or proposal.version.shares, by=self.who("clerk"))

    def asked(self, proposal: Proposal, source: str = Source.SUBSIDY) -> Grant:
        """The office is asked for its line, from a pot that has enough."""
        plan = FundingPlan.objects.filter(proposal=proposal).latest("number")
        level = SOURCES[Source(source)].office
        pot = self.pot(plan.amounts()[source], level=level)
        return funding.ask(proposal, source, pot, by=self.who("clerk"), reason="按商定的方案申请")

    def granted(self, proposal: Proposal, source: str = Source.SUBSIDY) -> Grant:
        grant = self.asked(proposal, source)
        funding.examine(grant, by=self.who("case_officer"), reason="预算合理，不属负面清单")
        funding.approve(grant, by=self.who("approver"), reason="同意")
        if grant.needs_district:
            funding.decide(grant, by=self.who("district_officer"), reason="同意")
        return grant

    def given(self, proposal: Proposal, household: Household, fen: int, voucher: str) -> Contribution:
        """A household's money, recorded by the clerk and confirmed by a supervisor."""
        given = funding.record_contribution(
            proposal, household=household, amount_fen=fen, voucher=voucher, photo=a_picture(), by=self.who("clerk")
        )
        funding.confirm_contribution(given, by=self.who("supervisor"))
        return given

    @stage(after="raising")
    def covered(self, *, tier: int = 2, **words: Any) -> Proposal:
        """Plan, grants, and the self-raised money of four households."""
        proposal = self.raising(tier=tier, **words)
        amounts = self.planned(proposal).amounts()
        for source in (Source.SUBSIDY, Source.DISTRICT):
            if amounts.get(source):
                self.granted(proposal, source)
        for number, household in enumerate(self.households[:4]):
            if amounts.get(Source.SELF_RAISED):
                self.given(proposal, household, amounts[Source.SELF_RAISED] // 4, f"收据{proposal.pk}-{number + 1:03d}")
        return proposal

    @stage(after="covered")
    def funded(self, **words: Any) -> Proposal:
        proposal = self.covered(**words)
        funding.announce_funding(proposal, by=self.who("clerk"))
        return proposal

    @stage(after="funded")
    def procuring(self, **words: Any) -> Proposal:
        proposal = self.funded(**words)
        wait_until_over(proposal)
        assert proposal.stage == Stage.PROCURING
        return proposal

    def project_group(self, proposal: Proposal, number: int = 3) -> Group:
        """The chief leads it; neighbours join."""
        lead = Person.objects.get(user=self.who("chief"))
        people = [lead, *self.neighbours(number - 1)]
        return funding.form_group(proposal, people, lead=lead, how="议事会推选", by=self.who("clerk"))

    def quoted(self, proposal: Proposal, *prices: int) -> Enquiry:
        """A group, an enquiry, quotes (by default three), and the days for quoting over."""
        self.project_group(proposal)
        enquiry = funding.open_enquiry(proposal, needs="太阳能路灯一盏，含安装", by=self.who("clerk"))
        for number, fen in enumerate(prices or (1_900_000, 1_850_000, 1_990_000)):
            funding.add_quote(
                enquiry,
                supplier=f"第{number + 1}电器行",
                price_fen=fen,
                days=20,
                warranty_months=12,
                file=a_picture(),
                by=self.who("clerk"),
            )
        platform_clock.move(enquiry.closes_at - platform_clock.now() + timedelta(minutes=1))
        return enquiry

    @stage(after="procuring")
    def awarded(self, **words: Any) -> Proposal:
        return self.choose(self.procuring(**words))

    def choose(self, proposal: Proposal) -> Proposal:
        """The group takes the cheapest of three."""
        enquiry = self.quoted(proposal)
        quote = enquiry.quotes.first()
        assert quote
        funding.award(enquiry, quote, reason="价低，质保一年", by=self.who("party"))
        proposal.refresh_from_db()
        return proposal

    def award_from(self, proposal: Proposal) -> Proposal:
        """From the announced funding to where a contract can be signed."""
        wait_until_over(proposal)
        self.choose(proposal)
        assert proposal.gate_notice
        platform_clock.move(proposal.gate_notice.ends_at - platform_clock.now() + timedelta(minutes=1))
        return proposal

    @stage(after="awarded")
    def delivering(self, **words: Any) -> Proposal:
        """Signed and started."""
        proposal = self.awarded(**words)
        assert proposal.gate_notice
        platform_clock.move(proposal.gate_notice.ends_at - platform_clock.now() + timedelta(minutes=1))
        funding.sign(proposal, integrity=True, file=a_picture(), by=self.who("party"))
        funding.start_work(proposal, by=self.who("chief"))
        return proposal

    def rethink(self, proposal: Proposal, reason: str = "要改成两盏灯") -> None:
        """Another content: the contract ends and the residents consult again, says the street."""
        price = proposal.contracts.get(ended_at=None).price_fen
        asked = funding.ask_plan_change(
            proposal, reason=reason, new_price_fen=price, changes_content=True, file=a_picture(), by=self.who("clerk")
        )
        funding.change_plan(asked, by=self.who("case_officer"))
        proposal.refresh_from_db()

    def paid(self, proposal: Proposal, kind: str, number: str = "1") -> Payment:
        """One milestone's money: asked by the clerk, approved and paid by the street."""
        milestone = Milestone.objects.get(contract__proposal=proposal, contract__ended_at=None, kind=kind)
        payment = funding.ask_payment(
            milestone, invoice=f"26112000{proposal.pk:08d}{number:0>4}", file=a_picture(), by=self.who("clerk")
        )
        funding.approve_payment(payment, by=self.who("approver"))
        funding.pay(payment, voucher=f"付{proposal.pk}-{number}", by=self.who("cashier"))
        return payment

    def ending(self, proposal: Proposal, reason: str = "不办了", *, work_fen: int | None = None) -> Ending:
        """Asked for by the clerk with a paper, confirmed by the case officer."""
        ending = funding.ask_ending(proposal, reason=reason, file=a_picture(), by=self.who("clerk"))
        funding.confirm_ending(ending, work_fen=work_fen, by=self.who("case_officer"))
        proposal.refresh_from_db()
        return ending

    @stage(after="delivering")
    def accepting(self, **words: Any) -> Proposal:
        proposal = self.delivering(**words)
        funding.log(proposal, text="灯装好了，晚上试亮", by=self.who("chief"))
        funding.finish(proposal, by=self.who("chief"))
        return proposal

    def panel(self) -> list[tuple[Person, str]]:
        residents = [(person, "resident") for person in self.neighbours(4, first=5)]
        return [*residents, (Person.objects.get(user=self.who("supervisor")), "supervisor")]

    @stage(after="accepting")
    def accepted(self, **words: Any) -> Proposal:
        proposal = self.accepting(**words)
        self.accept_work(proposal)
        return proposal

    def accept_work(self, proposal: Proposal) -> None:
        """The panel finds everything in order, for the first time or again."""
        funding.accept_work(
            proposal,
            panel=self.panel(),
            items=[("灯亮", True, ""), ("灯杆稳固", True, "")],
            opinion="逐项合格，同意验收",
            by=self.who("supervisor"),
        )
        proposal.refresh_from_db()
        assert proposal.stage == Stage.ACCEPTED

    # --- evaluation ----------------------------------------------------------------------------

    def raters(self) -> list[User]:
        """Somebody grown-up behind every door."""
        users = [self.who(name) for name in ("resident", "neighbour", "chief")]
        known = {home_of(user).household_id: user for user in users}
        for door in self.households:
            member = Person.objects.settled().filter(home__household=door, user__isnull=False).first()
            if door.pk not in known:
                known[door.pk] = member.user if member and member.user else make_resident(f"邻居{door.pk}", door)
        return [known[door.pk] for door in self.households]

    def answer(self, survey: Survey, *, good: int, bad: int = 0) -> None:
        for number, user in enumerate(self.raters()[: good + bad]):
            surveys.rate(survey, level=1 if number < good else 4, by=user)

    @stage(after="accepted")
    def rating(self, **words: Any) -> Survey:
        """The acceptance notice has passed and the households are asked."""
        return self.asked_to_rate(self.accepted(**words))

    def asked_to_rate(self, proposal: Proposal) -> Survey:
        assert proposal.gate_notice
        platform_clock.move(proposal.gate_notice.ends_at - platform_clock.now())
        if proposal.stage == Stage.ACCEPTED:
            surveys.open_survey(proposal, by=self.who("clerk"))
        return proposal.surveys.latest("round")

    def result(self, survey: Survey) -> Survey:
        """Its window is over and the result drawn."""
        platform_clock.move(survey.closes_at - platform_clock.now() + timedelta(minutes=1))
        deadlines.sweep()
        survey.refresh_from_db()
        survey.proposal.refresh_from_db()
        return survey

    @stage(after="rating")
    def rated(self, **words: Any) -> Proposal:
        """All twelve households are satisfied."""
        survey = self.rating(**words)
        self.answer(survey, good=12)
        return self.result(survey).proposal

    def released(self, proposal: Proposal) -> None:
        """From acceptance to the notice of a good result: the retained part may be paid."""
        survey = self.asked_to_rate(proposal)
        self.answer(survey, good=12)
        notice = self.result(survey).notice
        assert notice
        platform_clock.move(notice.ends_at - platform_clock.now() + timedelta(minutes=1))
        deadlines.sweep()
        proposal.refresh_from_db()

    @stage(after="accepted")
    def paid_up(self, **words: Any) -> Proposal:
        """Everything is paid and what was left went back."""
        proposal = self.accepted(**words)
        self.paid(proposal, "start", "1")
        self.released(proposal)
        self.paid(proposal, "acceptance", "2")
        self.paid(proposal, "retention", "3")
        for number, refund in enumerate(accounts.return_surplus(proposal, by=self.who("clerk")), start=1):
            if refund.returned_at is None:
                funding.pay_refund(refund, voucher=f"退{proposal.pk}-{number}", by=self.who("cashier"))
                funding.confirm_refund(refund, by=self.who("clerk"))
        return proposal

    @stage(after="paid_up")
    def settling(self, **words: Any) -> Proposal:
        proposal = self.paid_up(**words)
        made = accounts.make_accounts(proposal, by=self.who("clerk"))
        accounts.confirm_accounts(made, by=self.who("case_officer"))
        accounts.settle(proposal, by=self.who("clerk"))
        return proposal

    def complete(self, proposal: Proposal) -> None:
        """What an archive still needs: pictures and a keeper, and the accounts' notice over."""
        proposals.add_photo(proposal, a_picture(), by=self.who("clerk"), moment="after", caption="装好的路灯")
        aftercare.set_aftercare(
            proposal,
            keeper="院落自管小组",
            duties="每月看一次，坏了三天内修",
            fund_fen=20_000,
            fund_note="院落公共收益",
            phone="0871-00000002",
            by=self.who("clerk"),
        )
        assert proposal.gate_notice
        platform_clock.move(proposal.gate_notice.ends_at - platform_clock.now() + timedelta(minutes=1))

    @stage(after="settling")
    def archived(self, **words: Any) -> Proposal:
        proposal = self.settling(**words)
        self.complete(proposal)
        archive.archive(proposal, by=self.who("clerk"))
        return proposal


@pytest.fixture
def way(request: pytest.FixtureRequest, db: None) -> Iterator[Way]:
    way = Way(request, request.node.stash.get(STOOD, ("", None)))
    yield way
    assert not way.stands[0], f"walked to {way.stands[0]} for nothing: the test never asked for it"
