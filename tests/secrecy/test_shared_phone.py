"""One phone for several: whoever holds it next finds nothing of the one before behind the back button."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client, override_settings

from evaluation.actions import surveys
from minshi.accounts.models import User
from minshi.signin.middleware import WRITTEN_ON
from tests.secrecy.watchers import HREF
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
KEEPER = "minshi.signin.middleware.KeptByNobody"
MOST = 120


def kept_pages(client: Client, seeds: list[str]) -> tuple[set[str], list[str]]:
    """What somebody signed in reads: all of it by the names of the pages, and the addresses a browser may keep."""
    waiting, seen, read, kept = list(seeds), set[str](), set[str](), []
    while waiting and len(seen) < MOST:
        path = waiting.pop(0)
        if path in seen or "signout" in path:
            continue
        seen.add(path)
        answer = client.get(path)
        kind = answer.headers.get("Content-Type", "")
        if answer.status_code != 200 or not kind.startswith(("text/html", "application/json")):
            continue
        name = answer.resolver_match.view_name
        read.add(name)
        if "no-store" not in answer.headers.get("Cache-Control", "") and name not in WRITTEN_ON:
            kept.append(path)
        if kind.startswith("text/html"):
            waiting += [each for each in HREF.findall(answer.content.decode()) if not each.startswith("/static/")]
    return read, kept


@pytest.fixture
def seeds(way: Way) -> list[str]:
    """Of a household that has rated badly."""
    survey = way.rating()
    surveys.rate(survey, level=5, by=way.who("resident"))
    number = survey.proposal.number
    of_project = [f"/projects/{number}/{part}" for part in ("rate/", "votes/1/mine/")]
    return ["/mine/", "/messages/", *of_project, "/", "/mine/data/"]


def test_no_page_of_somebody_signed_in_is_kept_in_the_browser(seeds: list[str], way: Way, client_of: ClientOf) -> None:
    read, kept = kept_pages(client_of(way.who("resident")), seeds)
    assert kept == []
    assert {"mine", "messages", "rate", "my_ballot", "home", "my_data", "my_export", "project", "notice"} <= read


def test_a_page_that_is_kept_is_found(seeds: list[str], way: Way, client_of: ClientOf) -> None:
    without = [each for each in settings.MIDDLEWARE if each != KEEPER]
    assert len(without) < len(settings.MIDDLEWARE)
    with override_settings(MIDDLEWARE=without):
        _read, kept = kept_pages(client_of(way.who("resident")), seeds)
    assert {"/mine/", "/messages/", seeds[2], "/"} <= set(kept)


def test_a_visitors_page_is_kept_as_before(way: Way, client_of: ClientOf) -> None:
    number = way.voting().number
    assert client_of(None).get(f"/projects/{number}/").headers["Cache-Control"] == "no-cache"


def test_signing_out_empties_what_the_browser_kept(way: Way, client_of: ClientOf) -> None:
    answer = client_of(way.who("resident")).post("/signout/")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
