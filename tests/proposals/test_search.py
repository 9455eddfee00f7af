"""Looking for something by one character, by several words, by the end of a number: projects, wishes and notices."""

from __future__ import annotations

import pytest
from django.test import Client

from minshi.disclosure import actions as disclosure
from minshi.disclosure.models import Notice
from proposals import actions
from proposals.models import Proposal, Wish
from tests.way import Way

pytestmark = pytest.mark.django_db


def found(client: Client, page: str, text: str, *titles: str) -> set[str]:
    content = client.get(page, {"q": text}).content.decode()
    return {title for title in titles if title in content}


LAMP, POST, TREES = "院里装一盏路灯", "睦邻驿站（一期）", "种几棵树"


@pytest.fixture
def projects(way: Way) -> list[Proposal]:
    return [way.submitted(title=title) for title in (LAMP, POST, TREES)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("灯", {LAMP}),
        ("睦邻 驿站", {POST}),
        ("驿站 睦邻", {POST}),
        ("睦邻　驿站", {POST}),
        ("驿站(一期)", {POST}),
        ("驿站（一期）", {POST}),
        ("睦邻 树", set()),
        ("路灯 院里", {LAMP}),
        ("火", set()),
        ("%", {LAMP, POST, TREES}),
        ("", {LAMP, POST, TREES}),
    ],
)
def test_projects_are_found_by_their_words(text: str, wanted: set[str], projects: object, client: Client) -> None:
    assert found(client, "/projects/", text, LAMP, POST, TREES) == wanted


def test_projects_are_found_by_the_end_of_their_number(projects: list[Proposal], client: Client) -> None:
    second = projects[1]
    for text in (second.number, second.number.split("-")[1], second.number[-3:]):
        assert found(client, "/projects/", text, LAMP, POST, TREES) == {POST}, text
    wide = "".join(chr(ord(sign) + 0xFEE0) if sign != "-" else sign for sign in second.number)
    assert found(client, "/projects/", wide, LAMP, POST, TREES) == {POST}


def test_wishes_are_found(way: Way, client: Client) -> None:
    by = way.who("resident")
    texts = ("晚上楼道太黑", "想在楼下添一个快递架")
    for text in texts:
        actions.wish(place=way.yard, text=text, by=by)
    assert found(client, "/wishes/", "黑", *texts) == {texts[0]}
    assert found(client, "/wishes/", "快递 楼下", *texts) == {texts[1]}
    assert found(client, "/wishes/", f"{Wish.objects.latest('pk').pk:05d}", *texts) == {texts[1]}
    assert found(client, "/wishes/", "游泳池", *texts) == set()
    assert "没有找到“游泳池”的心愿" in client.get("/wishes/", {"q": "游泳池"}).content.decode()


def test_notices_are_found_by_title_and_by_the_end_of_their_number(way: Way, client: Client) -> None:
    titles = ("关于装路灯的公示", "关于种树的公示")
    for title in titles:
        disclosure.post(kind="initiation", title=title, body="请看", place=way.yard, households=12, by=None)
    assert found(client, "/notices/", "灯", *titles) == {titles[0]}
    assert found(client, "/notices/", "种树 公示", *titles) == {titles[1]}
    last = Notice.objects.latest("pk").number
    assert found(client, "/notices/", last[-5:], *titles) == {titles[1]}
    assert found(client, "/notices/", last, *titles) == {titles[1]}


def test_the_pages_of_a_search_go_on_with_it(way: Way, client: Client) -> None:
    for number in range(25):
        actions.wish(place=way.yard, text=f"添一盏灯 {number}", by=way.who("resident"))
    page = client.get("/wishes/", {"q": "灯"}).content.decode()
    assert "q=%E7%81%AF" in page and "before=" in page
