"""What production sets that nothing else does."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from minshi.servers import ground

ASK = """
import json
from minshi import settings
names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE",
         "BROWSER_COOKIE_NAME", "SESSION_COOKIE_PATH", "CSRF_COOKIE_PATH", "CSRF_TRUSTED_ORIGINS", "SITE_URL",
         "STATIC_URL", "SECRET_KEY_FALLBACKS", "HOTLINE", "DEBUG", "DEMO", "CLOCK_MOVABLE")
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def told(**given: str) -> dict[str, object]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("MINSHI_")} | {
        "MINSHI_ENV": "production", "MINSHI_SECRET_KEY": "x" * 60, "MINSHI_HOSTS": "minshi.example.cn",
        "MINSHI_SITE_URL": "https://minshi.example.cn", "MINSHI_VAR": str(ground.var()),
        "MINSHI_SMS_CHANNEL": "minshi.notifications.channels.GatewayChannel",
        "MINSHI_SMS_GATEWAY_URL": "https://sms.example.cn/send", **given,
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", ASK], env=env, cwd=ground.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_cookies_belong_to_this_host_alone_and_never_travel_in_the_clear() -> None:
    said = told()
    assert str(said["SESSION_COOKIE_NAME"]).startswith("__Host-") and str(said["CSRF_COOKIE_NAME"]).startswith(
        "__Host-"
    )
    assert said["SESSION_COOKIE_SECURE"] is said["CSRF_COOKIE_SECURE"] is True
    assert said["DEBUG"] is said["DEMO"] is said["CLOCK_MOVABLE"] is False


def test_under_a_path_cookies_are_for_it_alone_and_forms_are_trusted_from_the_host() -> None:
    said = told(MINSHI_SITE_URL="https://host.example.cn/minshi/")
    names = [said[f"{name}_COOKIE_NAME"] for name in ("SESSION", "CSRF", "BROWSER")]
    assert names == ["__Secure-session", "__Secure-csrf", "__Secure-browser"]  # __Host- is for the path / alone
    assert said["SESSION_COOKIE_PATH"] == said["CSRF_COOKIE_PATH"] == "/minshi/"
    assert (said["CSRF_TRUSTED_ORIGINS"], said["SITE_URL"]) == (
        ["https://host.example.cn"],
        "https://host.example.cn/minshi",
    )
    assert said["STATIC_URL"] == "/minshi/static/"


def test_keys_of_before_still_read_what_they_wrote() -> None:
    assert told()["SECRET_KEY_FALLBACKS"] == []
    assert told(MINSHI_SECRET_KEY_FALLBACKS="a,b")["SECRET_KEY_FALLBACKS"] == ["a", "b"]


HELP = """
from django.conf import settings
import django; django.setup()
from django.template import loader
from django.test import RequestFactory
from minshi.faces.context import face
from minshi.faces.kept import release
context = face(RequestFactory().get("/"))
for name in ("500.html", "503.html", "404.html", "components/go_on.html", "signin/my_signins.html"):
    page = loader.render_to_string(name, context)
    print(name, settings.HOTLINE in page, "12345" in page)
print(release())
"""


def helped(**given: str) -> list[str]:
    env = {**os.environ, "MINSHI_ENV": "test", "DJANGO_SETTINGS_MODULE": "minshi.settings", **given}
    done = subprocess.run([sys.executable, "-c", HELP], env=env, cwd=ground.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


def test_people_are_told_the_citys_own_number_also_where_something_failed() -> None:
    *lines, release = helped(MINSHI_HOTLINE="0871-96128")
    assert lines and all(line.endswith(" True False") for line in lines), lines
    assert told()["HOTLINE"] == told(MINSHI_HOTLINE="")["HOTLINE"] == "12345"
    *_lines, other = helped(MINSHI_HOTLINE="12345")
    assert release != other, "pages kept with the old number are not shown again"


def test_a_hotline_that_nobody_can_ring_is_refused() -> None:
    with pytest.raises(AssertionError, match="MINSHI_HOTLINE"):
        told(MINSHI_HOTLINE="<b>12345</b>")
