"""A small world to look at: a proposal at every stage, a wish, notices with objections, everybody in place.

Built once and committed, for tests that visit every page as everybody. Each project sets out so many days before
the present that it stands at its stage when all have arrived; so whatever is due in it lies ahead.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.test import Client, TransactionTestCase, override_settings

from deliberation import actions as deliberation
from deliberation.models import Choice
from evaluation.actions import paper as ratings_on_paper
from evaluation.actions import surveys
from evaluation.models import CallBack, PaperAnswer, Survey
from funding import actions as funding
from funding.models import LogPhoto
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.bylaws import actions as bylaws
from minshi.disclosure import actions as disclosure
from minshi.disclosure.models import Notice, PostingPhoto
from minshi.intake import actions as intake
from minshi.mydata import actions as mydata
from minshi.notifications.actions import tell
from minshi.notifications.models import Message, ToTell
from minshi.residents import striking
from minshi.residents.models import Role, RoleGrant
from minshi.signin import second_factor
from minshi.territory.actions import add_households, add_place, mark_open
from minshi.territory.models import Household, Territory
from minshi.unsent import actions as unsent
from minshi.unsent.models import UnsentFile
from proposals import actions as proposals
from proposals.models import DraftPhoto, Look, Photo, Proposal
from tests import cast, kept
from tests.conftest import Clock
from tests.way import Way, a_picture, wait_until_over

PASSWORD, SECRET = "langer-satz-2026", "JBSWY3DPEHPK3PXP"
PRESENT = datetime(2026, 11, 17, 10, 0, tzinfo=platform_clock.CHINA)
"""A Tuesday without holidays near it."""

WALKS: tuple[tuple[str, str, int], ...] = (
    # (what it is called here, its title, days before the present it sets out)
    ("archived", "楼道灯换成声控的", 115),
    ("settling", "修好漏水的屋顶", 95),
    ("rated", "垃圾房装上门", 86),
    ("rating", "院里铺防滑砖", 73),
    ("accepted", "给健身器材换新", 66),
    ("accepting", "车棚装充电桩", 66),
    ("delivering", "修围墙", 68),
    ("awarded", "装门禁", 58),
    ("procuring", "修水泵", 55),
    ("funded", "给老人装扶手", 36),
    ("raising", "疏通下水道", 45),
    ("handling", "楼道里装扶手", 36),
    ("announced", "修好院里的排水沟", 24),
    ("deciding", "给自行车搭个棚", 23),
    ("reserved", "装一部公用电话", 23),
    ("minuted", "院墙画一幅画", 23),
    ("consulting", "院门口添两张长椅", 17),
    ("counting", "给门卫室装空调", 8),
    ("voting", "晾衣杆换新", 5),
    ("cosigned", "清理院墙外的垃圾", 3),
    ("cosigning", "楼梯口加一盏感应灯", 2),
    ("climbed", "给石桌配凳子", 7),
    ("returned", "种几棵树", 1),
    ("submitted", "院里装一盏路灯", 1),
)


class Fixtures:
    """What ``Way`` asks of a test: the fixtures of the cast by name, each made once, outside any test."""

    def __init__(self) -> None:
        self.made: dict[str, Any] = {"db": None, "clock": Clock()}

    def getfixturevalue(self, name: str) -> Any:
        if name not in self.made:
            make = cast.MAKES.get(name) or inspect.unwrap(getattr(cast, name))
            self.made[name] = make(*map(self.getfixturevalue, inspect.signature(make).parameters))
        return self.made[name]


class World:
    """Who is in it, and the things that pages are about, by names that tell what they are."""

    def __init__(self) -> None:
        self.fixtures = Fixtures()
        self.way = Way(self.fixtures)  # type: ignore[arg-type]
        self.things: dict[str, Any] = {}
        self.people: dict[str, User | None] = {}

    def __getitem__(self, name: str) -> Any:
        return self.things[name]

    def who(self, name: str) -> User:
        return self.people.get(name) or self.way.who(name)

    def place(self, name: str) -> Territory:
        found: Territory = self.fixtures.getfixturevalue(name)
        return found

    # --- Building ------------------------------------------------------------------------------

    def settle(self) -> None:
        """Everybody moves in: the cast, the next yard and community, another street, and people without a role."""
        households = self.way.households
        for name in CAST:
            self.people[name] = self.way.who(name)
        self.people["minor"] = cast.make_resident("巳少年", households[0], adult=False)
        self._settle_nearby()
        self.people["superuser"] = User.objects.create_superuser("root", password=None)
        former = cast.make_staff("former", "戌前任", Role.CLERK, self.place("community"))
        RoleGrant.objects.filter(user=former).update(revoked_at=platform_clock.now())
        self.people["former_clerk"] = former

        for user in self.people.values():
            if user is not None and user.is_staff:
                user.set_password(PASSWORD)
                user.save()
                second_factor.enrol(user, SECRET)

    def _settle_nearby(self) -> None:
        next_yard = add_place(
            parent=self.place("community"), code="990101001001-2", name="样板巷2号院", level="yard", by=None
        )
        doors = add_households(place=next_yard, addresses=["101", "102"], by=None)
        next_community = add_place(
            parent=self.place("street"), code="990101001002", name="三社区", level="community", by=None
        )
        mark_open(next_community, by=None)
        self.people["next_resident"] = cast.make_resident("未隔壁", doors[0], represents=True)
        self.people["next_chief"] = cast.make_resident("申楼长", doors[1], represents=True)
        cast.grant(self.people["next_chief"], Role.CHIEF, next_yard)
        self.people["next_clerk"] = cast.make_staff("clerk-next", "酉社工", Role.CLERK, next_community)
        other_street = self.place("other_street")
        self.people["stranger_officer"] = cast.make_staff("case-far", "亥经办", Role.CASE_OFFICER, other_street)
        self.people["stranger_approver"] = cast.make_staff("approver-far", "乾审批", Role.APPROVER, other_street)
        self.people["stranger_cashier"] = cast.make_staff("cashier-far", "坤财务", Role.CASHIER, other_street)

    def walk(self, name: str, title: str, days: int) -> None:
        platform_clock.set_to(PRESENT - timedelta(days=days))
        walker: Callable[..., Proposal] = getattr(self, f"_{name}", None) or getattr(self.way, name)
        self.things[name] = walker(title=title)
        stands = self.things[name]
        stands.refresh_from_db()
        early = f"{name} arrives {PRESENT - platform_clock.now()} before the present and ends at {stands.due_at}: WALKS"
        assert platform_clock.now() <= PRESENT and (stands.due_at is None or stands.due_at > PRESENT), early

    def _rated(self, **words: Any) -> Proposal:
        """One household was not satisfied and is called back."""
        survey = self.way.rating(**words)
        resident = self.who("resident")
        for user in self.way.raters():
            if user != resident:
                surveys.rate(survey, level=1, by=user)
        sheet = self._rated_on_paper(survey, self.way.households[0], level=4, signer=resident.person)
        self.things["family_rating"] = ratings_on_paper.confirm_paper(sheet, level=4, by=self.who("district_officer"))
        proposal = self.way.result(survey).proposal
        self.things["callback"] = CallBack.objects.get(survey=survey)
        return proposal

    def _rating(self, **words: Any) -> Proposal:
        """Some have answered, one on paper that waits for its second reading."""
        survey = self.way.rating(**words)
        surveys.rate(survey, level=2, advice="灯再亮一点", by=self.who("neighbour"))
        self.things["rating_sheet"] = self._rated_on_paper(survey, self.way.households[5], level=1)
        self.things["unrated"] = survey.roll.units.get(household=self.way.households[6])
        return survey.proposal

    def _rated_on_paper(self, survey: Survey, door: Household, **words: Any) -> PaperAnswer:
        signer = words.pop("signer", None)
        unit = survey.roll.units.get(household=door)
        envelope = ratings_on_paper.register_paper(unit, receipt_id=uuid4(), signer=signer, by=self.who("chief"))
        return ratings_on_paper.enter_paper(envelope, photo=a_picture(), by=self.who("supervisor"), **words)

    def _delivering(self, **words: Any) -> Proposal:
        proposal = self.way.delivering(**words)
        funding.log(proposal, text="挖好了墙基", photos=[a_picture()], by=self.who("chief"))
        self.things["log_photo"] = LogPhoto.objects.latest("pk")
        return proposal

    def _raising(self, **words: Any) -> Proposal:
        """The office was asked, a household pledged, another's money waits for its second look."""
        proposal = self.way.raising(**words)
        self.way.planned(proposal)
        self.things["grant"] = self.way.asked(proposal)
        doors = self.way.households
        funding.pledge(proposal, doors[1], amount_fen=10_000, by=self.who("neighbour"))
        self.things["given"] = funding.record_contribution(
            proposal,
            household=doors[3],
            amount_fen=20_000,
            voucher="收据甲",
            photo=a_picture(),
            by=self.who("clerk"),
        )
        self.things["pledge_sheet"] = funding.pledge_on_paper(
            proposal, doors[4], amount_fen=5_000, photo=a_picture(), by=self.who("chief")
        )
        funding.record_in_kind(proposal, who="丙楼长", what="出工半天", value_fen=10_000, by=self.who("clerk"))
        return proposal

    def _reserved(self, **words: Any) -> Proposal:
        proposal = self.way.deciding(**words)
        self.way.study(proposal)
        self.way.decide(proposal, outcome="reserve", tier=None, tier_reason="", reason="今年钱不够，明年先办")
        return proposal

    def _minuted(self, **words: Any) -> Proposal:
        proposal = self.way.consulting(**words)
        self.things["meeting"] = self.way.recorded_meeting(proposal)
        return proposal

    def _cosigning(self, **words: Any) -> Proposal:
        """Two doors signed a list, which waits for its second reader."""
        proposal = self.way.cosigning(**words)
        doors = [(door, None) for door in self.way.households[6:8]]
        self.things["signed_list"] = proposals.cosign_on_paper(proposal, doors, photo=a_picture(), by=self.who("chief"))
        return proposal

    def _climbed(self, **words: Any) -> Proposal:
        """The chief was silent; the community reviews."""
        proposal = self.way.submitted(**words)
        wait_until_over(proposal)
        return proposal

    def _counting(self, **words: Any) -> Proposal:
        """The vote is over, two sheets wait for their second reader."""
        proposal = self.way.voting(**words)
        motion = proposal.motions.get()
        for name, door in (("family_sheet", 0), ("waiting_sheet", 7)):
            self.things[name] = deliberation.register_paper(
                motion.roll.units.get(household=self.way.households[door]),
                receipt_id=uuid4(),
                photo=a_picture(),
                choice=Choice.AGREE,
                by=self.who("chief"),
            )
        self.way.to_counting(motion)
        return proposal

    def _returned(self, **words: Any) -> Proposal:
        proposal = self.way.submitted(**words)
        proposals.return_for_revision(proposal, by=self.who("chief"), reason="请写清楚装在哪里")
        return proposal

    def _choose_on_paper(self) -> None:
        """One of the group has no account and stands on its sheet."""
        deliberation.choose_group(
            self["consulting"],
            members=[self.who("neighbour")],
            lead=self.who("resident"),
            on_paper=[(self.way.households[9], "老王头")],
            photo=a_picture(),
            how="院坝会上推选",
            by=self.who("clerk"),
        )

    def furnish(self) -> None:
        """What happens at the present moment: ballots, sheets, objections, messages, photos."""
        platform_clock.set_to(PRESENT)
        self._vote()
        self._write_letters()
        self._object()
        self.way.announced_meeting(self["consulting"])
        self._choose_on_paper()
        self.things["ending"] = funding.ask_ending(
            self["delivering"], reason="这块地要征收", file=a_picture(), by=self.who("clerk")
        )
        pot = self["grant"].pot
        self.things["allocation"] = funding.allocate(
            pot, amount_fen=500_000, document="拨〔2026〕99号", by=self.who("cashier")
        )
        resident, neighbour, yard = self.who("resident"), self.who("neighbour"), self.place("yard")
        proposals.wish(place=yard, text="晚上楼道太黑", by=resident, urgent=True)
        photos = [a_picture(), a_picture(90)]
        self.things["wish"] = proposals.wish(place=yard, text="想在楼下添一个快递架", photos=photos, by=neighbour)
        self.things["wish_photo"] = self["wish"].photos.get(ordinal=1)
        proposals.look_at_wish_photos(self["wish"], {self["wish_photo"].pk}, by=self.who("clerk"))
        self.things["said_wish"] = proposals.wish(place=yard, text="想要一个信报箱", by=neighbour)
        proposals.answer_wish(self["said_wish"], "fulfil", by=self.who("clerk"), reason="装在门厅左边了")
        alike = proposals.wish(place=yard, text="楼下也想添一个快递架", by=neighbour)
        self.things["joined_wish"] = alike
        proposals.join_wish(alike, self["wish"], by=self.who("clerk"))
        self.things["merged"] = self.way.submitted(title="楼梯口的灯再亮些", by=neighbour)
        proposals.merge(self["merged"], self["cosigning"], by=self.who("chief"), reason="说的是同一盏灯")
        self._share()
        self._ask()
        self.things["declined"] = self.way.submitted(title="楼顶种花", by=resident)
        proposals.decline(self["declined"], by=self.who("chief"), reason="楼顶不能上人")
        self._look()
        self._bring_register()
        proposals.add_photo(self["submitted"], a_picture(), by=resident)
        self.things["photo"] = Photo.objects.latest("pk")
        unsent.keep(resident, "/projects/propose/", [("photos", a_picture(), uuid4())])
        self.things["unsent"] = UnsentFile.objects.get()
        self._write_drafts(resident)
        self._call()
        tell(resident, "有一件事等您办", "请看一看", self["submitted"].get_absolute_url())
        self.things["to_tell"] = ToTell.objects.create(household=cast.home_of(resident).household, title="请投票")
        self.things["message"] = Message.objects.of(resident).latest("pk")
        self.things["followed_message"] = Message.objects.create(
            user=resident,
            title="您关注的路灯",
            event="followed.step",
            matter=f"proposals.proposal:{self['cosigning'].pk}",
        )
        self.people["newcomer"] = cast.make_resident("午新来", self.way.households[11], confirmed=False)
        self.things["claim"] = cast.home_of(self.people["newcomer"])
        next_door = cast.home_of(self.who("next_resident")).household.place
        (empty,) = add_households(place=next_door, addresses=["9909"], by=None)
        self._rule()
        self.things["strike"] = striking.ask_to_strike(empty, reason="并入隔壁一户", by=self.who("second_clerk"))

    def _rule(self) -> None:
        """One rule of the community holds, another waits for its second person."""
        day = platform_clock.today()
        said = {"text": "一户一票，过半同意。", "adopted": "居民会议通过", "adopted_on": day, "since": day}
        where, first = self.place("community"), self.who("second_clerk")
        facts: dict[str, Any] = {**said, "binds_owners": True, "scan": a_picture(), "by": first}
        self.things["bylaw"] = bylaws.enter(where, kind="procedure", title="议事规则", **facts)
        self.things["bylaw"] = bylaws.confirm(self["bylaw"], by=self.who("clerk"))
        facts = {**said, "by": first}
        self.things["waiting_bylaw"] = bylaws.enter(where, kind="covenant", title="居民公约", **facts)

    def _share(self) -> None:
        """What a neighbour can do is in the library and asked for; what the resident offers waits to be confirmed."""
        facts = {"place": self.place("community"), "times": "周六上午", "by": self.who("neighbour")}
        self.things["resource"] = proposals.offer(kind="skill", title="会修自行车", **facts)
        proposals.confirm_resource(self["resource"], by=self.who("clerk"))
        facts["by"] = self.who("resident")
        self.things["offered"] = proposals.offer(kind="tool", title="能借一架梯子", **facts)
        said = ("删除", "请删掉旧的门牌叫法")
        self.things["asked_of_data"] = mydata.ask_right(*said, by=self.who("neighbour"))
        text = "院里两辆车的链条掉了"
        self.things["request"] = proposals.ask_resource(self["resource"], text=text, by=self.who("resident"))

    def _call(self) -> None:
        """One call is open, one waits for its result."""
        said = {"text": "扶手、长凳", "criteria": "受益户多", "prizes": "一口锅", "by": self.who("clerk")}
        for thing, theme, days in (("call", "让老人出门更方便", 20), ("judged_call", "让院子更亮", 1)):
            closes_at = platform_clock.now() + timedelta(days=days)
            self.things[thing] = proposals.open_call(self.place("community"), theme=theme, closes_at=closes_at, **said)
        proposals.enter_call(self["judged_call"], self["submitted"], by=self.who("resident"))
        proposals.close_call(self["judged_call"])

    def _write_drafts(self, resident: User) -> None:
        begun = {"title": ["院里加一盏路灯"], "need": ["晚上看不清路"], "plan": ["再装一盏"]}
        self.things["draft"] = proposals.begin_draft(begun, by=resident)
        proposals.keep_draft_photos(self["draft"], [a_picture()], by=resident)
        self.things["draft_photo"] = DraftPhoto.objects.get()
        self.things["spare_draft"] = proposals.begin_draft({"title": ["不写了的"]}, by=resident)

    def _ask(self) -> None:
        """One waits for the proposer, one of the policy was answered, one is hidden."""
        neighbour, clerk = self.who("neighbour"), self.who("clerk")
        self.things["question"] = proposals.ask("灯几点亮？", proposal=self["cosigning"], by=neighbour)
        hidden = proposals.ask("有人占了车位", proposal=self["cosigning"], by=self.who("chief"))
        proposals.hide_question(hidden, reason="和这件事没有关系", by=clerk)
        self.things["hidden_question"] = hidden
        asked = proposals.ask("加装电梯怎么申请？", by=neighbour)
        proposals.answer_question(asked, "带上房产证到社区填表", by=clerk)
        self.things["policy_question"] = asked

    def _bring_register(self) -> None:
        """A file was looked at and waits for its import."""
        content = "小区,楼栋,单元,房号\n新交的小区,1栋,1,101\n".encode()
        self.things["intake"] = intake.take_in(self.place("community"), "户册.csv", content, by=self.who("clerk"))

    def _look(self) -> None:
        """Two pages of a 心愿本: one waits to be looked at again, on the other something differs."""
        door = self.way.households[6]
        for name, text in (("look", "想在院里晾被子"), ("differing", "想要一张石凳")):
            written = [proposals.Written(door, "申老伯", text)]
            community, clerk = self.place("community"), self.who("clerk")
            proposals.enter_wishes(community, written, photo=a_picture(), receipt_id=uuid4(), by=clerk)
            self.things[name] = Look.objects.latest("pk")
        proposals.look_at_sheet(self["differing"], difference="写的是两张", by=self.who("second_clerk"))

    def _vote(self) -> None:
        motion = self.things["motion"] = self["voting"].motions.get()
        doors = self.way.households
        self.things["receipt"] = deliberation.cast(motion, Choice.AGREE, receipt_id=uuid4(), by=self.who("neighbour"))
        self.things["visited"] = motion.roll.units.get(household=doors[5])
        self.things["unvisited"] = motion.roll.units.get(household=doors[6])
        self.things["sheet"] = deliberation.register_paper(
            self["visited"], receipt_id=uuid4(), photo=a_picture(), choice=Choice.AGREE, by=self.who("chief")
        )

    def _write_letters(self) -> None:
        """Two households without a phone asked for their check numbers: one letter waits, one was printed today."""
        units = self["consulting"].motions.get().roll.units.order_by("ordinal")
        self.things["letter"], printed = (deliberation.ask_letter(unit, by=self.who("chief")) for unit in units[3:5])
        self.things["printed_letter"] = deliberation.print_letter(printed, by=self.who("case_officer"))

    def _object(self) -> None:
        notice = self.things["notice"] = self["announced"].gate_notice
        self.things["objection"] = disclosure.object_to(notice, facts="排水沟旁边的树怎么办", by=self.who("neighbour"))
        disclosure.record_posting(notice, a_picture(), where="院门口公示栏", by=self.who("chief"))
        self.things["objection_sheet"] = disclosure.object_to(
            notice,
            facts="挡住了楼道的窗户",
            channel="paper",
            household=self.way.households[4],
            name="某某",
            photo=a_picture(),
            by=self.who("clerk"),
        )
        self.things["quiet_notice"] = Notice.objects.running().filter(objections_total=0).latest("pk")
        self.things["posting"] = PostingPhoto.objects.latest("pk")


CAST = (
    "resident", "neighbour", "chief", "clerk", "second_clerk", "party", "supervisor", "case_officer", "approver",
    "cashier", "district_officer", "district_finance", "stranger", "stranger_chief", "stranger_clerk",
)  # fmt: skip


_kept: list[tuple[World, Path]] = []
"""The one of this process, as it was before anybody looked at it."""


@contextmanager
def committed_world(blocker: Any, media: Path) -> Iterator[World]:
    """The world in the test database, for as many tests as like to look at it; then the database is empty again.

    It is built once in a process; who comes later gets a copy.
    """
    with blocker.unblock():
        try:
            if _kept:
                kept.copy_world()
            else:
                _kept.append((_built(media), media))
                kept.keep_world()
            world, pictures = _kept[0]
            platform_clock.set_to(PRESENT)
            with override_settings(MEDIA_ROOT=str(pictures)):
                yield world
        finally:
            platform_clock.reset()
            TransactionTestCase._fixture_teardown(None)  # type: ignore[attr-defined, arg-type]


def _built(media: Path) -> World:
    world = World()
    with override_settings(MEDIA_ROOT=str(media)):
        platform_clock.set_to(PRESENT - timedelta(days=max(days for _name, _title, days in WALKS)))
        world.settle()
        for walk in WALKS:
            world.walk(*walk)
        world.furnish()
    return world


def browser_of(user: User | None) -> Client:
    """Signed in as this person just now, staff with their second factor."""
    client: Client = inspect.unwrap(cast.client_of)()(user)
    return client
