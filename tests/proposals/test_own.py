"""What I did stands on my page, any receipt is found by its number, and figures open to what they are made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from deliberation import actions as deliberation
from deliberation.models import Ballot, Choice
from evaluation.models import Answer
from funding import actions as funding
from minshi.accounts.models import User
from minshi.disclosure import actions as disclosure
from minshi.paper.numbers import shown
from proposals import actions
from proposals.models import Card, PlaceTotal
from tests.cast import home_of
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
DONE = re.compile(r"<h2>我办过的</h2>.*?</section>", re.DOTALL)


@pytest.fixture(autouse=True)
def _home(settings: Any) -> None:
    settings.HOME_PLACE = "990101"


def done_by(client: Client) -> str:
    found = DONE.search(client.get("/mine/").content.decode())
    assert found
    return found[0]


# --- The home page --------------------------------------------------------------------------------


def test_signed_out_the_home_page_names_what_is_open_in_the_district(way: Way, client: Client) -> None:
    proposal = way.cosigning(households=40)
    page = client.get("/").content.decode()
    assert "正在等您的" not in page
    assert "样板区正在办的" in page and proposal.title in page


def test_signed_in_it_says_what_waits_for_me_and_for_nobody_else(
    way: Way, client_of: ClientOf, neighbour: User
) -> None:
    proposal = way.cosigning(households=40)
    url = reverse("cosign", args=[proposal.number])
    client = client_of(neighbour)
    mine, _rest = client.get("/").content.decode().split("样板区正在办的")
    assert "正在等您的" in mine and url in mine
    actions.cosign(proposal, neighbour.person.household, by=neighbour)
    mine, rest = client.get("/").content.decode().split("样板区正在办的")
    assert "现在没有事等您" in mine and url not in mine and proposal.title in rest


def test_what_came_back_to_be_mended_waits_on_the_home_page_too(
    way: Way, client_of: ClientOf, resident: User, chief: User
) -> None:
    """It said 现在没有事等您 to whoever had a proposal to revise by a day."""
    proposal = way.submitted()
    actions.return_for_revision(proposal, by=chief, reason="请写清楚装在哪里")
    page = client_of(resident).get("/").content.decode()
    assert f"/projects/{proposal.number}/revise/" in page and "现在没有事等您" not in page


def test_what_waits_for_one_is_never_kept_for_another(
    way: Way, client_of: ClientOf, neighbour: User, stranger: User
) -> None:
    proposal = way.cosigning(households=40)
    url = reverse("cosign", args=[proposal.number])
    assert url in client_of(neighbour).get("/").content.decode()
    assert url not in client_of(stranger).get("/").content.decode()
    assert url not in client_of(None).get("/").content.decode()


def test_places_and_the_report_are_reached_from_the_home_page(way: Way, client: Client) -> None:
    way.cosigning()
    page = client.get("/").content.decode()
    street = way.yard.at_level("street")
    assert street and reverse("place", args=[street.code]) in page
    assert reverse("report", args=["990101"]) in page
    page = client.get(reverse("place", args=[street.code])).content.decode()
    assert reverse("place", args=["990101"]) in page
    community = way.yard.at_level("community")
    assert community and reverse("place", args=[community.code]) in page


def test_a_project_leads_to_its_place(way: Way, client: Client) -> None:
    proposal = way.cosigning()
    page = client.get(proposal.get_absolute_url()).content.decode()
    assert reverse("place", args=[proposal.place.code]) in page


# --- What I did -----------------------------------------------------------------------------------


@pytest.mark.walked("voting", "neighbour", "resident")
def test_my_votes_stand_there_without_what_i_chose(
    way: Way, client_of: ClientOf, neighbour: User, resident: User
) -> None:
    proposal = way.voting()
    motion = proposal.motions.get()
    assert "投过的票" in done_by(client_of(neighbour))
    deliberation.cast(motion.pk, Choice.AGAINST, receipt_id=uuid4(), by=neighbour)
    page, ballot = done_by(client_of(neighbour)), Ballot.objects.get()
    assert motion.question in page and "已投票" in page
    assert shown(ballot.slip_number) in page
    for secret in ("不同意", "against", shown(ballot.check_number), ballot.check_number, "网上"):
        assert secret not in page
    assert motion.question not in done_by(client_of(resident))


def test_signatures_pledges_and_objections_stand_there_with_their_numbers(
    way: Way, client_of: ClientOf, neighbour: User
) -> None:
    signed = way.cosigning(title="装一盏路灯")
    actions.cosign(signed, neighbour.person.household, by=neighbour)
    announced = way.announced(title="修一段围墙")
    objection = disclosure.object_to(announced.gate_notice, facts="太高了，挡住一楼的光", by=neighbour)
    raising = way.raising(title="换一扇院门")
    way.planned(raising)
    pledge = funding.pledge(
        raising, home_of(neighbour).household, amount_fen=12_300, publishes_name=False, by=neighbour
    )
    page = done_by(client_of(neighbour))
    for said in (signed.title, announced.title, raising.title, objection.number, pledge.number, "123.00"):
        assert said in page, said
    assert objection.number not in done_by(client_of(way.who("resident")))


@pytest.mark.walked("announced", "resident")
def test_an_objection_i_took_back_is_not_said_to_be_answered(way: Way, client_of: ClientOf, resident: User) -> None:
    notice = way.announced().gate_notice
    assert notice
    objection = disclosure.object_to(notice, facts="这里写的和说好的不一样", by=resident)
    assert "等答复，" in done_by(client_of(resident))
    disclosure.withdraw_objection(objection, reason="说清楚了", by=resident)
    mine = done_by(client_of(resident))
    assert "您已撤回" in mine and "已答复" not in mine


@pytest.mark.walked("rating")
def test_my_ratings_stand_there_without_what_i_said(way: Way, client_of: ClientOf) -> None:
    survey = way.rating()
    way.answer(survey, good=0, bad=1)
    answer = Answer.objects.get()
    page = done_by(client_of(answer.by))
    assert survey.proposal.title in page and "已打分" in page and shown(answer.slip_number) in page
    assert answer.get_level_display() not in page


# --- Any receipt by its number --------------------------------------------------------------------


def sought(client: Client, number: str) -> str:
    answer = client.get("/receipts/", {"number": number})
    return str(answer["Location"]) if answer.status_code == 302 else ""


def test_a_receipt_of_any_kind_is_found_by_its_number(way: Way, client: Client, neighbour: User) -> None:
    voting = way.voting(title="晾衣杆换新")
    deliberation.cast(voting.motions.get().pk, Choice.AGREE, receipt_id=uuid4(), by=neighbour)
    slip = shown(Ballot.objects.get().slip_number)
    announced = way.announced(title="修一段围墙")
    notice = announced.gate_notice
    objection = disclosure.object_to(notice, facts="太高了，挡住一楼的光", by=neighbour)
    raising = way.raising(title="换一扇院门")
    way.planned(raising)
    pledge = funding.pledge(
        raising, home_of(neighbour).household, amount_fen=12_300, publishes_name=False, by=neighbour
    )
    wish = actions.wish(place=way.yard, text="想要一张长椅", by=neighbour)
    expected = {
        slip: reverse("receipt", args=[slip]),
        slip.lower().replace("-", " "): reverse("receipt", args=[slip]),
        voting.number: voting.get_absolute_url(),
        f"　{voting.number.replace('-', '－')} ": voting.get_absolute_url(),
        notice.number: notice.get_absolute_url(),
        objection.number: objection.get_absolute_url(),
        objection.number.lower(): objection.get_absolute_url(),
        pledge.number: reverse("pledge", args=[raising.number]),
        f"心愿{wish.pk}": wish.get_absolute_url(),
    }
    for number, url in expected.items():
        assert sought(client, number) == url, number


@pytest.mark.walked("rating")
def test_a_rating_is_found_by_its_slip_and_tells_nothing(way: Way, client: Client) -> None:
    survey = way.rating()
    way.answer(survey, good=0, bad=1)
    answer = Answer.objects.get()
    url = sought(client, shown(answer.slip_number))
    assert url == reverse("ratings", args=[survey.proposal.number])
    assert "1栋" not in client.get(url).content.decode()


def test_a_sheet_of_signatures_is_found_by_its_slip(way: Way, client: Client) -> None:
    proposal = way.cosigning(households=40)
    sheet = way.sign_on_paper(proposal, way.households[3:5])
    slip = shown(sheet.lines.first().slip_number)
    assert sought(client, slip) == proposal.get_absolute_url()


@pytest.mark.parametrize(
    "number", ["2026-99999", "2026-99999-R001", "心愿999999999999999", "X", "’--", "7K3M-9QWX-2TBD"]
)
def test_what_is_not_found_is_said(way: Way, client: Client, number: str) -> None:
    answer = client.get("/receipts/", {"number": number}, follow=True)
    assert answer.status_code == 404 and "没有查到" in answer.content.decode()
    assert escape(number) in answer.content.decode(), "as it was typed: 2026-99999 was quoted as 2269-9999"


# --- Figures --------------------------------------------------------------------------------------


def figure_of(client: Client, label: str) -> tuple[str, str]:
    """The figure as it stands on the home page, and where it leads."""
    page = client.get("/").content.decode()
    found = re.search(rf'<span class="figure">([^<]*)</span>\s*<span><a href="([^"]+)">{label}</a>', page)
    assert found, label
    return found[1].strip(), found[2]


def test_each_figure_opens_to_the_projects_it_is_made_of(way: Way, client: Client) -> None:
    first, second = way.announced(title="修一段围墙"), way.cosigning(title="装一盏路灯")
    Card.objects.filter(pk=first.pk).update(
        households=7, self_raised_fen=123_400, rating_answers=10, rating_satisfied=9
    )
    Card.objects.filter(pk=second.pk).update(households=30)
    actions.refresh_totals()
    total = PlaceTotal.objects.get(place__code="990101")
    assert (total.declared, total.households) == (1, 7)
    for label, says in (
        ("个项目申报", ">7<"),
        ("户次受益", ">7<"),
        ("居民自筹（元）", "1,234.00"),
        ("满意", "9 / 10"),
    ):
        _value, url = figure_of(client, label)
        page = client.get(url).content.decode()
        assert says in page and "合计 1 个" in page, label
        assert first.title in page and second.title not in page
        assert first.get_absolute_url() in page


def test_behind_a_figure_it_asks_as_often_for_many(
    way: Way, client: Client, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for number in range(4):
        way.cosigning(title=f"路灯{number}")
    Card.objects.update(self_raised_fen=100)
    with django_assert_max_num_queries(4):
        page = client.get(reverse("figures", args=[way.yard.code]), {"of": "self_raised"})
    assert page.content.decode().count("路灯") >= 4
    assert client.get(reverse("figures", args=[way.yard.code]), {"of": "nonsense", "before": "x"}).status_code == 200
    assert home_of(way.who("resident"))
