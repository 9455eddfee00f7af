"""A kept page is answered before anything else is done, and is in everything as it was drawn."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from django.core.cache.backends.dummy import DummyCache
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from minshi.accounts.models import User
from minshi.faces import kept, standing
from tests.way import Way


def test_what_is_kept_has_the_headers_of_its_first_draw(way: Way, client: Client) -> None:
    for url in ("/", way.submitted().get_absolute_url(), "/notices/", "/wishes/", "/projects/"):
        drawn, again = client.get(url), client.get(url)
        assert dict(drawn.headers) == dict(again.headers) and drawn.content == again.content
        assert {"Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options"} <= set(drawn.headers)
        same = client.get(url, headers={"If-None-Match": drawn["ETag"]})
        assert (same.status_code, same["ETag"], same["Vary"]) == (304, drawn["ETag"], "Accept-Encoding")


def test_a_host_that_is_not_ours_is_refused_a_kept_page_too(way: Way, client: Client) -> None:
    client.get("/")
    assert client.get("/", headers={"Host": "elsewhere.example"}).status_code == 400


@pytest.mark.parametrize("body", ['<input name="csrfmiddlewaretoken" value="of one visitor">', ""])
def test_a_page_with_a_form_of_one_visitor_is_not_kept(body: str) -> None:
    assert kept._is_everybodys(HttpResponse(body)) == (body == "")
    with_a_cookie = HttpResponse("")
    with_a_cookie.set_cookie("anything", "1")
    assert not kept._is_everybodys(with_a_cookie)


@pytest.mark.django_db(transaction=True)
def test_what_was_read_is_read_again_once_something_was_committed() -> None:
    read: list[int] = []

    def as_it_stands() -> int:
        return standing.as_it_stands("tests", lambda: read.append(1) or len(read))  # type: ignore[func-returns-value]

    def a_second_that_lasts() -> bool:
        read.clear()
        return as_it_stands() == as_it_stands()

    assert a_second_that_lasts() or a_second_that_lasts()
    before = len(read)  # none where the second that lasts began with the first try
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")
    as_it_stands()
    assert len(read) == before + 1


def test_who_comes_while_others_ask_is_told_by_a_question_that_began_later() -> None:
    asked: list[int] = []
    is_asking, may_answer = threading.Event(), threading.Event()

    def ask() -> str:
        asked.append(1)
        is_asking.set()
        may_answer.wait(5)
        return str(len(asked))

    together, told = standing.Together(ask), list[Any]()
    threads = [threading.Thread(target=lambda: told.append(together.answer())) for _each in range(4)]
    threads[0].start()
    is_asking.wait(5)
    for thread in threads[1:]:
        thread.start()
    time.sleep(0.1)  # for each of them to be at the door
    may_answer.set()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["1", "2", "2", "2"] and len(asked) == 2


def test_what_is_kept_for_whoever_is_signed_in_holds_nothing_of_them(
    way: Way, client_of: Callable[[User | None], Client], neighbour: User, resident: User, clerk: User
) -> None:
    proposal = way.cosigning(households=40)
    paths = ["/", proposal.get_absolute_url(), "/notices/", "/wishes/", "/projects/"]
    shelf: dict[str, Any] = {}
    with mock.patch.object(kept, "shelf", mock.Mock(get=shelf.get, set=shelf.__setitem__)):
        pages = [client_of(who).get(path).content.decode() for who in (neighbour, resident, clerk) for path in paths]
        kept_once = len(shelf)
        again = [client_of(who).get(path).content.decode() for who in (neighbour, resident, clerk) for path in paths]
    assert pages == again and kept_once == len(shelf) == len(paths)
    for name, pieces in shelf.items():
        assert name.startswith("gaps:")
        page = b"".join(pieces).decode()
        for own in ("退出登录", "工作台", 'class="inbox"', "正在等您的", "这是您提的", ">登录<"):
            assert own not in page
    assert all("退出登录" in page and 'class="inbox"' in page and "<!--own:" not in page for page in pages)
    assert ["工作台" in page for page in pages] == [False] * 10 + [True] * 5


def test_a_page_with_a_gap_reads_as_drawn_anew(
    way: Way, client_of: Callable[[User | None], Client], resident: User
) -> None:
    """Whoever is signed in is told the same by what was kept, by its first draw and under an address of no link."""
    client, path = client_of(resident), way.submitted().get_absolute_url()
    first, second = client.get(path).content, client.get(path).content
    elsewhere = client.get(f"{path}?from=sheet").content.replace(b"/?from=sheet", b"/")
    with mock.patch.object(kept, "shelf", DummyCache("", {})):
        anew = client.get(path).content
    assert first == second == elsewhere == anew
    assert "这是您提的".encode() in first
