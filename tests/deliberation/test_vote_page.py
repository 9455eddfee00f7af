"""/projects/<number>/vote/: one question, three answers, one button, a receipt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deliberation import actions
from deliberation.models import Ballot, Motion
from minshi.accounts.models import User
from minshi.residents.models import Residence
from minshi.territory.models import Household
from tests.cast import home_of, make_resident
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def url(motion: Motion) -> str:
    return f"/projects/{motion.proposal.number}/vote/"


def answer(asked: Motion, choice: str = "agree", **more: Any) -> dict[str, Any]:
    return {"choice": choice, "motion": asked.pk, "receipt": str(uuid4())} | more


def test_the_question_the_answers_and_the_household_are_on_one_page(
    motion: Motion, resident: User, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    client = client_of(resident)
    with django_assert_max_num_queries(12):
        page = client.get(url(motion))
    text = page.content.decode()
    assert page.status_code == 200
    for words in (motion.question, "不同意", "弃权", "交票", "样板巷1号院1栋101", "一户一票"):
        assert words in text


def test_it_is_kept_by_nobody(motion: Motion, resident: User, client_of: ClientOf) -> None:
    assert "no-store" in client_of(resident).get(url(motion)).headers["Cache-Control"]


def test_a_vote_leads_to_its_receipt(motion: Motion, resident: User, client_of: ClientOf) -> None:
    client = client_of(resident)
    answered = client.post(url(motion), answer(motion))
    ballot = Ballot.objects.get()
    assert answered.status_code == 302
    assert answered.url.replace("-", "") == f"/receipts/{ballot.slip_number}/"
    page = client.get(answered.url).content.decode()
    assert "已收到您家的票" in page
    assert "同意" in page


@pytest.mark.django_db(transaction=True)
def test_voting_is_one_statement_beside_session_and_person(motion: Motion, resident: User, client_of: ClientOf) -> None:
    client = client_of(resident)
    client.get(url(motion))
    with CaptureQueriesContext(connection) as queries:
        client.post(url(motion), answer(motion))
    asked = [query["sql"].split()[0] + " " + query["sql"].split("FROM ")[-1].split()[0] for query in queries]
    assert len(queries) <= 3, asked
    assert sum("cast_ballot" in query["sql"] for query in queries) == 1


def test_pressing_twice_is_one_vote_and_one_receipt(motion: Motion, resident: User, client_of: ClientOf) -> None:
    client, sent = client_of(resident), answer(motion)
    assert client.post(url(motion), sent).url == client.post(url(motion), sent).url
    assert Ballot.objects.count() == 1


def test_a_page_pressed_again_with_another_choice_says_what_was_cast(
    motion: Motion, resident: User, client_of: ClientOf
) -> None:
    client, sent = client_of(resident), answer(motion)
    client.post(url(motion), sent)
    page = client.post(url(motion), {**sent, "choice": "against"})
    assert page.status_code == 422
    assert "已经投了“同意”，没有改动" in page.content.decode()
    assert Ballot.objects.get().choice == "agree"


def test_nothing_chosen_is_said_beside_the_question(motion: Motion, resident: User, client_of: ClientOf) -> None:
    page = client_of(resident).post(url(motion), answer(motion, choice=""))
    assert page.status_code == 422
    assert "请先选一项" in page.content.decode()


def test_the_earlier_choice_is_shown_and_can_be_changed(motion: Motion, resident: User, client_of: ClientOf) -> None:
    actions.cast(motion, "agree", receipt_id=uuid4(), by=resident)
    client = client_of(resident)
    page = client.get(url(motion)).content.decode()
    assert "已经投了“同意”" in page
    assert "改票" in page
    client.post(url(motion), answer(motion, choice="against"))
    assert Ballot.objects.get().choice == "against"


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        ("stranger", "不在这次投票的名册里"),
        ("minor", "满18岁才能投票"),
        ("son", "户代表"),
        ("unconfirmed", "还没有核实"),
        ("clerk", "还没有登记住在哪一户"),
    ],
)
def test_who_cannot_vote_reads_why(
    request: pytest.FixtureRequest, motion: Motion, client_of: ClientOf, who: str, reason: str
) -> None:
    client = client_of(request.getfixturevalue(who))
    page = client.get(url(motion)).content.decode()
    assert reason in page
    assert "交票" not in page
    refused = client.post(url(motion), answer(motion))
    assert refused.status_code == 422
    assert reason in refused.content.decode()
    assert not Ballot.objects.exists()


def test_who_cannot_change_it_is_not_told_that_it_can_be_changed(
    motion: Motion, resident: User, household: Household, chief: User, client_of: ClientOf
) -> None:
    """Beside "以纸质票为准" stood "截止前可以改"."""
    unit = motion.roll.units.get(household=household)
    actions.register_paper(unit, receipt_id=uuid4(), photo=a_picture(), choice="agree", by=chief)
    page = client_of(resident).get(f"/projects/{motion.proposal.number}/vote/").content.decode()
    assert "以纸质票为准" in page and "截止前可以改" not in page


def test_who_is_not_on_the_roll_hears_that_first(motion: Motion, client_of: ClientOf, stranger: User) -> None:
    """Somebody of another building was sent to a representative whose household has no ballot here either."""
    home = home_of(stranger)
    partner = make_resident("巳家属", home.household)
    minor = make_resident("巳少年", home.household, adult=False)
    Residence.objects.filter(pk=home.pk).update(is_representative=True)
    for user in (partner, minor):
        page = client_of(user).get(f"/projects/{motion.proposal.number}/vote/").content.decode()
        assert "您家不在这次投票的名册里" in page
        assert "户代表" not in page and "满18岁" not in page


def test_a_visitor_signs_in_first(motion: Motion, client_of: ClientOf) -> None:
    answered = client_of(None).get(url(motion))
    assert answered.status_code == 302
    assert f"next={url(motion)}" in answered.url


def test_another_member_reads_that_the_household_has_voted(
    motion: Motion, member: User, other_member: User, client_of: ClientOf
) -> None:
    actions.cast(motion, "agree", receipt_id=uuid4(), by=member)
    refused = client_of(other_member).post(url(motion), answer(motion, choice="against"))
    assert refused.status_code == 422
    assert "家里另一位成员" in refused.content.decode()


def test_after_the_end_it_says_so(motion: Motion, resident: User, client_of: ClientOf, way: Way) -> None:
    client = client_of(resident)
    way.to_counting(motion)
    refused = client.post(url(motion), answer(motion))
    assert refused.status_code == 422
    assert "24:00 截止" in refused.content.decode()


def test_once_published_it_leads_to_the_result(motion: Motion, resident: User, client_of: ClientOf, way: Way) -> None:
    way.vote_on_paper(motion.proposal, agree=8)
    answered = client_of(resident).get(url(motion))
    assert answered.url == f"/projects/{motion.proposal.number}/votes/"


@pytest.mark.parametrize("sent", [{"motion": "x"}, {"motion": 10**30}, {"receipt": "nonsense"}, {"motion": ""}])
def test_a_broken_request_is_no_vote_and_no_error(
    motion: Motion, resident: User, client_of: ClientOf, sent: dict[str, Any]
) -> None:
    assert client_of(resident).post(url(motion), answer(motion, **sent)).status_code == 422
    assert not Ballot.objects.exists()


def test_a_motion_that_does_not_exist_is_not_found(motion: Motion, resident: User, client_of: ClientOf) -> None:
    assert client_of(resident).post(url(motion), answer(motion, motion=999_999)).status_code == 404
    assert client_of(resident).get("/projects/2000-99999/vote/").status_code == 404


def test_a_forged_request_from_another_site_is_refused(motion: Motion, resident: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(resident, backend="minshi.accounts.backends.AccountBackend")
    assert client.post(url(motion), answer(motion)).status_code == 403
    assert not Ballot.objects.exists()


@pytest.mark.parametrize("written", [{"receipt": ""}, {"motion": "{0}.0"}, {"motion": " {0} ", "receipt": ""}])
def test_what_the_form_takes_is_a_vote_however_it_is_written(
    written: dict[str, str], motion: Motion, resident: User, client_of: ClientOf
) -> None:
    sent = answer(motion) | {name: value.format(motion.pk) for name, value in written.items()}
    answered = client_of(resident).post(url(motion), sent)
    assert answered.status_code == 302 and "/receipts/" in answered.url
    assert Ballot.objects.count() == 1


@pytest.mark.parametrize(
    "written", [{"motion": "34.5"}, {"motion": "x"}, {"motion": ""}, {"receipt": "x"}, {"choice": "x"}, {"choice": ""}]
)
def test_what_it_does_not_take_is_said(
    written: dict[str, str], motion: Motion, resident: User, client_of: ClientOf
) -> None:
    answered = client_of(resident).post(url(motion), answer(motion) | written)
    assert answered.status_code == 422 and "处要看一下" in answered.content.decode()
    assert not Ballot.objects.exists()


def test_a_vote_that_is_not_there_is_not_found(motion: Motion, resident: User, client_of: ClientOf) -> None:
    assert client_of(resident).post(url(motion), answer(motion, motion="999999.0")).status_code == 404
