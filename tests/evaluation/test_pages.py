"""The pages of rating: five big rows on the phone, paper by two people, results when they may be seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from evaluation.actions import callbacks
from evaluation.actions.paper import register_paper, void_paper
from evaluation.actions.surveys import rate
from evaluation.models import Answer, CallBack, Survey
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.clock import CHINA, midnight, now
from minshi.residents.actions import move_out
from minshi.territory.models import Household
from proposals.models import Proposal
from tests.cast import home_of, make_resident
from tests.conftest import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.walked("raters", "survey")]

ClientOf = Callable[[User | None], Client]


def test_a_resident_rates_on_the_phone_and_gets_a_receipt(
    survey: Survey, raters: list[User], client_of: ClientOf
) -> None:
    client, url = client_of(raters[0]), f"/projects/{survey.proposal.number}/rate/"
    page = client.get(url).content.decode()
    assert all(label in page for label in ("非常满意", "满意", "基本满意", "不满意", "非常不满意"))
    answer = client.post(url, {"level": "2", "quality": "1", "advice": "再装一盏"}, follow=True).content.decode()
    assert "您家已经打过分" in answer and "再装" not in answer
    said = Answer.objects.get()
    assert (said.level, said.quality, said.price, said.advice) == (2, 1, None, "再装一盏")
    assert 'value="2"' in client.get(f"{url}?change=1").content.decode()


def test_an_empty_answer_is_refused_and_nothing_typed_is_lost(
    survey: Survey, raters: list[User], client_of: ClientOf
) -> None:
    answer = client_of(raters[0]).post(f"/projects/{survey.proposal.number}/rate/", {"advice": "灯太亮"})
    assert answer.status_code == 422
    assert "灯太亮" in answer.content.decode() and "请选一个评价" in answer.content.decode()


@pytest.mark.walked("survey")
def test_who_does_not_benefit_reads_why(survey: Survey, stranger: User, client_of: ClientOf) -> None:
    url = f"/projects/{survey.proposal.number}/rate/"
    answer = client_of(stranger).get(url)
    assert (answer.status_code, "名单" in answer.content.decode()) == (403, True)
    assert client_of(stranger).post(url, {"level": "1"}).status_code == 403
    assert not Answer.objects.exists()


def test_after_the_end_the_page_says_so(survey: Survey, raters: list[User], client_of: ClientOf, clock: Clock) -> None:
    client = client_of(raters[0])
    clock.move(days=8)
    answer = client.post(f"/projects/{survey.proposal.number}/rate/", {"level": "1"})
    assert "截止" in answer.content.decode() and not Answer.objects.exists()


@pytest.mark.walked("survey")
def test_a_visitor_is_sent_to_sign_in(survey: Survey, client: Client) -> None:
    assert client.get(f"/projects/{survey.proposal.number}/rate/").status_code == 302


def test_the_result_is_hidden_until_the_end(
    survey: Survey, client: Client, answered: Callable[..., None], until: Callable[..., None], clock: Clock
) -> None:
    answered(survey, good=32, bad=8)
    clock.move(hours=6)
    url = f"/projects/{survey.proposal.number}/ratings/"
    page = client.get(url).content.decode()
    assert "40" in page and "满意率" not in page and "80%" not in page
    until(survey.closes_at)
    page = client.get(url).content.decode()
    assert "80%" in page and "达标" in page


def test_how_many_answered_is_told_as_of_fixed_hours(
    survey: Survey, raters: list[User], fifty: list[Household], chief: User, client: Client, clock: Clock
) -> None:
    """The hours are policy: 0, 6, 12 and 18 o'clock. Whoever reads the page all day long learns no minute."""

    def told() -> int:
        page = client.get(f"/projects/{survey.proposal.number}/ratings/").content.decode()
        found = re.search(r"已答卷.*?(\d+)", page.split("<main")[1], re.DOTALL)
        assert found
        return int(found[1])

    next_hour = midnight(survey.opens_at.astimezone(CHINA).date()) + timedelta(days=1)
    platform_clock.set_to(next_hour - timedelta(hours=3))
    rate(survey, level=1, by=raters[0])
    sheet = register_paper(survey.roll.units.get(household=fifty[10]), receipt_id=uuid4(), by=chief)
    clock.move(hours=2, minutes=59)
    assert told() == 0
    clock.move(minutes=2)
    assert told() == 2
    rate(survey, level=5, by=raters[0])  # a change takes nobody off the count
    void_paper(sheet, reason="登记错了门牌", by=chief)
    rate(survey, level=1, by=raters[1])
    clock.move(hours=5, minutes=58)
    assert told() == 2
    clock.move(minutes=2)
    assert told() == 2  # one came, one was taken back
    platform_clock.set_to(survey.closes_at)
    assert told() == 2


@pytest.mark.walked(None)
def test_the_ratings_page_asks_little(
    survey: Survey, client: Client, answered: Callable[..., None], django_assert_max_num_queries: Callable[..., object]
) -> None:
    answered(survey, good=20, bad=4)
    with django_assert_max_num_queries(6):
        client.get(f"/projects/{survey.proposal.number}/ratings/")


def test_rating_asks_little(
    survey: Survey, raters: list[User], client_of: ClientOf, django_assert_max_num_queries: Callable[..., object]
) -> None:
    client, url = client_of(raters[0]), f"/projects/{survey.proposal.number}/rate/"
    client.get(url)
    with django_assert_max_num_queries(10):
        client.get(url)


def test_my_things_name_the_survey_until_my_household_has_answered(
    survey: Survey, raters: list[User], client_of: ClientOf
) -> None:
    url = f"/projects/{survey.proposal.number}/rate/"
    client = client_of(raters[0])
    page = client.get("/mine/").content.decode()
    assert url in page and "已打分" not in page
    rate(survey, level=1, by=raters[0])
    page = client.get("/mine/").content.decode()
    assert page.count(url) == 1 and "已打分" in page


@pytest.mark.walked("survey")
def test_the_projects_page_says_what_happens_now(survey: Survey, client: Client) -> None:
    page = client.get(survey.proposal.get_absolute_url()).content.decode()
    assert f"/projects/{survey.proposal.number}/rate/" in page and "大家打分" in page


# --- Call-backs -------------------------------------------------------------------------------------


def test_the_rater_confirms_on_the_phone(
    discontent: Callable[..., CallBack], raters: list[User], clerk: User, supervisor: User, client_of: ClientOf
) -> None:
    called = discontent()
    callbacks.contact(called, findings="上门看过，灯罩松动", task="灯罩松动要固定", by=supervisor)
    callbacks.mend(called, measures="重新固定了灯罩", by=clerk)
    client, url = client_of(raters[0]), f"/callbacks/{called.token}/"
    assert url in client.get("/mine/").content.decode()
    assert "重新固定了灯罩" in client.get(url).content.decode()
    refused = client.post(url, {"verdict": "no", "reason": ""})
    assert refused.status_code == 422
    assert client.post(url, {"verdict": "yes"}).status_code == 302
    called.refresh_from_db()
    assert called.outcome == "confirmed"


@pytest.mark.parametrize("who", ["neighbour", "chief", "stranger_clerk", "approver", "moved in"])
def test_a_neighbour_does_not_see_who_was_discontent(
    discontent: Callable[..., CallBack],
    request: pytest.FixtureRequest,
    household: Household,
    client_of: ClientOf,
    who: str,
) -> None:
    """The chief lives next door too, and so does whoever moves in behind the door afterwards."""
    called = discontent()
    nobody = make_resident("亥新来", household, since=now()) if who == "moved in" else request.getfixturevalue(who)
    client = client_of(nobody)
    assert client.get(f"/callbacks/{called.token}/").status_code == 403
    assert client.get(f"/callbacks/{called.pk}/").status_code == 404


def test_call_backs_have_no_numbers_in_a_row(discontent: Callable[..., CallBack], client_of: ClientOf) -> None:
    called = discontent()
    assert str(called.pk) not in called.get_absolute_url().split("/") and called.token.version == 4


@pytest.mark.parametrize("agrees", [False, True])
def test_who_mends_reads_what_to_mend_and_neither_door_nor_level_nor_words(
    discontent: Callable[..., CallBack], clerk: User, supervisor: User, client_of: ClientOf, agrees: bool
) -> None:
    called = discontent(level=5, advice="灯罩晃得厉害")
    callbacks.contact(called, findings="上门看过确实松了", task="灯罩松动要固定", shares_words=agrees, by=supervisor)
    url, door = f"/callbacks/{called.token}/", called.answer.unit.household
    pages = [
        client_of(clerk).get(address).content.decode()
        for address in (url, f"/admin/evaluation/callback/{called.pk}/change/", "/admin/evaluation/callback/")
    ]
    assert "灯罩松动要固定" in pages[0] and "灯罩松动要固定" in pages[1]
    for page in pages:
        assert door.door not in page and "非常不满意" not in page and "上门看过确实松了" not in page
    assert ("灯罩晃得厉害" in pages[0]) is agrees
    page = client_of(supervisor).get(url).content.decode()
    assert all(word in page for word in (door.door, "非常不满意", "灯罩晃得厉害", "上门看过确实松了"))


def test_the_form_says_who_sees_what(survey: Survey, raters: list[User], client_of: ClientOf) -> None:
    page = client_of(raters[0]).get(f"/projects/{survey.proposal.number}/rate/").content.decode()
    for words in ("谁看得到", "居务监督委员会和街道经办", "社区工作人员都看不到", "您同意了才看得到原话", "校验码"):
        assert words in page


def test_who_moved_in_does_not_read_how_the_door_was_rated(
    survey: Survey, raters: list[User], household: Household, chief: User, client_of: ClientOf
) -> None:
    rate(survey, level=5, advice="灯罩晃得厉害", by=raters[0])
    move_out(home_of(raters[0]), by=chief)
    moved_in = make_resident("亥新来", household, represents=True, since=now())
    for query in ("", "?change=1"):
        answer = client_of(moved_in).get(f"/projects/{survey.proposal.number}/rate/{query}")
        page = answer.content.decode()
        assert answer.status_code == 403 and "灯罩晃得厉害" not in page and "非常不满意" not in page


# --- The report -------------------------------------------------------------------------------------


@pytest.mark.walked("survey")
def test_the_report_states_its_line_from_the_data(survey: Survey, client: Client, street: object) -> None:
    page = client.get("/report/990101/").content.decode()
    assert "共申报 1 项" in page and "受益 50 户" in page and "1 个街道" in page
    assert client.get("/report/990101/?year=1999").status_code == 404
    assert client.get("/report/000000/").status_code == 404


@pytest.mark.walked("survey")
def test_the_report_is_a_fixed_number_of_queries(
    survey: Survey, client: Client, django_assert_max_num_queries: Callable[..., object]
) -> None:
    with django_assert_max_num_queries(11):
        client.get("/report/990101/")


@pytest.mark.walked(None)
def test_a_project_without_a_survey_has_its_empty_pages(
    accepted: Proposal, client: Client, raters: list[User], client_of: ClientOf
) -> None:
    assert client.get(f"/projects/{accepted.number}/ratings/").status_code == 200
    assert client_of(raters[0]).get(f"/projects/{accepted.number}/rate/").status_code == 200
    assert client_of(raters[0]).get(f"/projects/{accepted.number}/ratings/paper/").status_code == 404
    assert client.get(f"/projects/{accepted.number}/archive/zip/").status_code == 404
