"""睦邻驿站 from a wish to the archive, through the pages of the people who made it (S2: 193 households, 163 agreed).

Dates, amounts and the other thirty households are made up here, as the document leaves them open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from deliberation.models import Ballot, Meeting, Motion, PaperBallot, Unit
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.residents.models import Person, Role
from minshi.territory.actions import add_households, add_place
from minshi.territory.models import Household, Territory
from proposals.models import Proposal, Stage, Wish
from tests.cast import grant, make_resident, make_staff
from tests.journeys.people import Resident, Staff, a_photo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOUSEHOLDS, AGREED, AGAINST = 193, 163, 12
ONLINE = 3
IN_THE_BROWSER = 3
"""Sheets of paper typed in on the phone itself; the others go through the same pages without a screen."""


@dataclass
class Yard:
    """东风巷14号院 and the people this story needs."""

    place: Territory
    doors: list[Household]
    proposer: User
    neighbours: list[User]
    chief: User
    clerk: User
    party: User
    supervisor: User
    case_officer: User
    approver: User
    cashier: User
    proposal: Proposal = field(init=False)


@pytest.fixture
def yard(community: Territory, street: Territory, clock: Any) -> Iterator[Yard]:
    clock.set("2026-03-02 09:00")
    place = add_place(parent=community, code="990101001001-14", name="东风巷14号院", level="yard", by=None)
    blocks = [
        add_place(parent=place, code=f"{place.code}-{number}", name=f"{number}栋", level="building", by=None)
        for number in (1, 2, 3, 4)
    ]
    addresses = [f"{floor}0{door}" for floor in range(1, 8) for door in range(1, 8)]  # 49 in a block
    doors = [door for block in blocks for door in add_households(place=block, addresses=addresses, by=None)]
    doors, left_over = doors[:HOUSEHOLDS], doors[HOUSEHOLDS:]
    for door in left_over:
        door.is_active = False
        door.save()
    chief = make_resident("演示楼栋长", doors[1], represents=True)
    grant(chief, Role.CHIEF, place)
    yield Yard(
        place=place,
        doors=doors,
        proposer=make_resident("演示居民甲", doors[0], represents=True),
        neighbours=[make_resident(f"演示邻居{index}", doors[index], represents=True) for index in range(2, 16)],
        chief=chief,
        clerk=make_staff("clerk", "演示社工", Role.CLERK, community),
        party=make_staff("party", "演示书记", Role.PARTY, community),
        supervisor=make_staff("supervisor", "演示监督员", Role.SUPERVISOR, community),
        case_officer=make_staff("case", "演示经办", Role.CASE_OFFICER, street),
        approver=make_staff("approver", "演示审批", Role.APPROVER, street),
        cashier=make_staff("cashier", "演示财务", Role.CASHIER, street),
    )


def sweep_until(moment: Any) -> None:
    """Let time pass as it would: everything that falls due on the way takes effect in its turn."""
    while (due := deadlines.next_due()) and due <= moment:
        platform_clock.set_to(max(due, platform_clock.now()) + timedelta(seconds=1))
        deadlines.sweep()
    platform_clock.set_to(moment + timedelta(minutes=1))
    deadlines.sweep()


def let_the_stage_end(proposal: Proposal) -> None:
    proposal.refresh_from_db()
    assert proposal.due_at
    sweep_until(proposal.due_at)
    proposal.refresh_from_db()


def test_muling_post_walks_from_a_wish_to_the_archive(
    yard: Yard, browser: Browser, live_server: LiveServer, client_of: Callable[[User], Client]
) -> None:
    site = live_server.url
    wish_and_propose(yard, Resident(browser, site, yard.proposer))
    chief = Resident(browser, site, yard.chief)
    review(yard, chief)
    voters = [Resident(browser, site, neighbour) for neighbour in yard.neighbours[:ONLINE]]
    cosign(yard, voters[:2], client_of)
    clerk = Staff(browser, site, yard.clerk)
    vote(yard, clerk, chief, voters, client_of)
    consult_and_decide(yard, clerk, Staff(browser, site, yard.party))


def wish_and_propose(yard: Yard, proposer: Resident) -> None:
    proposer.go("/wishes/new/")
    proposer.fill(place=yard.place.pk, text="给大家一个临时休息和议事的地方")
    proposer.press("贴上心愿墙")
    wish = Wish.objects.get()
    proposer.go(f"/projects/propose/?wish={wish.pk}")
    proposer.fill(
        place=yard.place.pk,
        title="睦邻驿站",
        need="院里老人多，没有地方歇脚，商量事情也没有地方。",
        plan="用院门口的空房，放桌椅、饮水机和书架，大家自己管。",
        spot="院门口东侧空房",
        kind="works",
        category="culture",
        cost="36800",
        subsidy="25000",
        self_raised="11800",
        keeper="院落自管小组",
        photos=[a_photo()],
    )
    proposer.press("交上去")
    proposer.sees("已收到您的提议")
    yard.proposal = Proposal.objects.get()
    proposer.sees(yard.proposal.number)


def review(yard: Yard, chief: Resident) -> None:
    chief.go("/review/")
    chief.sees("睦邻驿站")
    chief.fill(verdict="pass_review", reason="院里老人多，确实没处坐")
    chief.press("就这样办")
    yard.proposal.refresh_from_db()
    assert yard.proposal.stage == Stage.COSIGNING


def cosign(yard: Yard, neighbours: list[Resident], client_of: Callable[[User], Client]) -> None:
    for neighbour in neighbours:
        neighbour.go("/mine/")
        neighbour.press("去看看")
        neighbour.press("代表我家附议")
    for user in yard.neighbours[2:10]:
        client_of(user).post(f"/projects/{yard.proposal.number}/cosign/")
    yard.proposal.refresh_from_db()
    assert yard.proposal.stage == Stage.COSIGNED


def vote(
    yard: Yard, clerk: Staff, chief: Resident, voters: list[Resident], client_of: Callable[[User], Client]
) -> None:
    clerk.step(yard.proposal, "开始居民表决", question="院里建“睦邻驿站”，您家同意吗？")
    motion = Motion.objects.get()
    assert motion.electorate == HOUSEHOLDS
    for voter in voters:
        voter.go("/mine/")
        voter.sees("睦邻驿站")
        voter.go(f"/projects/{yard.proposal.number}/vote/")
        voter.fill(choice="agree")
        voter.press("交票")
        voter.sees("回执")
    voted = {user.person.household_id for user in yard.neighbours[:ONLINE]}
    units = [unit for unit in Unit.objects.filter(motion=motion).order_by("pk") if unit.household_id not in voted]
    choices = ["agree"] * (AGREED - ONLINE) + ["against"] * AGAINST
    sheets = list(zip(units, choices, strict=False))
    enter_on_the_phone(yard, chief, sheets[:IN_THE_BROWSER])
    enter_the_others(yard, sheets[IN_THE_BROWSER:], client_of(yard.chief))
    sweep_until(motion.closes_at)
    confirm(sheets, motion, clerk, client_of(yard.clerk))
    sweep_until(motion.publish_by)
    motion.refresh_from_db()
    yard.proposal.refresh_from_db()
    assert (motion.agree, motion.against, motion.passed) == (AGREED, AGAINST, True)
    assert Ballot.objects.filter(motion=motion).count() == AGREED + AGAINST
    assert yard.proposal.stage == Stage.CONSULTING


def enter_on_the_phone(yard: Yard, chief: Resident, sheets: list[tuple[Unit, str]]) -> None:
    for unit, choice in sheets:
        chief.go(f"/projects/{yard.proposal.number}/paper/{unit.ordinal}/")
        chief.fill(photos=[a_photo()], choice=choice)
        chief.press("登记这张纸票")
        chief.sees("已录入")


def enter_the_others(yard: Yard, sheets: list[tuple[Unit, str]], phone: Client) -> None:
    """The same page, the same form, without drawing it 170 times."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    for unit, choice in sheets:
        picture = SimpleUploadedFile("photo.jpg", a_photo()["buffer"], "image/jpeg")
        answer = phone.post(
            f"/projects/{yard.proposal.number}/paper/{unit.ordinal}/", {"photos": [picture], "choice": choice}
        )
        assert answer.status_code == 302, answer.content.decode()


def confirm(sheets: list[tuple[Unit, str]], motion: Motion, clerk: Staff, desk: Client) -> None:
    """The second reader sees the photo and not the first reading."""
    chosen = {unit.pk: choice for unit, choice in sheets}
    for _number in range(IN_THE_BROWSER):
        clerk.go("/paper/confirm/")
        assert clerk.page.locator("[name='paper']").count(), f"{clerk.page.url} {clerk.page.inner_text('main')}"
        shown = PaperBallot.objects.get(pk=clerk.page.locator("[name='paper']").get_attribute("value"))
        clerk.fill(choice=chosen[shown.unit_id])
        clerk.page.locator("main form:has([name='paper']) button[type='submit']").click()
        clerk.page.wait_for_load_state()
    for paper in PaperBallot.objects.filter(unit__motion=motion):
        if not paper.is_settled:
            answer = desk.post("/paper/confirm/", {"paper": paper.pk, "choice": chosen[paper.unit_id]})
            assert answer.status_code == 302, answer.content.decode()


def consult_and_decide(yard: Yard, clerk: Staff, party: Staff) -> None:
    people = list(Person.objects.filter(user__in=[yard.proposer, yard.chief, *yard.neighbours[:1]]).order_by("pk"))
    clerk.step(
        yard.proposal,
        "登记居民小组",
        lead=people[0].pk,
        members=[person.pk for person in people],
        how="院落会议推选，三人",
    )
    from minshi.policy import calendar

    begins = calendar.period_end(platform_clock.now(), working_days=5) + timedelta(hours=19)
    clerk.step(
        yard.proposal,
        "公告议事会议题",
        begins_at=f"{begins:%Y-%m-%dT%H:%M}",
        venue="院内凉亭",
        agenda="驿站放什么、钱怎么出、以后谁管",
    )
    meeting = Meeting.objects.get()
    sweep_until(meeting.begins_at + timedelta(hours=2))
    clerk.step(
        meeting,
        "公布会议纪要",
        chair="演示楼栋长",
        expected=20,
        present=18,
        party_branch="演示书记",
        minutes="大家看了方案，问了价钱，同意用院门口空房。",
        text_1="按36800元的方案建睦邻驿站",
        agree_1=17,
        against_1=1,
    )
    clerk.step(
        meeting,
        "写下商定的方案",
        resolution=meeting.resolutions.get().pk,
        text="用院门口空房，放桌椅、饮水机和书架，自管小组轮值。",
        cost_fen="36800",
        subsidy="25000",
        self_raised="11800",
        keeper="院落自管小组",
    )
    party.step(
        yard.proposal,
        "记录前置研究意见",
        opinion="support",
        text="方案可行，同意提交集体决议。",
        sat="支部委员5人",
    )
    marks = {
        name.removesuffix("_note"): 18
        for name in party_fields(party, yard.proposal, "记录集体决议")
        if name.endswith("_note")
    }
    notes = {f"{name}_note": "有据可查" for name in marks}
    party.step(
        yard.proposal,
        "记录集体决议",
        outcome="approve",
        **marks,
        **notes,
        tier=2,
        tier_reason="需要街道补助",
        reason="受益面广，大家都同意",
        sat="议事会成员7人",
    )
    yard.proposal.refresh_from_db()
    assert yard.proposal.stage == Stage.ANNOUNCED


def party_fields(staff: Staff, subject: Proposal, label: str) -> list[str]:
    """The names of the fields behind a step, as they stand on the page."""
    staff.go(reverse("admin:proposals_proposal_change", args=[subject.pk]))
    staff.page.locator(".desk-steps").get_by_role("link", name=label, exact=True).click()
    names = staff.page.locator(".desk-field [name]").evaluate_all("nodes => nodes.map(node => node.name)")
    assert re.match(r"\w+", names[0])
    return list(names)


assert date  # dates of the later half
