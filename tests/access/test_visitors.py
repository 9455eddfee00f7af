"""Whoever comes, by whatever link: no page breaks for a cookie, a session or a role that it did not expect."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from minshi.accounts.models import User
from minshi.accounts.requests import user_of
from tests.access.addresses import Answer, Browser
from tests.access.table import TABLE, Row
from tests.access.test_table import told
from tests.world import World

NOBODYS = (
    "no cookie",
    "session of nobody",
    "session that is gone",
    "session of nonsense",
    "session of a closed account",
)
"""Who is not signed in, and by which cookie one does not see it."""


def with_session(key: str) -> Browser:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return Browser(client)


@pytest.fixture(scope="package")
def strangers(world: World) -> dict[str, Browser]:
    """Visitors of each kind; all of them get what somebody without a cookie gets."""
    looked = Client()
    looked.get(reverse("account_request_login_code"))  # the session begins with the page
    closed = User.objects.create_user("closed", phone="13900000099")
    gone = Client()
    gone.force_login(closed, backend="minshi.accounts.backends.AccountBackend")
    User.objects.filter(pk=closed.pk).update(is_active=False)
    return {
        "no cookie": Browser(Client()),
        "session of nobody": Browser(looked),
        "session that is gone": with_session("a" * 32),
        "session of nonsense": with_session("\"><script>'; --"),
        "session of a closed account": Browser(gone),
    }


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_session_that_is_nobodys_changes_no_answer(row: Row, world: World, strangers: dict[str, Browser]) -> None:
    complaints = compared(row, world, strangers)
    assert not complaints, "\n".join(complaints)


def compared(row: Row, world: World, strangers: dict[str, Browser]) -> list[str]:
    path = reverse(row.name, args=row.args(world))
    complaints = []
    for method in ("GET", "POST"):
        plain = strangers["no cookie"].ask(method, path)
        for name in NOBODYS[1:]:
            answer = strangers[name].ask(method, path)
            if answer.word != plain.word:
                complaints.append(f"{name} should get {plain.word} from {method} {path}, got {told(answer)}")
    return complaints


# --- Following every link ------------------------------------------------------------------------

LINK = re.compile(r"<a\b[^>]*?\bhref=\"([^\"]*)\"")
ONE_OF_EACH = (
    "resident", "minor", "newcomer", "chief", "clerk", "party", "supervisor", "case_officer", "approver", "cashier",
    "district_officer", "district_finance", "superuser", "former_clerk",
)  # fmt: skip
ALIKE = ("supervisor", "case_officer", "cashier", "district_finance", "minor", "party")
"""See the same desk as the clerk, the approver and the district officer, or, while minor, what a resident does: their
links are followed by `drill link`."""
SLOW = ("_pdf", "_zip")
"""Files that take a second each: the table of addresses asks for every one of them."""


def crawled(browser: Browser, *begin: str) -> Iterator[tuple[str, Answer]]:
    """One page of each kind that links lead to from where somebody begins, with what it answered."""
    waiting, seen, kinds = list(begin), set(begin), Counter[str]()
    while waiting:
        address = waiting.pop(0)
        answer = browser.ask("GET", address)
        yield address, answer
        if not answer.response.get("Content-Type", "").startswith("text/html"):
            continue
        onward = [answer.response["Location"]] if answer.response.has_header("Location") else []
        for link in [*onward, *map(unescape, LINK.findall(answer.text))]:
            found = urlsplit(urljoin(address, link))
            path = found.path + (f"?{found.query}" if found.query else "")
            if found.netloc or found.scheme not in ("", "http", "https") or path in seen:
                continue
            seen.add(path)
            kinds[kind_of(path)] += 1
            if kinds[kind_of(path)] == 1 and not kind_of(path).endswith(SLOW):
                waiting.append(path)


def kind_of(address: str) -> str:
    """The name of an address and what is asked of it: pages of one kind are drawn by the same lines."""
    path, _mark, query = address.partition("?")
    try:
        match = resolve(path)
    except Resolver404:
        return address
    if "admin" in match.namespaces:
        return match.view_name  # its lists offer every combination of every filter
    asked = sorted(part.partition("=")[0] for part in query.split("&") if part)
    return " ".join([match.view_name or match.route, *asked])


def broken_links(browser: Browser) -> list[str]:
    return [
        f"{address}: {told(answer)}"
        for address, answer in crawled(browser, "/", "/admin/")
        if answer.response.status_code >= 500 or answer.response.status_code in (400, 404)
    ]


@pytest.mark.parametrize("name", NOBODYS)
def test_no_link_of_a_visitor_breaks(name: str, strangers: dict[str, Browser]) -> None:
    assert not broken_links(strangers[name])


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.drill(only=True)) if name in ALIKE else name for name in ONE_OF_EACH]
)
def test_no_link_of_anybody_breaks(name: str, browsers: dict[str, Browser]) -> None:
    assert not broken_links(browsers[name])


def test_a_page_that_breaks_for_a_session_is_noticed(
    monkeypatch: pytest.MonkeyPatch, world: World, strangers: dict[str, Browser]
) -> None:
    monkeypatch.setattr("minshi.disclosure.views.somebody_of", user_of)
    notice = next(row for row in TABLE if row.name == "notice")
    assert any(
        "session of nobody" in complaint and "500" in complaint for complaint in compared(notice, world, strangers)
    )
    assert any("/notices/" in complaint for complaint in broken_links(strangers["session of nobody"]))
