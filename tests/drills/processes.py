"""The platform's own processes on a test's database, and a Redis that may be killed."""

from __future__ import annotations

import http.client
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import connection

from minshi.servers import databases, ground, redis, services
from minshi.servers.children import Child, Family

CSRF = "c" * 32


def environment(**more: str) -> dict[str, str]:
    """Of processes that work on this test's database as the application role."""
    use = connection.settings_dict
    address = (
        f"postgres://{quote(use['USER'])}:{quote(use['PASSWORD'] or '')}@{use['HOST']}:{use['PORT']}/{use['NAME']}"
    )
    return {**os.environ, "DATABASE_URL": address, "MINSHI_ENV": "test", "MINSHI_POOL": "4", **more}


@contextmanager
def place_for_servers() -> Iterator[Path]:
    """A directory that the servers' account can enter; pytest's own are closed to it."""
    place = Path(tempfile.mkdtemp(prefix="minshi-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place, ignore_errors=True)


def redis_at(place: Path) -> redis.Redis:
    """A Redis of this test's own, not yet started."""
    binary = next(databases.found(redis))
    facts = {"redis_port": ground.free_port(), "redis": secrets.token_hex(16)}
    return redis.Redis(place, binary, facts, place / "redis.log")


@contextmanager
def platform(place: Path, *names: str, **env: str) -> Iterator[int]:
    """The port of the site, once it answers; ``names`` of what runs besides (worker, beat, sweeper)."""
    port = ground.free_port()
    commands = services.commands(port, place)
    with Family() as family:
        for name in ("web", *names):
            pool = services.CONNECTIONS[name]
            told = environment(MINSHI_HOSTS="127.0.0.1", MINSHI_VAR=str(place), MINSHI_POOL=pool, **env)
            family.start(Child(name, commands[name], log=place / f"{name}.log", env=told, cwd=settings.BASE_DIR))
        services.wait_for_web(family.children[0], port)
        yield port


def post(port: int, path: str, fields: dict[str, str], session: str = "") -> int:
    """The status a form gets that a browser with this session sends; 0 when nobody answers."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    cookies = {"csrftoken": CSRF, settings.SESSION_COOKIE_NAME: session}
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items() if value),
    }
    try:
        link.request("POST", path, urlencode({"csrfmiddlewaretoken": CSRF, **fields}), headers)
        return link.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        link.close()
