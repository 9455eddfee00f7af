"""Real servers, two database roles, one movable clock: what every test stands on."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from django.conf import settings
from django.core.cache import cache, caches
from django.db import OperationalError, connections
from django.test import TransactionTestCase
from django.test.utils import setup_databases, teardown_databases
from xdist.scheduler import LoadFileScheduling

from minshi import clock as platform_clock
from minshi.faces import pictures
from minshi.policy import calendar
from minshi.room import with_room
from tests import hurry, kept, opened

pytest_plugins = ["tests.browser", "tests.cast", "tests.owners", "tests.way", "tests.walked"]

pictures._in_its_own_process = opened.once
hurry.hurry()
calendar.KEPT_SECONDS = 3600  # else the query that asks for a newer one falls into any test, once a minute

SPARED = (
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "clock_offset",
    "lifecycle_edge",
    "territory_level",
    "policy_parameter",
    "policy_calendarversion",
    "policy_calendarday",
)
"""Tables that hold what migrations wrote; everything else is emptied after a transactional test."""


def _become(role: dict[str, Any]) -> None:
    """Let the default connection work as ``role`` from now on."""
    connection = connections["default"]
    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    connection.settings_dict["USER"] = role["USER"]
    connection.settings_dict["PASSWORD"] = role["PASSWORD"]


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker: Any,
    django_db_keepdb: bool,
    django_db_createdb: bool,
) -> Iterator[None]:
    """The owner makes and migrates the test database; the tests run as the application role."""
    application = {key: settings.DATABASES["default"][key] for key in ("USER", "PASSWORD")}
    _become(settings.DATABASES["owner"])
    with django_db_blocker.unblock():
        keeps = django_db_keepdb and not django_db_createdb
        is_copy = keeps and kept.copy()
        configured = setup_databases(
            verbosity=0, interactive=False, aliases=["default"], keepdb=is_copy, serialized_aliases=[]
        )
        _become(application)
        if keeps and not is_copy:
            kept.keep()
        platform_clock.reset()
        _let_the_cast_speak()
    yield
    hurry.let_go()
    if not django_db_keepdb:
        _become(settings.DATABASES["owner"])
        # A connection that a killed process left behind is no fault of what was tested; the next run replaces it.
        with django_db_blocker.unblock(), suppress(OperationalError):
            teardown_databases(configured, verbosity=0)


QUOTAS = ("propose.most_open", "wish.most", "resource.most", "resource.most_requests", "signin.question_after")


def _let_the_cast_speak() -> None:
    """A few people stand for a whole yard here; and try again and again; who tests how much one may say or try
    sets the rule (tests/proposals/test_quotas.py, tests/signin/test_known_browsers.py)."""
    with platform_clock.as_owner() as owner:
        owner.execute("ALTER TABLE policy_setting DISABLE TRIGGER setting_in_force_stays")
        owner.execute(
            "UPDATE policy_setting SET value = '1000' FROM policy_parameter AS parameter"
            " WHERE parameter.id = parameter_id AND parameter.name = ANY (%s) AND place_id IS NULL",
            [list(QUOTAS)],
        )
        owner.execute("ALTER TABLE policy_setting ENABLE TRIGGER setting_in_force_stays")


# Deleting from the few tables that hold something is fifty times as fast as truncating all of them.
EMPTY = """
DO $$
DECLARE
    name text;
    filled text[] := '{}';
    is_filled boolean;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND NOT tablename = ANY (%(spared)s) LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %%I)', name) INTO is_filled;
        IF is_filled THEN
            filled := filled || name;
            EXECUTE format('ALTER TABLE %%I DISABLE TRIGGER USER', name);
        END IF;
    END LOOP;
    FOREACH name IN ARRAY filled LOOP
        -- The platform's own settings share a table with the places'.
        EXECUTE format('DELETE FROM %%I', name)
            || CASE name WHEN 'policy_setting' THEN ' WHERE place_id IS NOT NULL' ELSE '' END;
    END LOOP;
    SET CONSTRAINTS ALL IMMEDIATE;
    FOREACH name IN ARRAY filled LOOP
        EXECUTE format('ALTER TABLE %%I ENABLE TRIGGER USER', name);
    END LOOP;
END $$;
"""


def _empty(self: TransactionTestCase) -> None:
    """Empty every table as the owner, whatever triggers and privileges guard them."""
    connections["default"].close()
    spared = ", ".join(f"'{name}'" for name in SPARED)
    with hurry.kept_owner() as owner:
        owner.execute(EMPTY.replace("%(spared)s", f"ARRAY[{spared}]").replace("%%", "%"))


TransactionTestCase._fixture_teardown = _empty  # type: ignore[method-assign]


LONGEST = (
    "pages/test_desk.py",
    "journeys/test_muling_post.py",
    "pages/test_pages.py",
    "access/test_table.py",
    "access/test_staff_table.py",
    "access/test_visitors.py",
    "access/test_queries.py",
    "journeys/test_sentences.py",
    "secrecy/test_joins.py",
    "secrecy/test_rating_joins.py",
    "funding/test_strangers.py",
    "journeys/test_empty.py",
)
"""Files of a minute or more: first, so that no process works on one at the end while the others are done."""

OF_THE_WORLD = ("tests/pages/", "tests/access/", "tests/city/", "tests/drills/test_hostile.py")
"""Look at one world (tests/world.py), which takes a process most of a minute to build: one process has them all."""


def is_left_to_a_drill(item: pytest.Item) -> bool:
    return any(mark.kwargs.get("only") for mark in item.iter_markers("drill"))


def is_asked_for(item: pytest.Item, wanted: Iterable[str]) -> bool:
    """By its own name, as a twin does it."""
    return any("::" in name and item.nodeid.startswith(name) for name in wanted)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not os.environ.get("MINSHI_DRILL"):
        left = [item for item in items if is_left_to_a_drill(item) and not is_asked_for(item, config.args)]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    turns = {f"tests/{name}": turn for turn, name in enumerate(LONGEST)}
    items.sort(key=lambda item: turns.get(item.location[0], len(turns)))


class Together(LoadFileScheduling):
    """A file stays in one process, and all that look at the same world."""

    def _split_scope(self, nodeid: str) -> str:
        return "world" if nodeid.startswith(OF_THE_WORLD) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: looking it through again and again took 7 % of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """As pytest's own, with room for what a test calls: a quarter of the time of those that ask for pages."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    with_room(partial(runtestprotocol, item, nextitem=nextitem))
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


class Clock:
    """The platform's time in a test: moved as a whole, put back at the end."""

    def move(self, **by: float) -> None:
        platform_clock.move(timedelta(**by))

    def set(self, text: str) -> None:
        """To a moment in China, "2026-11-03 09:00"."""
        platform_clock.set_to(datetime.fromisoformat(text).replace(tzinfo=platform_clock.CHINA))

    def now(self) -> datetime:
        return platform_clock.now()


@pytest.fixture
def clock() -> Iterator[Clock]:
    yield Clock()
    platform_clock.reset()


@pytest.fixture(autouse=True)
def _empty_cache(request: pytest.FixtureRequest) -> None:
    if "django_db_setup" in request.fixturenames:
        cache.clear()
        caches["near"].clear()
