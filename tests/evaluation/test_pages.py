"""The pages of rating: five big rows on the phone, paper by two people, results when they may be seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from evaluation.actions import callbacks
from evaluation.actions.surveys import rate
from evaluation.models import Answer, CallBack, Survey
from minshi.accounts.models import User
from proposals.models import Proposal
from tests.conftest import Clock

pytestmark = pytest.mark.django_db

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


def test_a_visitor_is_sent_to_sign_in(survey: Survey, client: Client) -> None:
    assert client.get(f"/projects/{survey.proposal.number}/rate/").status_code == 302


def test_the_result_is_hidden_until_the_end(
    survey: Survey, client: Client, answered: Callable[..., None], until: Callable[..., None]
) -> None:
    answered(survey, good=32, bad=8)
    url = f"/projects/{survey.proposal.number}/ratings/"
    page = client.get(url).content.decode()
    assert "40" in page and "满意率" not in page and "80%" not in page
    until(survey.closes_at)
    page = client.get(url).content.decode()
    assert "80%" in page and "达标" in page


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
    assert url in client.get("/mine/").content.decode()
    rate(survey, level=1, by=raters[0])
    assert url not in client.get("/mine/").content.decode()


def test_the_projects_page_says_what_happens_now(survey: Survey, client: Client) -> None:
    page = client.get(survey.proposal.get_absolute_url()).content.decode()
    assert f"/projects/{survey.proposal.number}/rate/" in page and "大家打分" in page


# --- Call-backs -------------------------------------------------------------------------------------


def test_the_rater_confirms_on_the_phone(survey: Survey, raters: list[User], clerk: User, client_of: ClientOf) -> None:
    rate(survey, level=5, by=raters[0])
    called = CallBack.objects.get()
    callbacks.contact(called, findings="上门看过，灯罩松动", by=clerk)
    callbacks.mend(called, measures="重新固定了灯罩", by=clerk)
    client = client_of(raters[0])
    assert f"/callbacks/{called.pk}/" in client.get("/mine/").content.decode()
    assert "重新固定了灯罩" in client.get(f"/callbacks/{called.pk}/").content.decode()
    refused = client.post(f"/callbacks/{called.pk}/", {"verdict": "no", "reason": ""})
    assert refused.status_code == 422
    assert client.post(f"/callbacks/{called.pk}/", {"verdict": "yes"}).status_code == 302
    called.refresh_from_db()
    assert called.outcome == "confirmed"


def test_a_neighbour_does_not_see_who_was_discontent(
    survey: Survey, raters: list[User], neighbour: User, stranger_clerk: User, client_of: ClientOf
) -> None:
    rate(survey, level=5, by=raters[0])
    called = CallBack.objects.get()
    for nobody in (neighbour, stranger_clerk):
        assert client_of(nobody).get(f"/callbacks/{called.pk}/").status_code == 403


# --- The report -------------------------------------------------------------------------------------


def test_the_report_states_its_line_from_the_data(survey: Survey, client: Client, street: object) -> None:
    page = client.get("/report/990101/").content.decode()
    assert "共申报 1 项" in page and "受益 50 户" in page and "1 个街道" in page
    assert client.get("/report/990101/?year=1999").status_code == 404
    assert client.get("/report/000000/").status_code == 404


def test_the_report_is_a_fixed_number_of_queries(
    survey: Survey, client: Client, django_assert_max_num_queries: Callable[..., object]
) -> None:
    with django_assert_max_num_queries(8):
        client.get("/report/990101/")


def test_a_project_without_a_survey_has_its_empty_pages(
    accepted: Proposal, client: Client, raters: list[User], client_of: ClientOf
) -> None:
    assert client.get(f"/projects/{accepted.number}/ratings/").status_code == 200
    assert client_of(raters[0]).get(f"/projects/{accepted.number}/rate/").status_code == 200
    assert client_of(raters[0]).get(f"/projects/{accepted.number}/ratings/paper/").status_code == 404
    assert client.get(f"/projects/{accepted.number}/archive/zip/").status_code == 404
