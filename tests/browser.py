"""The browser of the tests: which Chromium, how it starts, and what happens where there is none."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest

# Playwright's loop runs in the tests' own thread, where Django would refuse its ORM.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def chromium() -> str | None:
    """The one named by MINSHI_CHROMIUM, else the first on the path; ``None`` leaves it to playwright's own."""
    return os.environ.get("MINSHI_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def _of_playwright() -> bool:
    home = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or os.path.expanduser("~/.cache/ms-playwright")
    return os.path.isdir(home) and any(name.startswith("chromium") for name in os.listdir(home))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    found = {"executable_path": chromium()} if chromium() else {}
    return {**browser_type_launch_args, **found, "args": ["--no-sandbox", "--disable-gpu"]}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser its tests are skipped; with CI=true that is an error, so they are left to fail."""
    if chromium() or _of_playwright() or os.environ.get("CI") == "true":
        return
    skip = pytest.mark.skip(reason="no Chromium: apt install chromium, or playwright install chromium")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(skip)
