"""提议: one form, from a phone; refusals beside the fields, nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from minshi.accounts.models import User
from minshi.territory.models import Household
from proposals import actions
from proposals.models import Proposal, Wish, WishStage
from tests.cast import make_resident
from tests.proposals.hostile import NOT_AMOUNTS, NOT_COUNTS, NUL, SCRIPT, TURNED, WORDS
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
URL = "/projects/propose/"


@pytest.fixture
def typed(way: Way) -> dict[str, Any]:
    return {**WORDS, "place": way.yard.pk}


@pytest.fixture
def phone(client_of: ClientOf, resident: User) -> Client:
    return client_of(resident)


def test_a_proposal_goes_in_and_its_receipt_shows_the_number(phone: Client, typed: dict[str, Any]) -> None:
    answer = phone.post(URL, {**typed, "photos": [a_picture()]}, follow=True)
    proposal = Proposal.objects.get()
    page = answer.content.decode()
    assert proposal.number in page and "已收到您的提议" in page
    assert proposal.version.shares == {"subsidy": 1_200_000}
    assert proposal.photos.count() == 1


def test_who_is_not_signed_in_is_sent_to_sign_in(way: Way, client: Client, typed: dict[str, Any]) -> None:
    assert client.get(URL).status_code == 302
    assert client.post(URL, typed)["Location"].startswith("/signin/")


def test_a_form_sent_twice_is_one_proposal(phone: Client, typed: dict[str, Any]) -> None:
    first, second = phone.post(URL, typed), phone.post(URL, typed)
    assert first["Location"] == second["Location"]
    assert Proposal.objects.count() == 1


@pytest.mark.parametrize("amount", NOT_AMOUNTS)
def test_amounts_are_plain_yuan(phone: Client, typed: dict[str, Any], amount: str) -> None:
    answer = phone.post(URL, {**typed, "cost": amount})
    assert answer.status_code == 422
    assert "请用数字填写金额" in answer.content.decode()
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("count", NOT_COUNTS)
def test_households_are_plain_digits(phone: Client, typed: dict[str, Any], count: str) -> None:
    answer = phone.post(URL, {**typed, "households": count, "people": count})
    assert answer.status_code == 422
    assert not Proposal.objects.exists()


def test_every_field_that_is_wrong_is_named_and_the_others_keep_their_words(
    phone: Client, typed: dict[str, Any]
) -> None:
    answer = phone.post(URL, {**typed, "title": "", "cost": "很多", "need": "特别长的说明" * 400})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count('class="error"') == 3
    for kept in ("很多", WORDS["plan"], WORDS["keeper"], "特别长的说明"):
        assert kept in page


def test_shares_above_the_cost_are_said_beside_the_cost(phone: Client, typed: dict[str, Any]) -> None:
    answer = phone.post(URL, {**typed, "cost": "100", "subsidy": "101"})
    assert answer.status_code == 422
    assert "超过了估计的费用" in answer.content.decode()


@pytest.mark.parametrize(("field", "words"), [("liable", "请先找物业"), ("private", "办大家的事")])
def test_the_negative_list_is_asked_as_questions(phone: Client, typed: dict[str, Any], field: str, words: str) -> None:
    answer = phone.post(URL, {**typed, field: "yes"})
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_titles_hold_no_invisible_letters_and_no_markup_runs(phone: Client, typed: dict[str, Any]) -> None:
    phone.post(URL, {**typed, "title": TURNED, "need": SCRIPT})
    proposal = Proposal.objects.get()
    assert proposal.title == "路灯灯路"
    page = phone.get(proposal.get_absolute_url()).content.decode()
    assert "<script>alert" not in page


def test_nul_is_dropped_or_refused_never_a_500(phone: Client, typed: dict[str, Any]) -> None:
    answer = phone.post(URL, {**typed, "title": NUL, "spot": NUL})
    assert answer.status_code in (302, 422)


def test_many_short_mail_addresses_do_not_outgrow_their_column(phone: Client, typed: dict[str, Any]) -> None:
    answer = phone.post(URL, {**typed, "spot": "a@b.cc" * 20, "title": "a@b.cc " * 8})
    assert answer.status_code == 302


def test_only_ones_own_places_are_offered_and_taken(phone: Client, typed: dict[str, Any], other_yard: Any) -> None:
    page = phone.get(URL).content.decode()
    assert "样板巷1号院（一社区）" in page and other_yard.name not in page
    answer = phone.post(URL, {**typed, "place": other_yard.pk})
    assert answer.status_code == 422
    assert not Proposal.objects.exists()


def test_somebody_not_yet_confirmed_is_told_what_to_do_first(client_of: ClientOf, way: Way) -> None:
    newcomer = make_resident("新来的", None)
    page = client_of(newcomer).get(URL).content.decode()
    assert "要先登记您住在哪一户" in page and "我住在……" in page
    assert client_of(newcomer).post(URL, {**WORDS, "place": way.yard.pk}).status_code == 422


def test_a_fourteen_year_old_may_propose(client_of: ClientOf, household: Household, typed: dict[str, Any]) -> None:
    child = make_resident("小同学", household, adult=False)
    assert client_of(child).post(URL, typed).status_code == 302


def test_ones_own_wish_becomes_a_proposal(phone: Client, typed: dict[str, Any], way: Way, resident: User) -> None:
    wish = actions.wish(place=way.yard, text="想要一盏灯", by=resident)
    assert "想要一盏灯" in phone.get(f"{URL}?wish={wish.pk}").content.decode()
    phone.post(f"{URL}?wish={wish.pk}", typed)
    wish.refresh_from_db()
    assert wish.stage == WishStage.PROMOTED and wish.proposal == Proposal.objects.get()


def test_a_wish_of_others_is_not_taken_along(phone: Client, typed: dict[str, Any], way: Way) -> None:
    wish = actions.wish(place=way.yard, text="邻居的心愿", by=way.who("neighbour"))
    for pk in (wish.pk, "x", "9" * 40, "-1"):
        phone.post(f"{URL}?wish={pk}", {**typed, "title": f"灯{pk}"[:20]})
    wish.refresh_from_db()
    assert wish.stage == WishStage.NEW
    assert Wish.objects.count() == 1


def test_a_receipt_is_shown_to_its_proposer_only(phone: Client, client_of: ClientOf, way: Way) -> None:
    proposal = way.submitted()
    assert phone.get(f"/projects/{proposal.number}/submitted/").status_code == 200
    assert client_of(way.who("neighbour")).get(f"/projects/{proposal.number}/submitted/").status_code == 404


def test_the_receipt_says_who_answers_and_nothing_of_it_once_it_is_answered(way: Way, client_of: ClientOf) -> None:
    """It named a chief who would answer, also of what the chief proposed, and long after it was passed."""
    proposal, chief = way.submitted(), way.who("chief")
    path = f"/projects/{proposal.number}/submitted/"
    page = client_of(way.who("resident")).get(path).content.decode()
    assert "楼栋长会在" in page and "自动转上一级" in page
    actions.pass_review(proposal, by=chief)
    page = client_of(way.who("resident")).get(path).content.decode()
    assert "前答复" not in page and "现在是“征集附议”" in page
    own = way.submitted(by=chief)
    page = client_of(chief).get(f"/projects/{own.number}/submitted/").content.decode()
    assert "社区工作人员会在" in page and "楼栋长会在" not in page


@pytest.mark.parametrize("name", ["kind", "category"])
def test_what_was_not_chosen_is_asked_and_not_guessed(phone: Client, typed: dict[str, Any], name: str) -> None:
    """The first of the list stood there as chosen: every second lamp was a service, and the kind stays for good."""
    assert '<option value="" selected>请选一项</option>' in phone.get(URL).content.decode()
    answer = phone.post(URL, {**typed, name: ""})
    assert answer.status_code == 422 and "请选一项。" in answer.content.decode()
