"""The whole site under a path of its host: nothing on a page leads out of it, and nothing stored holds it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpResponse
from django.template import loader
from django.test import Client, override_settings
from django.urls import reverse, set_script_prefix
from django.utils.functional import empty

from minshi.deadlines.models import Deadline
from minshi.disclosure.views import sheet_of
from minshi.faces.checks import prefix_is_no_page
from minshi.faces.kept import release
from minshi.notifications.actions import tell
from minshi.notifications.models import Message
from minshi.wsgi import beneath
from tests.access.addresses import SHOWN, Browser
from tests.access.table import TABLE
from tests.world import World, browser_of

BEFORE = "/minshi"
ROOT = Path(settings.BASE_DIR)
LINK = re.compile(r"""\s(?:href|src|action|formaction|poster|hx-(?:get|post|put|delete)|data-\w+)=["']([^"'#][^"']*)""")
EYES = ("anonymous", "resident", "chief", "clerk", "party", "case_officer", "approver", "cashier", "district_officer")
"""Whose eyes a page is seen with: the first of these who may."""
SLOW = ("_pdf", "_zip")
"""Files, which take a second each and have no links."""


@pytest.fixture
def under() -> Iterator[None]:
    """As MINSHI_SITE_URL=https://testserver/minshi sets it."""
    path = f"{BEFORE}/"
    with override_settings(
        FORCE_SCRIPT_NAME=BEFORE, PREFIX=BEFORE, SITE_URL=f"https://testserver{BEFORE}", STATIC_URL=f"{path}static/",
        SESSION_COOKIE_PATH=path, CSRF_COOKIE_PATH=path, SESSION_ENGINE="django.contrib.sessions.backends.db",
        DEMO=True,
    ):  # fmt: skip
        set_script_prefix(path)
        staticfiles_storage._wrapped = empty  # it read its address from the settings of before
        yield
    set_script_prefix("/")
    staticfiles_storage._wrapped = empty


def through_the_door(client: Client) -> Client:
    site: Any = client.handler
    door: Any = beneath(BEFORE, lambda environ, start: site(environ))
    client.handler = lambda environ: door(environ, None)
    return client


def leads_out(page: str) -> list[str]:
    links = [urlsplit(unescape(link)) for link in LINK.findall(page)]
    paths = [link.path for link in links if not link.scheme and not link.netloc and link.path.startswith("/")]
    assert paths, page
    return [path for path in paths if not path.startswith(f"{BEFORE}/")]


def test_every_link_form_and_file_of_a_page_is_beneath_the_path(world: World, under: None) -> None:
    eyes = {name: Browser(through_the_door(browser_of(world.people.get(name)))) for name in EYES}
    complaints, files, count = [], set(), 0
    for row in TABLE:
        who = next((name for name in EYES if name in row.see), "")
        if row.shows != SHOWN or not who or row.name.endswith(SLOW):
            continue
        address = reverse(row.name, args=row.args(world))
        assert address.startswith(f"{BEFORE}/"), address
        answer = eyes[who].ask("GET", address)
        if answer.word != SHOWN:
            complaints.append(f"{row.name} answers {answer.response.status_code} to {who}")
            continue
        if not answer.response.get("Content-Type", "").startswith("text/html"):
            continue
        count += 1
        complaints += [f"{row.name} leads {who} to {path}" for path in leads_out(answer.text)]
        files |= {link.partition("?")[0] for link in LINK.findall(answer.text) if "/static/" in link}
    missing = [file for file in files if not finders.find(file.removeprefix(f"{BEFORE}/static/"))]
    assert not complaints and count > 50 and files and not missing, "\n".join([*complaints, *missing])


def test_a_link_followed_from_a_page_answers(world: World, under: None) -> None:
    visitor = Browser(through_the_door(browser_of(None)))
    page = visitor.ask("GET", reverse("home")).text
    links = {unescape(link) for link in LINK.findall(page) if "/static/" not in link}
    answers = {link: visitor.ask("GET", link).response.status_code for link in sorted(links) if link[0] == "/"}
    assert answers and set(answers.values()) <= {200, 302, 405}, answers


def test_it_answers_alike_whether_the_proxy_takes_the_path_off_or_leaves_it_on(world: World, under: None) -> None:
    number = world["voting"].number
    plain, kept = browser_of(None), through_the_door(browser_of(None))
    taken_off = plain.get(f"/projects/{number}/").content
    assert kept.get(f"{BEFORE}/projects/{number}/").content == taken_off
    assert f'href="{BEFORE}/projects/{number}/'.encode() in taken_off


def test_the_bare_path_leads_to_where_cookies_are_sent() -> None:
    said: list[Any] = []
    beneath(BEFORE, lambda environ, start: [b"the site"])(
        {"PATH_INFO": BEFORE, "QUERY_STRING": "place=1"}, lambda status, headers: said.append((status[:3], headers))
    )
    assert said == [("308", [("Location", f"{BEFORE}/?place=1")])]
    seen: list[Any] = []
    for path in (f"{BEFORE}/mine/", "/mine/", f"{BEFORE}ous/"):
        beneath(BEFORE, lambda environ, start: seen.append(environ["PATH_INFO"]) or [])({"PATH_INFO": path}, None)  # type: ignore[func-returns-value, arg-type]
    assert seen == ["/mine/", "/mine/", f"{BEFORE}ous/"]


def test_pages_kept_at_one_address_are_not_shown_at_another(world: World, under: None) -> None:
    beneath_it = release.__wrapped__()
    with override_settings(SITE_URL="https://testserver"):
        assert release.__wrapped__() != beneath_it


def test_cookies_are_for_this_path_alone(world: World, under: None) -> None:
    client = through_the_door(browser_of(world.who("resident")))
    client.get(reverse("mine"))
    client.post(reverse("elder"), {"elder": "1", "next": reverse("mine")})
    cookies = {name: morsel["path"] for name, morsel in client.cookies.items()}
    cookies.pop(settings.SESSION_COOKIE_NAME)  # Django's own, tests/run/test_production.py asks for it
    assert {"elder", "author"} <= set(cookies) and set(cookies.values()) == {f"{BEFORE}/"}, cookies


OUTSIDE = ("/", "/mail/", "//evil.example/", "https://evil.example/minshi/", f"{BEFORE}/../mail/",
           f"{BEFORE}/%2e%2e/mail/", f"{BEFORE}ous/", "https://testserver/mail/")  # fmt: skip


@pytest.mark.parametrize("address", OUTSIDE)
def test_nobody_is_led_on_to_a_neighbour_on_the_host(address: str, world: World, under: None) -> None:
    client = through_the_door(browser_of(world.who("resident")))
    assert led_to(client.post(reverse("elder"), {"elder": "1", "next": address})) == f"{BEFORE}/"
    signed_in = client.get(f"{reverse('account_request_login_code')}?{urlencode({'next': address})}")
    assert led_to(signed_in).startswith(f"{BEFORE}/"), led_to(signed_in)
    inside = reverse("notices")
    assert led_to(client.post(reverse("elder"), {"elder": "1", "next": inside})) == inside


def led_to(answer: HttpResponse) -> str:
    return str(answer.headers.get("Location", f"{BEFORE}/"))


def test_what_is_stored_has_no_path_and_what_is_read_has(world: World, under: None) -> None:
    resident = world.who("resident")
    tell(resident, "看一看", "", reverse("notices"), key="prefix")
    told = Message.objects.get(user=resident, key="prefix")
    assert Message.objects.filter(pk=told.pk, url="/notices/").extra(where=["url = '/notices/'"]).exists()
    assert told.url == f"{BEFORE}/notices/"
    row = Deadline.objects.exclude(url="").first()
    assert row is not None and row.url.startswith(f"{BEFORE}/") and row.url in str(reverse("home") + row.url)
    told.delete()


def test_addresses_on_paper_hold_the_path_once(world: World, under: None) -> None:
    notice = world["notice"]
    assert sheet_of(notice)["address"] == f"https://testserver{BEFORE}/notices/{notice.number}/"


def test_pages_drawn_when_something_broke_stay_beneath_it(under: None) -> None:
    for name in ("500.html", "503.html", "404.html", "400.html"):
        assert not leads_out(loader.render_to_string(name)), name


@pytest.mark.parametrize("path", ["/projects", "/staff/deep", "/static", "/admin"])
def test_a_path_that_is_a_page_of_the_site_is_refused(path: str) -> None:
    with override_settings(FORCE_SCRIPT_NAME=path):
        assert [error.id for error in prefix_is_no_page()] == ["faces.E001"]
    with override_settings(FORCE_SCRIPT_NAME=BEFORE):
        assert prefix_is_no_page() == []


# --- Nothing written by hand -----------------------------------------------------------------------

APPS = ("minshi", "proposals", "deliberation", "funding", "evaluation")
BY_HAND = re.compile(r"^/($|[a-z{%][^ ]*/)")
NOT_ON_A_PAGE = {
    # Asked behind the path, or of the machine.
    "minshi/faces/middleware.py", "minshi/settings.py", "minshi/wsgi.py", "minshi/prefix.py", "proposals/admin.py",
    "minshi/faces/templatetags/faces.py", "minshi/deadlines/watch.py",
}  # fmt: skip
IN_A_TEMPLATE = re.compile(r"""(?:=\s*["']|url\s+|\sto\s+["'])/(?!/)""")


def of_the_code(source: str) -> list[str]:
    """Text that begins as an address of the site does, and is no docstring."""
    tree = ast.parse(source)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    docs |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    found = []
    for node in ast.walk(tree):
        if id(node) in docs:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            found.append("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return [text for text in found if BY_HAND.match(text)]


def test_no_address_in_the_code_is_written_by_hand() -> None:
    assert of_the_code('go(f"/projects/{number}/")') and of_the_code('url = "/mine/"'), "it would find none"
    found = []
    for app in APPS:
        for file in sorted((ROOT / app).rglob("*.py")):
            name = str(file.relative_to(ROOT))
            if name in NOT_ON_A_PAGE or "/migrations/" in name or name.startswith("minshi/servers/"):
                continue
            found += [f"{name}: {text}" for text in of_the_code(file.read_text()) if text != "/"]
    assert not found, "use reverse(), minshi.prefix knows the rest:\n" + "\n".join(found)


def test_no_address_in_a_template_or_script_is_written_by_hand() -> None:
    assert IN_A_TEMPLATE.search('<a href="/mine/">') and IN_A_TEMPLATE.search('{% card url="/" %}'), "it finds none"
    files = [*sorted((ROOT / "templates").rglob("*.html")), *sorted((ROOT / "static/js").glob("*.js"))]
    found = [
        f"{file.relative_to(ROOT)}: {line.strip()[:120]}"
        for file in files
        for line in file.read_text().splitlines()
        if IN_A_TEMPLATE.search(line) or (file.suffix == ".js" and re.search(r"""["'`]/[a-z]""", line))
    ]
    assert not found, "{% url %}, {% static %} or {% prefix %}:\n" + "\n".join(found)
