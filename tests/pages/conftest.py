"""The same world as in tests/access, behind a real server and one browser with a window for each person."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.test import override_settings
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests.world import World, browser_of, committed_world


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with override_settings(DEMO=True), committed_world(django_db_blocker, tmp_path_factory.mktemp("media")) as built:
        yield built


@pytest.fixture(scope="module")
def site(world: World) -> Iterator[str]:
    """The address of a running server."""
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


Window = Callable[[str, bool], Page]


@pytest.fixture(scope="module")
def window(world: World, site: str, browser: Browser) -> Iterator[Window]:
    """A page in the browser of somebody, in normal or elder mode; opened once and used again."""
    pages: dict[tuple[str, bool], Page] = {}

    def of(who: str, elder: bool) -> Page:
        if (who, elder) not in pages:
            context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
            context.add_init_script(AXE_SCRIPT)
            cookies = {"elder": "1" if elder else "0"}
            if who != "anonymous":
                cookies[settings.SESSION_COOKIE_NAME] = (
                    browser_of(world.who(who)).cookies[settings.SESSION_COOKIE_NAME].value
                )
            context.add_cookies([{"name": name, "value": value, "url": site} for name, value in cookies.items()])
            pages[who, elder] = context.new_page()
        return pages[who, elder]

    yield of
    for page in pages.values():
        page.context.close()


@pytest.fixture(scope="session")
def shots() -> Path | None:
    """Where pictures go: the directory named by MINSHI_SHOTS, else none are taken."""
    wanted = os.environ.get("MINSHI_SHOTS")
    if wanted:
        Path(wanted).mkdir(parents=True, exist_ok=True)
    return Path(wanted) if wanted else None
