"""What it costs, item by item: the sum is computed, by the form, by the action, and again by the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from minshi.accounts.models import User
from proposals import actions
from proposals.models import Proposal, Version, sum_of
from tests.proposals.hostile import NOT_AMOUNTS, SCRIPT, WORDS
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
LAMPS = [{"item": "路灯", "quantity": "3", "price_fen": 45_000}, {"item": "电线", "quantity": "12.5", "price_fen": 333}]


@pytest.fixture
def typed(way: Way) -> dict[str, Any]:
    rows = {"lines_item": ["路灯", "电线", ""], "lines_quantity": ["3", "12.5", ""], "lines_price": ["450", "3.33", ""]}
    return {**WORDS, **rows, "place": way.yard.pk, "cost": "", "subsidy": "", "help_wanted": "会接电的师傅"}


@pytest.fixture
def phone(client_of: ClientOf, resident: User) -> Client:
    return client_of(resident)


def test_the_sum_is_computed_and_the_page_shows_each_item(phone: Client, typed: dict[str, Any]) -> None:
    phone.post("/projects/propose/", typed)
    version = Proposal.objects.get().version
    assert version.lines == LAMPS
    assert version.cost_fen == sum_of(LAMPS) == 3 * 45_000 + 4_163
    page = phone.get(version.proposal.get_absolute_url()).content.decode()
    assert "电线" in page and "12.5" in page and "1,391.63" in page and "会接电的师傅" in page


@pytest.mark.parametrize("wrong", [*NOT_AMOUNTS, ""])
def test_a_price_that_is_none_is_said_of_its_row_and_every_row_stays(
    phone: Client, typed: dict[str, Any], wrong: str
) -> None:
    answer = phone.post("/projects/propose/", {**typed, "lines_price": ["450", wrong, ""]})
    page = answer.content.decode()
    assert answer.status_code == 422 and "第 2 行" in page
    assert 'value="路灯"' in page and 'value="12.5"' in page
    assert not Proposal.objects.exists()


@pytest.mark.parametrize(
    ("part", "wrong"), [("quantity", "0"), ("quantity", "-1"), ("quantity", "１２"), ("quantity", "1e3"), ("item", "")]
)
def test_so_is_a_quantity_or_an_item_that_is_none(phone: Client, typed: dict[str, Any], part: str, wrong: str) -> None:
    rows = list(typed[f"lines_{part}"])
    rows[0] = wrong
    answer = phone.post("/projects/propose/", {**typed, f"lines_{part}": rows})
    assert answer.status_code == 422 and "第 1 行" in answer.content.decode()


def test_another_sum_beside_the_items_is_asked_about_and_not_overruled(phone: Client, typed: dict[str, Any]) -> None:
    answer = phone.post("/projects/propose/", {**typed, "cost": "99"})
    assert answer.status_code == 422
    assert "加起来是 1,391.63 元" in answer.content.decode()


def test_without_items_a_sum_is_asked_for(phone: Client, typed: dict[str, Any]) -> None:
    answer = phone.post("/projects/propose/", {**typed, "lines_item": [], "lines_quantity": [], "lines_price": []})
    assert answer.status_code == 422 and 'href="#id_cost"' in answer.content.decode()


def test_items_are_text_and_telephones_in_them_are_hidden(phone: Client, typed: dict[str, Any]) -> None:
    phone.post("/projects/propose/", {**typed, "lines_item": [SCRIPT, "找13812345678装", ""]})
    proposal = Proposal.objects.get()
    assert "13812345678" not in str(proposal.version.lines)
    assert "<script>alert" not in phone.get(proposal.get_absolute_url()).content.decode()


def test_revising_shows_the_items_and_their_new_sum_holds(way: Way, client_of: ClientOf, chief: User) -> None:
    proposal = way.submitted(lines=LAMPS, shares={})
    actions.return_for_revision(proposal, by=chief, reason="再便宜些")
    client, url = client_of(way.who("resident")), f"/projects/{proposal.number}/revise/"
    assert 'value="12.5"' in client.get(url).content.decode()
    words = {**WORDS, "subsidy": "", "cost": "1391.63", "why": "少装一盏", "category": "safety"}
    rows = {"lines_item": ["路灯"], "lines_quantity": ["2"], "lines_price": ["450"]}
    assert client.post(url, {**words, **rows}).status_code == 302
    assert proposal.version.cost_fen == 90_000 and len(proposal.version.lines) == 1


def test_a_later_plan_of_another_sum_leaves_the_items_behind(way: Way, resident: User) -> None:
    proposal = way.submitted(lines=LAMPS, shares={})
    assert actions.new_version(proposal, by=resident, why="换个说法", plan="两盏").lines == LAMPS
    assert actions.new_version(proposal, by=resident, why="商定的预算", cost_fen=5_000).lines == []


def test_the_database_adds_up_again(way: Way, resident: User) -> None:
    proposal = way.submitted()
    version = proposal.version
    kept = {name: getattr(version, name) for name in ("need", "plan", "spot", "keeper", "places", "doors")}
    with pytest.raises(IntegrityError), transaction.atomic():
        Version.objects.create(proposal=proposal, number=2, cost_fen=1, lines=LAMPS, by=resident, **kept)
