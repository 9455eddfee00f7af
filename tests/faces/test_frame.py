"""The frame of every page: light, strict, and blind to who is not signed in."""

import json
import re
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import Client

pytestmark = pytest.mark.urls("tests.faces.probe_urls")

STATIC = Path(settings.BASE_DIR) / "static"
TEMPLATES = Path(settings.BASE_DIR) / "templates"


def weight(*names: str) -> int:
    return sum(len(brotli.compress((STATIC / name).read_bytes())) for name in names)


def test_an_anonymous_page_asks_neither_database_nor_session(client: Client) -> None:
    # Without the db mark any query fails; the session would be the first.
    answer = client.get("/")
    assert answer.status_code == 200
    assert not answer.wsgi_request.session.accessed
    assert "登录" in answer.content.decode()


def test_a_message_of_this_very_answer_is_shown(client: Client) -> None:
    page = client.get("/told/").content.decode()
    assert '<li class="warning">请再看一遍。</li>' in page


def test_the_navigation_marks_where_one_is(client: Client) -> None:
    assert '<a href="/wishes/" aria-current="page">' in client.get("/wishes/12/").content.decode()
    assert '<a href="/" aria-current="page">' in client.get("/").content.decode()
    assert client.get("/").content.decode().count("aria-current") == 1


def test_defaults_without_authority_and_demo_data_say_so(client: Client) -> None:
    assert "示范参数，非法定" in client.get("/?sample=1").content.decode()
    assert "演示数据，非原始记载" in client.get("/?demo=1").content.decode()
    assert "示范参数" not in client.get("/").content.decode()


def test_the_policy_is_strict_outside_the_admin(client: Client) -> None:
    policy = client.get("/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy


@pytest.mark.django_db
def test_only_the_admin_may_evaluate(client: Client) -> None:
    policy = client.get("/admin/")["Content-Security-Policy"]
    assert "'unsafe-eval'" in policy
    assert "script-src 'self'" in policy


def test_htmx_is_told_to_evaluate_nothing_and_to_show_corrections(client: Client) -> None:
    page = client.get("/").content.decode()
    config = json.loads(re.search(r"name=\"htmx-config\"\s+content='([^']+)'", page)[1])  # type: ignore[index]
    assert config["allowEval"] is False
    assert config["includeIndicatorStyles"] is False
    assert {"code": "422", "swap": True} in config["responseHandling"]


def test_no_template_carries_inline_style_or_script() -> None:
    inline = re.compile(r"""\sstyle=|<style|<script(?![^>]*\bsrc=)|\son[a-z]+=|hx-on|javascript:""")
    pages = [path for path in TEMPLATES.rglob("*.html") if "admin" not in path.parts and "unfold" not in path.parts]
    assert pages
    assert [str(path) for path in pages if inline.search(path.read_text())] == []
    assert inline.search('<p style="color:red">')


def test_the_first_visit_is_light(client: Client) -> None:
    page = len(brotli.compress(client.get("/").content))
    assert weight("css/minshi.css") < 12_000
    assert page + weight("css/minshi.css", "js/minshi.js", "vendor/htmx.min.js", "img/seal.svg") < 60_000


def test_without_a_request_the_frame_still_stands() -> None:
    assert "民生小实事" in render_to_string("base.html")
    assert "登录" in render_to_string("base.html", {"user": AnonymousUser()})


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TOKENS = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", (STATIC / "css/minshi.css").read_text().split("}")[0]))


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *[("ink", ground) for ground in ("paper", "amber-pale", "green-pale", "red-pale")],
        *[("soft", ground) for ground in ("paper", "amber-pale", "green-pale")],
        *[("green", ground) for ground in ("paper", "green-pale", "amber-pale")],
        ("amber", "amber-pale"),
        ("amber", "paper"),
        ("red", "red-pale"),
        ("red", "paper"),
    ],
)
def test_every_pair_of_colours_can_be_read(text: str, ground: str) -> None:
    assert contrast(TOKENS[text], TOKENS[ground]) >= 4.5


def test_edges_of_fields_can_be_seen() -> None:
    assert contrast(TOKENS["edge"], "#ffffff") >= 3
    assert contrast(TOKENS["line"], "#ffffff") < 3  # the measure itself catches a pale one
