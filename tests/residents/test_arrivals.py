"""Who says where they live gets an answer by a day, from somebody who is there; and finds the way from every page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.faces.words import days_late
from minshi.notifications.models import Message
from minshi.policy import calendar
from minshi.residents import actions
from minshi.residents.models import Person, Residence, Role
from minshi.residents.waiting import CLAIM, HURRIED
from minshi.territory.models import Household, Territory
from tests.cast import grant, make_resident
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def newcomer(households: list[Household]) -> User:
    return make_resident("", None)


def says(user: User, door: Household) -> Residence:
    return actions.join(user, door, name="新住户", is_adult=True, by=user)


def waits(claim: Residence, kind: str = CLAIM) -> Deadline:
    return Deadline.objects.of(claim).open().get(kind=kind)


def let_it_pass(claim: Residence) -> None:
    platform_clock.move(waits(claim).due - platform_clock.now() + timedelta(minutes=1))
    deadlines.sweep()


def let_pass_one(claim: Residence) -> None:
    """To when its row is looked at next, late or not."""
    wait = waits(claim)
    platform_clock.move((wait.wakes_at or wait.due) - platform_clock.now() + timedelta(minutes=1))
    deadlines.sweep()


def titles(user: User) -> list[str]:
    return list(Message.objects.filter(user=user).order_by("pk").values_list("title", flat=True))


def test_the_chief_has_three_working_days_then_the_clerk_then_the_street(
    newcomer: User, households: list[Household], chief: User, clerk: User, case_officer: User, clock: Any
) -> None:
    clock.set("2026-03-02 09:00")
    claim = says(newcomer, households[5])
    first = waits(claim)
    assert (first.role, first.due) == (Role.CHIEF, calendar.period_end(clock.now(), working_days=3))
    assert titles(chief) == ["确认住户：样板巷1号院1栋"] and not titles(clerk)
    let_it_pass(claim)
    assert waits(claim).role == Role.CLERK and titles(clerk) == ["逾期：确认住户：样板巷1号院1栋"]
    let_it_pass(claim)
    assert waits(claim).role == Role.CASE_OFFICER and titles(case_officer) == ["逾期：确认住户：样板巷1号院1栋"]
    last = waits(claim)
    let_it_pass(claim)
    assert waits(claim).role == Role.CASE_OFFICER, "the street keeps it, it is never lost"
    assert (waits(claim).due, waits(claim).set_at) == (last.due, last.set_at), "late since it was due"


def test_ten_months_later_who_waits_and_who_is_waited_for_read_the_days(
    newcomer: User, households: list[Household], case_officer: User, client_of: ClientOf, clock: Any
) -> None:
    clock.set("2026-03-02 09:00")
    claim = says(newcomer, households[5])
    due, heard = waits(claim).due, 0
    for _again in range(4):
        platform_clock.move(timedelta(days=75))
        deadlines.sweep()
        assert len(titles(case_officer)) > heard, "asked again and again"
        heard = len(titles(case_officer))
    assert waits(claim).due == due
    late = f"已逾期 {days_late(due, clock.now())} 天"
    assert late in client_of(newcomer).get("/mine/").content.decode()
    assert late in client_of(case_officer).get("/admin/").content.decode()


def test_a_vote_that_opens_gives_nobody_more_time(way: Way, newcomer: User, case_officer: User) -> None:
    claim = says(newcomer, way.households[8])
    for _rung in range(4):
        let_pass_one(claim)
    before = waits(claim)
    way.voting()
    assert (waits(claim).due, waits(claim).role) == (before.due, Role.CASE_OFFICER)


def test_the_street_confirms_what_climbed_to_it_and_nothing_before(
    newcomer: User, households: list[Household], chief: User, clerk: User, case_officer: User, client_of: ClientOf
) -> None:
    claim = says(newcomer, households[5])
    page = f"/admin/residents/residence/{claim.pk}/do/confirm/"
    assert client_of(case_officer).get(page).status_code == 403
    let_it_pass(claim)
    let_it_pass(claim)
    client_of(case_officer).post(page)
    claim.refresh_from_db()
    assert claim.confirmed_by == case_officer
    assert not Deadline.objects.of(claim).open().exists()


def test_the_page_the_street_is_sent_to_shows_what_climbed_and_takes_its_word(
    newcomer: User, households: list[Household], chief: User, clerk: User, case_officer: User,
    client_of: ClientOf,
) -> None:  # fmt: skip
    """Its text led to a page that said only chiefs and clerks may confirm."""
    claim, earlier = says(newcomer, households[5]), says(make_resident("", None), households[6])
    let_it_pass(claim)
    let_it_pass(claim)
    Deadline.objects.of(earlier).update(role=Role.CHIEF)  # the other one is still the chief's
    url = Message.objects.filter(user=case_officer, title="逾期：确认住户：样板巷1号院1栋").latest("pk").url
    client = client_of(case_officer)
    page = client.get(url).content.decode()
    assert "样板巷1号院1栋202" in page and "样板巷1号院1栋203" not in page, "what has not climbed is not shown"
    assert "1 位居民说住在您这里" in client.get("/admin/").content.decode()
    assert "已确认" in client.post(url, {"claim": claim.pk, "verdict": "yes"}, follow=True).content.decode()
    claim.refresh_from_db()
    assert claim.confirmed_by == case_officer
    assert client.post(url, {"claim": earlier.pk, "verdict": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("held", "asked"),
    [
        ((Role.GRID_WORKER, Role.CLERK), Role.GRID_WORKER),
        ((Role.CLERK,), Role.CLERK),
        ((Role.CASE_OFFICER,), Role.CASE_OFFICER),
        ((), Role.DISTRICT_OFFICER),
    ],
)
def test_where_there_is_no_chief_the_next_one_is_asked_at_once(
    held: tuple[str, ...], asked: str, newcomer: User, households: list[Household], community: Territory,
    street: Territory, district_officer: User,
) -> None:  # fmt: skip
    for role in held:
        grant(make_resident("某", None), role, street if role == Role.CASE_OFFICER else community)
    assert waits(says(newcomer, households[5])).role == asked


@pytest.mark.parametrize(
    ("role", "words"),
    [(Role.GRID_WORKER, "正等网格员确认"), (Role.CLERK, "正等社区确认"), (Role.CASE_OFFICER, "正等街道确认")],
)
def test_the_page_names_whom_it_waits_for_and_where_it_can_still_go(
    role: str, words: str, newcomer: User, households: list[Household], community: Territory, street: Territory,
    client_of: ClientOf,
) -> None:  # fmt: skip
    """Wherever it was no clerk's it said 楼栋长, and above the street that it would climb further."""
    grant(make_resident("某", None), role, street if role == Role.CASE_OFFICER else community)
    says(newcomer, households[5])
    page = client_of(newcomer).get("/mine/").content.decode()
    assert words in page and "楼栋长确认" not in page
    assert ("自动转上一级" in page) is (role != Role.CASE_OFFICER)


def test_a_chief_who_moves_in_is_not_asked_about_themselves(
    stranger_chief: User, households: list[Household], yard: Territory, clerk: User
) -> None:
    grant(stranger_chief, Role.CHIEF, yard)
    assert waits(says(stranger_chief, households[6])).role == Role.CLERK


def test_an_answer_ends_the_waiting_and_so_does_another_door(
    newcomer: User, households: list[Household], chief: User
) -> None:
    first = says(newcomer, households[5])
    second = says(newcomer, households[6])
    assert not Deadline.objects.of(first).open().exists()
    actions.confirm(second, by=chief)
    assert not Deadline.objects.of(second).open().exists()


def test_the_chief_has_them_as_one_queue_with_its_number(
    newcomer: User, households: list[Household], chief: User, client_of: ClientOf
) -> None:
    says(newcomer, households[5])
    says(make_resident("", None), households[6])
    page = client_of(chief).get("/mine/").content.decode()
    assert "2 位新登记的住户等您确认" in page and page.count("/residents/confirm/") >= 1
    assert "新住户" not in page, "names stand on the page of who may see them"


def test_the_clerk_has_it_on_the_desk(
    newcomer: User, households: list[Household], clerk: User, client_of: ClientOf
) -> None:
    claim = says(newcomer, households[5])
    page = client_of(clerk).get("/admin/").content.decode()
    assert "确认住户：样板巷1号院1栋" in page and f"/admin/residents/residence/{claim.pk}/change/" in page


# --- While a vote or a survey of the door runs ----------------------------------------------------


def test_during_a_vote_chief_and_clerk_are_asked_at_once(
    way: Way, newcomer: User, chief: User, clerk: User, client_of: ClientOf
) -> None:
    proposal = way.voting()
    claim = says(newcomer, way.households[8])
    motion = proposal.motions.get()
    for kind, role in ((CLAIM, Role.CHIEF), (HURRIED, Role.CLERK)):
        wait = waits(claim, kind)
        assert wait.role == role
        assert wait.due <= min(motion.closes_at, calendar.period_end(platform_clock.now(), working_days=1))
    assert "确认住户：样板巷1号院1栋" in titles(clerk)
    page = client_of(newcomer).get(reverse("vote", args=[proposal.number])).content.decode()
    assert "正等楼栋长和社区确认" in page and "填纸质的，一样算数" in page


def test_who_waits_when_a_vote_opens_is_hurried_too(way: Way, newcomer: User, clerk: User, chief: User) -> None:
    claim = says(newcomer, way.households[8])
    assert not Deadline.objects.of(claim).open().filter(kind=HURRIED).exists()
    way.voting()
    assert waits(claim, HURRIED).role == Role.CLERK
    actions.confirm(claim, by=chief)
    assert not Deadline.objects.of(claim).open().exists()


def test_during_a_survey_the_same(way: Way, newcomer: User, client_of: ClientOf) -> None:
    proposal = way.rating().proposal
    claim = says(newcomer, way.households[8])
    assert waits(claim, HURRIED).role == Role.CLERK
    page = client_of(newcomer).get(reverse("rate", args=[proposal.number])).content.decode()
    assert "填纸质的，一样算数" in page


# --- From every page that a residence would open -----------------------------------------------------

PAGES: dict[str, Callable[[Way], str]] = {
    "vote": lambda way: reverse("vote", args=[way.voting().number]),
    "cosign": lambda way: reverse("cosign", args=[way.cosigning().number]),
    "pledge": lambda way: reverse("pledge", args=[way.raising().number]),
    "rate": lambda way: reverse("rate", args=[way.rating().proposal.number]),
    "propose": lambda way: reverse("propose"),
    "make_wish": lambda way: reverse("make_wish"),
    "object": lambda way: reverse("object", args=[way.announced().gate_notice.number]),  # type: ignore[union-attr]
    "mine": lambda way: reverse("mine"),
    "representing": lambda way: reverse("representing"),
}


@pytest.mark.parametrize("name", PAGES)
def test_one_button_leads_to_the_door_and_back(name: str, way: Way, newcomer: User, client_of: ClientOf) -> None:
    path, client = PAGES[name](way), client_of(newcomer)
    page = client.get(path).content.decode()
    button = page.partition("我住在……")[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert button.startswith("/join/") and f"next={path.replace('/', '%2F')}" in button
    if f"/join/{way.yard.code}/" in button:
        typed = {"household": "302", "name": "新住户", "age": "adult", "consent": "on"}
        assert client.post(button, typed).headers["Location"] == path
        assert "您登记住在 样板巷1号院1栋302" in client.get(path).content.decode()


# --- Who votes for the door ---------------------------------------------------------------------


@pytest.fixture
def partner(household: Household, resident: User) -> User:
    return make_resident("甲家属", household)


def test_who_is_not_the_representative_reads_who_votes(
    way: Way, partner: User, resident: User, client_of: ClientOf
) -> None:
    page = client_of(partner).get(reverse("vote", args=[way.voting().number])).content.decode()
    assert "您家由户代表 甲*民 投票" in page and "申请由我当户代表" in page
    assert "甲居民" not in page


def test_the_present_one_agrees_and_the_other_votes_from_now_on(
    partner: User, resident: User, client_of: ClientOf, clerk: User
) -> None:
    client_of(partner).post("/represent/", {"what": "ask"})
    client_of(partner).post("/represent/", {"what": "ask"})
    assert titles(resident) == ["同户的人申请当户代表，请您答复"]
    page = client_of(resident).get("/represent/").content.decode()
    request = page.partition('name="request" value="')[2].partition('"')[0]
    client_of(resident).post("/represent/", {"what": "yes", "request": request})
    homes = Residence.objects.filter(person__user__in=(partner, resident)).order_by("pk")
    assert dict(homes.values_list("person__user", "is_representative")) == {resident.pk: False, partner.pk: True}
    assert titles(partner)[-1] == "现在由您代表您家投票"
    assert not Deadline.objects.open().filter(kind="represent").exists()


def test_where_the_present_one_is_silent_the_clerk_decides(
    partner: User, resident: User, client_of: ClientOf, clerk: User
) -> None:
    client_of(partner).post("/represent/", {"what": "ask"})
    home = Residence.objects.get(person__user=partner)
    assert waits(home, "represent").role == Role.CLERK
    client_of(clerk).post(f"/admin/residents/residence/{home.pk}/do/represent/")
    home.refresh_from_db()
    assert home.is_representative and not Deadline.objects.of(home).open().exists()


def test_it_is_said_who_was_asked_and_by_when_there_is_an_answer(
    partner: User, resident: User, client_of: ClientOf, clerk: User
) -> None:
    client = client_of(partner)
    page = client.post("/represent/", {"what": "ask"}, follow=True).content.decode()
    assert "已经告诉现在的户代表和社区" in page and "等现在的户代表或社区答复" in page and "前答复。" in page


def test_a_representative_without_a_phone_is_not_said_to_be_told(
    household: Household, client_of: ClientOf, clerk: User
) -> None:
    old = Residence.objects.create(
        person=Person.objects.create(name="甲老伯"),
        household=household,
        confirmed_at=platform_clock.now(),
        is_representative=True,
    )
    client = client_of(make_resident("甲家属", household))
    page = client.post("/represent/", {"what": "ask"}, follow=True).content.decode()
    assert old.person and "已经告诉社区" in page and "户代表和社区" not in page and "户代表或社区" not in page
    assert titles(clerk), "the community was"


def test_the_clerk_may_leave_it_and_says_so(partner: User, resident: User, client_of: ClientOf, clerk: User) -> None:
    client_of(partner).post("/represent/", {"what": "ask"})
    home = Residence.objects.get(person__user=partner)
    client_of(clerk).post(f"/admin/residents/residence/{home.pk}/do/keep-representative/")
    assert Residence.objects.get(person__user=resident).is_representative
    assert titles(partner)[-1] == "户代表没有更换"


def test_nobody_else_answers_for_the_household(
    partner: User, resident: User, neighbour: User, client_of: ClientOf
) -> None:
    client_of(partner).post("/represent/", {"what": "ask"})
    page = client_of(resident).get("/represent/").content.decode()
    request = page.partition('name="request" value="')[2].partition('"')[0]
    for somebody in (neighbour, partner):
        assert client_of(somebody).post("/represent/", {"what": "yes", "request": request}).status_code == 403
    assert Residence.objects.get(person__user=resident).is_representative


def test_nothing_waits_for_who_has_moved_out(partner: User, resident: User, client_of: ClientOf, clerk: User) -> None:
    client_of(partner).post("/represent/", {"what": "ask"})
    home = Residence.objects.get(person__user=partner)
    actions.move_out(home, by=clerk)
    assert not Deadline.objects.of(home).open().exists()


def test_a_minor_does_not_ask(household: Household, resident: User, client_of: ClientOf) -> None:
    child = make_resident("甲孩子", household, adult=False)
    answer = client_of(child).post("/represent/", {"what": "ask"})
    assert answer.status_code == 422 and "满18岁才能当户代表" in answer.content.decode()
