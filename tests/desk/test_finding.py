"""The desk is searched, narrowed and turned over page by page; each row leads where the step is."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zlib import crc32

import pytest
from django.contrib import admin
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evaluation.rules import collects_paper
from funding import actions as funding
from funding.models import Contribution, Milestone
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.audit.models import Event
from minshi.deadlines.models import Deadline
from minshi.desk.deskwork import DeskForm
from minshi.health.models import AlarmTrial
from minshi.ledger.money import format_yuan
from minshi.lifecycle import permits
from minshi.lifecycle.machine import all_machines
from minshi.mydata.models import Correction
from minshi.residents.models import STAFF_ROLES, Residence, Role
from minshi.signin.models import Joining, LostNumber, SecurityEvent
from minshi.territory.models import Household
from proposals import actions
from proposals.models import Proposal
from tests.cast import grant, make_resident, make_staff
from tests.desk.test_scope import REGISTERED, do_of, list_of, page_of
from tests.way import Way, a_picture, wait_until_over

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
DESK = "/admin/"
SIDEBAR = re.compile(r'<div class="desk">.*', re.DOTALL)


def desk(client: Client, **asked: str) -> str:
    page = client.get(DESK, asked)
    assert page.status_code == 200
    found = SIDEBAR.search(page.content.decode())
    assert found
    return found[0]


STAGES = (
    "submitted", "cosigned", "consulting", "deciding", "announced", "handling", "raising", "funded", "accepting",
    "accepted", "rating", "rated", "settling",
)  # fmt: skip


@pytest.mark.parametrize("stage", [pytest.param(stage, marks=pytest.mark.walked(stage)) for stage in STAGES])
def test_each_row_of_a_desk_leads_to_a_page_with_something_to_do(way: Way, client_of: ClientOf, stage: str) -> None:
    came = getattr(way, stage)()
    proposal = came if isinstance(came, Proposal) else came.proposal
    if stage == "submitted":
        wait_until_over(proposal)
    tasks = Deadline.objects.tasks().filter(role__in=STAFF_ROLES, title__contains=proposal.title)
    assert tasks or stage == "rating"
    for task in tasks:
        client = client_of(way.who(task.role))
        rows = re.findall(r'<td><a href="([^"]+)">([^<]+)</a>', desk(client))
        urls = [url for url, title in rows if title == task.title]
        assert urls, task.title
        page = client.get(urls[0], follow=True).content.decode()
        assert "/do/" in page or '<form method="post"' in page, (task.title, urls)


@pytest.mark.walked("raising", "clerk")
def test_raising_money_is_done_from_the_projects_page(way: Way, client_of: ClientOf, clerk: User) -> None:
    """筹集资金 led to a page of the project that had none of the buttons."""
    proposal = way.raising()
    page = client_of(clerk).get(page_of(proposal)).content.decode()
    assert do_of(proposal.purse, "announce") in page and "资金落实，发布资金公示" in page
    assert (
        do_of(proposal.purse, "announce")
        not in client_of(way.who("supervisor")).get(page_of(proposal)).content.decode()
    )


def test_a_search_finds_by_words_and_by_number(way: Way, client_of: ClientOf, clerk: User) -> None:
    first = way.cosigned(title="装一盏路灯")
    second = way.cosigned(title="修一段院墙")
    client = client_of(clerk)
    assert first.title in desk(client, q="路灯") and second.title not in desk(client, q="路灯")
    assert second.title in desk(client, q=second.number) and first.title not in desk(client, q=second.number)
    for odd in ("%", "'", "　", "x" * 5000):
        assert client.get(DESK, {"q": odd}).status_code == 200


def test_it_is_narrowed_to_what_is_late(way: Way, client_of: ClientOf, clerk: User) -> None:
    proposal = way.cosigned()
    actions.wish(place=way.yard, text="想要一张长椅", by=way.who("resident"))
    platform_clock.set_to(proposal.due_at)
    Deadline.objects.filter(kind="wish").update(due=proposal.due_at.replace(year=2030))
    page = desk(client_of(clerk), show="overdue")
    assert proposal.title in page and "长椅" not in page
    page = desk(client_of(clerk), show="later")
    assert proposal.title not in page and "长椅" in page


def test_the_district_sees_what_is_supervised_and_by_whom_it_is_held(
    way: Way, client_of: ClientOf, district_officer: User, case_officer: User
) -> None:
    watched, other = way.handling(title="修一座桥"), way.cosigned(title="种一排树")
    for _tier in range(3):
        wait_until_over(watched)
    watched.refresh_from_db()
    assert watched.supervised_at
    page = desk(client_of(district_officer), show="supervised")
    assert watched.title in page and "区牵头部门" in page and other.title not in page
    assert watched.title not in desk(client_of(case_officer), holder="all")
    assert other.title in desk(client_of(district_officer), holder="clerk")
    assert watched.title not in desk(client_of(district_officer), holder="clerk")
    assert {watched.title, other.title} <= set(
        re.findall("修一座桥|种一排树", desk(client_of(district_officer), holder="all"))
    )


def test_whoever_works_elsewhere_finds_nothing(way: Way, client_of: ClientOf, stranger_clerk: User) -> None:
    proposal = way.cosigned()
    for asked in ({"holder": "all"}, {"holder": "clerk"}, {"show": "supervised"}, {"q": proposal.title}):
        assert f">{proposal.title}" not in desk(client_of(stranger_clerk), **asked)
        assert "等待表决" not in desk(client_of(stranger_clerk), **asked)


def test_fifty_and_more_are_turned_over_page_by_page(way: Way, client_of: ClientOf, clerk: User) -> None:
    for number in range(120):
        actions.wish(place=way.yard, text=f"心愿{number:03d}", by=way.who("resident"))
    Deadline.objects.filter(kind="wish").update(due=platform_clock.now() + timedelta(days=3))
    client, url, seen = client_of(clerk), f"{DESK}?show=week", []
    for _page in range(5):
        page = client.get(url).content.decode()
        seen += re.findall(r"心愿(\d{3})</a>", page)
        following = re.search(r'href="(\?[^"]*after=[^"]*)"', page)
        if following is None:
            break
        url = DESK + following[1].replace("&amp;", "&")
    assert sorted(seen) == [f"{number:03d}" for number in range(120)]


def test_every_page_of_a_desk_says_how_many_there_are_in_all(way: Way, client_of: ClientOf, clerk: User) -> None:
    """The second page of sixty said 10 件."""
    for number in range(60):
        actions.wish(place=way.yard, text=f"心愿{number:03d}", by=way.who("resident"))
    platform_clock.move(timedelta(days=60))
    client = client_of(clerk)
    first = desk(client, show="overdue")
    following = re.search(r'href="(\?[^"]*after=[^"]*)"', first)
    assert following
    for page in (first, client.get(DESK + following[1].replace("&amp;", "&")).content.decode()):
        assert re.search(r"已逾期 <small>60 件</small>", page)


NUMBERS = ("{year}-{digits}", "{digits}", "{year}-{short}", "{short}", "０００{short}", "{year}－{digits}")


@pytest.mark.parametrize("written", NUMBERS)
def test_a_number_is_found_with_and_without_its_zeros(
    way: Way, client_of: ClientOf, clerk: User, client: Client, written: str
) -> None:
    sought, other = way.cosigned(title="装一盏路灯"), way.cosigned(title="修一段院墙")
    year, digits = sought.number.split("-")
    asked = written.format(year=year, digits=digits, short=digits.lstrip("0"))
    for page in (
        desk(client_of(clerk), q=asked),
        client_of(clerk).get(list_of(Proposal), {"q": asked}).content.decode(),
        client.get(reverse("projects"), {"q": asked}).content.decode(),
    ):
        assert sought.title in page and other.title not in page


@pytest.mark.walked("raising", "supervisor")
def test_what_waits_with_a_projects_money_is_found_by_its_number(
    way: Way, client_of: ClientOf, supervisor: User
) -> None:
    proposal = way.raising()
    given = funding.record_contribution(
        proposal, household=way.households[0], amount_fen=100, voucher="收据〔2026〕8号", photo=a_picture(),
        by=way.who("clerk"),
    )  # fmt: skip
    waiting = Deadline.objects.of(given).get()
    assert proposal.number not in waiting.title + waiting.url
    assert waiting.title in desk(client_of(supervisor), q=proposal.number)
    assert waiting.title not in desk(client_of(supervisor), q="2099-00001")


LISTS_OF_A_FEW = {Event, SecurityEvent, Correction, Joining, LostNumber, AlarmTrial}
"""Lists without a search, of the district alone, or with their own (tests/desk/test_register.py)."""


ODD = ("%", "'", "　", "2026-6", "灯 院", "x" * 5000)


def odd_words(model: type[models.Model]) -> tuple[str, ...]:
    """All lists search in one way: two of the words each by turns, every one of them in the drill."""
    at = crc32(model._meta.label.encode()) % len(ODD)
    return ODD if os.environ.get("MINSHI_DRILL") else (ODD[at], ODD[(at + 3) % len(ODD)])


@pytest.mark.drill
@pytest.mark.parametrize("model", [each for each in REGISTERED if each not in LISTS_OF_A_FEW], ids=str)
def test_every_long_list_has_a_search(model: type[models.Model], clerk: User, client_of: ClientOf) -> None:
    page = client_of(clerk).get(list_of(model)).content.decode()
    assert 'name="q"' in page, model
    for odd in odd_words(model):
        assert client_of(clerk).get(list_of(model), {"q": odd}).status_code == 200


@pytest.mark.parametrize("asked", ["{number}", "路灯", "院里 路灯", "路灯　院里", "收据 8号", "〔２０２６〕８号"])
def test_money_is_found_by_project_and_voucher(way: Way, client_of: ClientOf, clerk: User, asked: str) -> None:
    first, second = way.raising(), way.raising(title="修一段院墙")
    sought, other = (
        funding.record_contribution(
            proposal, household=way.households[number], amount_fen=100, voucher=voucher, photo=a_picture(), by=clerk
        )
        for number, (proposal, voucher) in enumerate([(first, "收据〔2026〕8号"), (second, "凭证9")])
    )
    page = client_of(clerk).get(list_of(Contribution), {"q": asked.format(number=first.number)}).content.decode()
    assert page_of(sought) in page and page_of(other) not in page


@pytest.mark.walked("voting", "clerk", "households")
def test_paper_confirmations_and_pages_of_the_place_stand_on_the_desk(
    way: Way, client_of: ClientOf, clerk: User, households: list[Household]
) -> None:
    voting = way.voting()
    make_resident("新来的", households[9], confirmed=False)
    page = desk(client_of(clerk))
    assert reverse("paper", args=[voting.number]) in page
    assert reverse("confirm_residents") in page and "1 位居民说住在您这里" in page
    community = way.yard.parent
    for name in ("report", "place"):
        assert reverse(name, args=[community.code]) in page


@pytest.mark.walked("rating")
def test_paper_ratings_are_on_the_desk_of_whoever_takes_them_in(way: Way, client_of: ClientOf) -> None:
    survey = way.rating()
    proposal = survey.proposal
    for user in User.objects.filter(is_staff=True):
        shown = reverse("rating_paper", args=[proposal.number]) in desk(client_of(user))
        assert shown == bool(collects_paper(user, survey)), user.username


# --- A refusal says why ---------------------------------------------------------------------------


@pytest.mark.walked("deciding", "clerk")
def test_a_step_of_another_office_says_whose_it_is(way: Way, client_of: ClientOf, clerk: User) -> None:
    proposal = way.deciding()
    answer = client_of(clerk).get(do_of(proposal, "study"))
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "由这里的社区党组织办理" in page and "您是一社区工作人员" in page


@pytest.mark.walked("consulting", "clerk")
def test_a_step_that_is_over_says_where_the_matter_is(way: Way, client_of: ClientOf, clerk: User) -> None:
    proposal = way.consulting()
    answer = client_of(clerk).get(do_of(proposal, "open-vote"))
    assert answer.status_code == 403
    assert f"现在是“{proposal.get_stage_display()}”，不能办理“开始居民表决”" in answer.content.decode()


def test_a_step_of_another_person_says_so(way: Way, client_of: ClientOf) -> None:
    proposal = way.submitted(by=way.who("resident"))
    answer = client_of(way.who("neighbour")).get(reverse("withdraw", args=[proposal.number]))
    assert answer.status_code == 403
    assert "由提议人本人办理，您在这里是居民" in answer.content.decode()


def test_a_step_of_two_is_offered_to_the_other_alone_who_reads_what_it_is_about(
    way: Way, client_of: ClientOf, supervisor: User
) -> None:
    """复核到账 was offered to whoever wrote it down, and always refused; its form showed no sum."""
    proposal, other = way.raising(), make_staff("clerk2", "戊社工", Role.CLERK, way.yard.parent)  # type: ignore[arg-type]
    given = funding.record_contribution(
        proposal, household=way.households[0], amount_fen=123_456, voucher="收据8号", photo=a_picture(), by=other
    )
    assert do_of(given, "confirm") not in client_of(other).get(page_of(given)).content.decode()
    assert do_of(given, "confirm") not in client_of(other).get(page_of(proposal)).content.decode()
    refused = client_of(other).get(do_of(given, "confirm"))
    assert refused.status_code == 403 and "要由另一个人办理" in refused.content.decode()
    for second in (supervisor, way.who("clerk")):
        assert do_of(given, "confirm") in client_of(second).get(page_of(proposal)).content.decode()
        page = client_of(second).get(do_of(given, "confirm")).content.decode()
        assert "1,234.56 元" in page and "收据8号" in page and f"/vouchers/{given.pk}/" in page


def test_pot_money_and_gifts_in_work_are_confirmed_with_their_facts_before_ones_eyes(
    way: Way, client_of: ClientOf, supervisor: User
) -> None:
    proposal, pot = way.raising(), way.pot()
    given = funding.allocate(pot, amount_fen=123_456, document="拨〔2026〕77号", by=way.who("cashier"))
    for step in ("confirm", "reject"):
        page = client_of(way.who("approver")).get(do_of(given, step)).content.decode()
        assert "1,234.56 元" in page and "拨〔2026〕77号" in page
    work = funding.record_in_kind(proposal, who="张三", what="刷漆两天", value_fen=20_000, by=way.who("clerk"))
    for step in ("confirm", "reject"):
        page = client_of(supervisor).get(do_of(work, step)).content.decode()
        assert "刷漆两天" in page and "200.00 元" in page


def test_the_three_of_a_payment_are_offered_their_own_step_alone(way: Way, client_of: ClientOf) -> None:
    proposal, street = way.delivering(), way.who("approver").grants.get().place
    both = make_staff("both", "两职", Role.APPROVER, street)
    grant(both, Role.CASHIER, street)
    part = Milestone.objects.get(contract__proposal=proposal, kind="start")
    payment = funding.ask_payment(part, invoice="26112000000000000001", file=a_picture(), by=way.who("clerk"))
    assert do_of(payment, "approve") in client_of(both).get(page_of(payment)).content.decode()
    funding.approve_payment(payment, by=both)
    assert do_of(payment, "pay") not in client_of(both).get(page_of(payment)).content.decode()
    page = client_of(way.who("cashier")).get(do_of(payment, "pay")).content.decode()
    assert "26112000000000000001" in page and format_yuan(payment.amount_fen) in page


def all_desk_forms(base: type = DeskForm) -> set[type[DeskForm]]:
    return {base, *(each for kind in base.__subclasses__() for each in all_desk_forms(kind))}


def test_every_permission_of_a_step_says_whose_it_is() -> None:
    asked = {step.permission for machine in all_machines() for step in machine.steps if step.permission}
    asked |= {form.permission for form in all_desk_forms() if form.permission}
    assert asked <= permits.named(), sorted(asked - permits.named())


@pytest.mark.walked("raising", "clerk")
def test_no_step_of_the_desk_is_refused_without_a_reason(way: Way, client_of: ClientOf, clerk: User) -> None:
    proposal = way.raising()
    client = client_of(clerk)
    for thing in (proposal, proposal.purse):
        page: Any = admin.site.get_model_admin(type(thing))
        for form in page.desk_forms:
            if not form.offered(thing, clerk):
                answer = client.get(do_of(thing, form.name))
                assert answer.status_code == 403
                assert "“" in answer.content.decode().split("<h1>")[1], form
    assert Residence.objects.exists() and Proposal.objects.exists()


@pytest.mark.parametrize("page", ["question", "resource"])
def test_words_are_looked_up_in_their_index(way: Way, client_of: ClientOf, clerk: User, page: str) -> None:
    resident = way.who("resident")
    actions.ask("补助几点能领", by=resident)
    actions.offer(place=way.yard, kind="skill", title="几点都能修车", times="周六", by=resident)
    with CaptureQueriesContext(connection) as queries:
        said = client_of(clerk).get(f"/admin/proposals/{page}/", {"q": "几点"}).content.decode()
    assert "几点" in said and "没有找到" not in said
    asked = [query["sql"] for query in queries if "bigrams" in query["sql"]]
    assert asked and not any("LIKE UPPER" in query["sql"] for query in queries)
