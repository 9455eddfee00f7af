"""What production sets that nothing else does."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from minshi.servers import ground

ASK = """
import json
from minshi import settings
names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE",
         "SECRET_KEY_FALLBACKS", "DEBUG", "DEMO", "CLOCK_MOVABLE")
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


def test_keys_of_before_still_read_what_they_wrote() -> None:
    assert told()["SECRET_KEY_FALLBACKS"] == []
    assert told(MINSHI_SECRET_KEY_FALLBACKS="a,b")["SECRET_KEY_FALLBACKS"] == ["a", "b"]
