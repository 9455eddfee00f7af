"""One committed world for all tests here, and a browser for each person in it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from tests.access.addresses import Browser
from tests.world import World, browser_of, committed_world


@pytest.fixture(scope="package")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    # Sessions in the database alone: what a request leaves in the cache could not be undone.
    sessions = override_settings(SESSION_ENGINE="django.contrib.sessions.backends.db")
    logging.getLogger("django.request").setLevel(logging.CRITICAL)  # the complaints say it shorter
    with sessions, committed_world(django_db_blocker, tmp_path_factory.mktemp("media")) as built:
        yield built
    logging.getLogger("django.request").setLevel(logging.NOTSET)


@pytest.fixture(scope="package")
def browsers(world: World) -> dict[str, Browser]:
    """Everybody by name, ``anonymous`` among them."""
    return {name: Browser(browser_of(world.people.get(name))) for name in ("anonymous", *world.people)}
