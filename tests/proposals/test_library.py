"""项目库: by year and money, in three orders, each state a link; and all that is shown as a file."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from python_calamine import CalamineWorkbook

from proposals.models import Card, CardPlace
from proposals.views import exporting
from tests.proposals.test_projects_page import many, titles
from tests.way import Way

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _home(settings: Any) -> None:
    settings.HOME_PLACE = "990101"


def walked(client: Client, asked: str) -> list[str]:
    """The titles of all pages, each behind the one before."""
    found: list[str] = []
    link = f"?{asked}"
    while link:
        page = client.get(f"/projects/{link}").content.decode()
        found += titles(page)
        older = re.search(r'href="(\?[^"]*before=[^"]*)"[^>]*rel="next"', page)
        link = older[1].replace("&amp;", "&") if older else ""
    return found


def test_money_sorts_and_bounds_and_pages_by_key(way: Way, client: Client) -> None:
    many(way, 24)
    for card in Card.objects.all():
        index = int(card.title[1:-2])
        Card.objects.filter(pk=card.pk).update(budget_fen=100_00 * (index // 2))
    by_money = walked(client, "sort=money")
    assert by_money == [f"第{index}盏灯" for index in range(23, -1, -1)]
    assert walked(client, "sort=oldest") == [f"第{index}盏灯" for index in range(24)]
    assert walked(client, "least=1000&most=1100&sort=oldest") == [f"第{index}盏灯" for index in range(20, 24)]


def test_a_year_is_that_of_china(way: Way, client: Client) -> None:
    many(way, 2)
    old = Card.objects.earliest("pk")
    at = old.submitted_at.replace(year=2024, month=12, day=31, hour=17)  # in China the new year has begun
    Card.objects.filter(pk=old.pk).update(submitted_at=at)
    CardPlace.objects.filter(card=old).update(submitted_at=at)
    assert walked(client, "year=2025") == [old.title]
    assert walked(client, "year=2024") == []
    CardPlace.objects.filter(card=old).update(submitted_at=at - timedelta(hours=2))
    assert walked(client, "year=2024") == [old.title]


@pytest.mark.parametrize("asked", ["year=26", "year=2026x", "year=２０２６", "least=1e3", "most=-1", "sort=proposer"])
def test_what_is_none_is_said_beside_the_field(way: Way, client: Client, asked: str) -> None:
    many(way, 1)
    page = client.get(f"/projects/?{asked}").content.decode()
    assert 'class="error"' in page and titles(page) == ["第0盏灯"]


def test_money_is_read_by_an_index_of_the_place(way: Way) -> None:
    many(way, 1)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(
            "EXPLAIN SELECT card_id FROM proposals_cardplace WHERE place_id = %s AND budget_fen <= 5"
            " ORDER BY budget_fen DESC, card_id DESC LIMIT 20",
            [way.yard.pk],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "card_of_place_budget" in plan and "Sort" not in plan


def test_a_place_has_the_budget_its_card_has(way: Way) -> None:
    proposal = way.submitted()
    Card.objects.filter(pk=proposal.pk).update(budget_fen=123)
    assert set(CardPlace.objects.filter(card=proposal.pk).values_list("budget_fen", flat=True)) == {123}


def test_what_is_shown_is_a_file_in_three_forms(way: Way, client: Client) -> None:
    many(way, 23)
    Card.objects.filter(title="第3盏灯").update(title="=1+1第3盏灯")
    page = client.get("/projects/?sort=oldest").content.decode()
    assert 'href="/projects/file/csv/?sort=oldest"' in page
    text = client.get("/projects/file/csv/?sort=oldest").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == 24 and rows[1][1] == "第0盏灯" and rows[4][1] == "'=1+1第3盏灯"
    book = CalamineWorkbook.from_filelike(io.BytesIO(client.get("/projects/file/xlsx/").content))
    sheet = book.get_sheet_by_index(0).to_python()
    assert len(sheet) == 24 and "=1+1第3盏灯" in {row[1] for row in sheet} and isinstance(sheet[1][8], float)
    told = client.get("/projects/file/json/?least=999999999").json()
    assert told == {"projects": [], "left_off": False}
    assert client.get("/projects/file/exe/").status_code == 404


def test_a_file_names_nobody(way: Way, client: Client) -> None:
    way.submitted()
    resident = way.who("resident")
    text = client.get("/projects/file/csv/").content.decode() + client.get("/projects/file/json/").content.decode()
    assert resident.person.name not in text and str(resident.phone) not in text


def test_a_file_says_where_it_ends_early(way: Way, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "MOST_ROWS", 2)
    many(way, 3)
    assert client.get("/projects/file/json/").json()["left_off"]
    assert "请把条件再缩小" in client.get("/projects/file/csv/").content.decode("utf-8-sig")


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "＝1", "＠a", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert exporting.as_text(text).startswith("'")
    assert "\t" not in exporting.as_text(text) and "\r" not in exporting.as_text(text)
