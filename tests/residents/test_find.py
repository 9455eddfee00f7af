"""Whoever confirms residents finds them on the phone too: their own places only, masked; a miss tells nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from minshi.accounts.models import User
from minshi.residents.models import Residence
from minshi.territory.models import Household
from tests.cast import home_of, make_resident

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
FIND = "/residents/find/"
NOTHING = "您管的地方没有查到"


def sought(client: Client, text: str) -> str:
    answer = client.get(FIND, {"q": text})
    assert answer.status_code == 200 and "no-store" in answer["Cache-Control"]
    return answer.content.decode()


def test_a_chief_finds_by_name_door_and_last_digits(chief: User, resident: User, client_of: ClientOf) -> None:
    client, home = client_of(chief), home_of(resident)
    assert FIND in client.get("/mine/").content.decode()
    for text in ("甲居民", "甲居", "101", "1栋101", "101 甲居民", (resident.phone or "")[-4:], resident.phone or ""):
        page = sought(client, text)
        assert reverse("found_resident", args=[home.pk]) in page, text
        assert "甲*民" in page and "样板巷1号院1栋101" not in page, "masked as on the desk"
        assert "甲居民" not in page.replace('value="甲居民"', "").replace('value="101 甲居民"', "")


def test_one_of_them_is_shown_in_full(chief: User, resident: User, client_of: ClientOf) -> None:
    page = client_of(chief).get(reverse("found_resident", args=[home_of(resident).pk])).content.decode()
    assert "甲居民" in page and "样板巷1号院1栋101" in page and (resident.phone or "") not in page


@pytest.mark.parametrize(
    "text", ["寅路人", "没有这个人", "9999", "101 寅路人", "\u2800", "%", "_", "' OR 1=1", "a" * 500]
)
def test_a_miss_tells_nothing(text: str, chief: User, stranger: User, client_of: ClientOf) -> None:
    page = sought(client_of(chief), text)
    assert "寅" not in page.replace(text, "") and reverse("found_resident", args=[home_of(stranger).pk]) not in page
    assert NOTHING in page or not text.strip("\u2800")


def test_a_number_elsewhere_is_no_hit_here(chief: User, stranger: User, client_of: ClientOf) -> None:
    client = client_of(chief)
    hit, miss = sought(client, stranger.phone or ""), sought(client, "13000000000")
    assert hit.replace(stranger.phone or "", "") == miss.replace("13000000000", "")
    assert client.get(reverse("found_resident", args=[home_of(stranger).pk])).status_code == 404
    assert client.get(reverse("found_resident", args=[0])).status_code == 404


def test_who_moved_out_is_not_found(chief: User, resident: User, clerk: User, client_of: ClientOf) -> None:
    home = home_of(resident)
    Residence.objects.filter(pk=home.pk).update(until=home.since, is_representative=False)
    client = client_of(chief)
    assert NOTHING in sought(client, "甲居民")
    assert client.get(reverse("found_resident", args=[home.pk])).status_code == 404


@pytest.mark.parametrize("who", ["resident", "party", "case_officer", "cashier"])
def test_whoever_confirms_nobody_finds_nobody(
    who: str, request: pytest.FixtureRequest, resident: User, client_of: ClientOf, chief: User
) -> None:
    client = client_of(request.getfixturevalue(who))
    assert client.get(FIND, {"q": "甲居民"}).status_code == 403
    assert client.get(reverse("found_resident", args=[home_of(resident).pk])).status_code == 403


def test_a_long_list_says_that_there_is_more(chief: User, households: list[Household], client_of: ClientOf) -> None:
    for number in range(55):
        make_resident(f"同名{number:02}", households[number % 12])
    page = sought(client_of(chief), "同名")
    assert page.count("/residents/find/") - page.count('action="/residents/find/') >= 50 and "还有更多" in page
