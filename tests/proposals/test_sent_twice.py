"""A form sent twice is one thing with one number: a double tap, the browser's back button, a phone without scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from funding import actions as funding
from funding.models import LogEntry
from minshi.accounts.models import User
from minshi.disclosure.models import Objection
from minshi.territory.models import Household
from proposals import actions
from proposals.models import Proposal, Wish
from tests.meanwhile import meanwhile
from tests.proposals.hostile import WORDS
from tests.way import Way, a_picture

ClientOf = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def typed(way: Way) -> dict[str, Any]:
    return {**WORDS, "place": way.yard.pk}


def test_a_wish_is_one(way: Way, client_of: ClientOf, resident: User) -> None:
    client, wish = client_of(resident), {"place": way.yard.pk, "text": "楼道里想要一盏灯", "category": "other"}
    first, second = client.post("/wishes/new/", wish), client.post("/wishes/new/", wish)
    assert first["Location"] == second["Location"] and Wish.objects.count() == 1
    client.post("/wishes/new/", {**wish, "text": "还想要一张长椅"})
    client_of(way.who("neighbour")).post("/wishes/new/", {**wish, "same": "none"})
    assert Wish.objects.count() == 3, "other words, or somebody else's, are another wish"


def test_a_proposal_is_one_also_where_its_title_is_written_otherwise(
    client_of: ClientOf, resident: User, typed: dict[str, Any]
) -> None:
    """Compared as it was typed, a number or a space in the title made two of them."""
    client = client_of(resident)
    once = {**typed, "title": "装灯，问 13800138000"}
    first, second = client.post("/projects/propose/", once), client.post("/projects/propose/", once)
    assert first["Location"] == second["Location"] and Proposal.objects.count() == 1


def test_a_paper_proposal_is_one(way: Way, client_of: ClientOf, clerk: User, households: list[Household]) -> None:
    client = client_of(clerk)
    for name in ("申老伯", "申老伯", "李阿姨"):
        sheet = {**WORDS, "door": households[6].address, "name": name, "scope": "yard", "sheet": a_picture()}
        assert client.post("/projects/paper/", sheet).status_code == 302
    assert Proposal.objects.count() == 2, "one of each who signed"


def test_a_line_of_the_site_log_is_one_and_a_second_photo_is_another(
    way: Way, client_of: ClientOf, chief: User
) -> None:
    proposal = way.delivering()
    before = LogEntry.objects.count()
    page, client = f"/projects/{proposal.number}/log/add/", client_of(chief)
    for _tap in range(2):
        client.post(page, {"text": "砌好了一段", "photos": a_picture()})
    assert LogEntry.objects.count() == before + 1
    client.post(page, {"text": "砌好了一段", "photos": [a_picture(), a_picture()]})
    assert LogEntry.objects.count() == before + 2
    client.post(page, {"text": "砌好了一段", "photos": a_picture(90)})
    assert LogEntry.objects.count() == before + 3, "the same words with another photo"


def test_an_objection_is_one_and_the_second_press_shows_its_number(
    way: Way, client_of: ClientOf, resident: User
) -> None:
    notice = way.announced().gate_notice
    assert notice
    page, client = f"{notice.get_absolute_url()}object/", client_of(resident)
    first, second = (client.post(page, {"facts": "晾衣绳会挡住一楼的窗户"}) for _tap in range(2))
    assert first["Location"] == second["Location"] and Objection.objects.count() == 1
    assert client.post(page, {"facts": "还有别的不对的地方"}).status_code == 422


def test_a_pledge_that_is_taken_back_twice_is_taken_back(way: Way, client_of: ClientOf, resident: User) -> None:
    """The second press ended on a page that was not there."""
    page, client = f"/projects/{way.raising().number}/pledge/", client_of(resident)
    client.post(page, {"choice": "5000"})
    for _tap in range(2):
        assert "撤回" in client.post(f"{page}withdraw/", follow=True).content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", ["wish", "propose", "log"])
def test_two_presses_at_the_same_instant_are_one(form: str, way: Way) -> None:
    """A look before the insert alone made two: neither saw the other."""
    resident, chief = way.who("resident"), way.who("chief")
    proposal = way.delivering() if form == "log" else None

    def press() -> Any:
        if form == "wish":
            return actions.wish_once(place=way.yard, text="楼道里想要一盏灯", by=resident)
        if form == "propose":
            return actions.submit_once(
                place=way.yard, title="楼道装灯", kind="works", category="convenience", need="夜里黑", plan="装三盏灯",
                spot="楼道", cost_fen=300_000, shares={}, keeper="自管小组", by=resident,
            )  # fmt: skip
        return funding.log(proposal, text="砌好了一段", by=chief)

    with transaction.atomic():
        first = press()
        second = meanwhile(press)
    assert second.result(30).pk == first.pk
