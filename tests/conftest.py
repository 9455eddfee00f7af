"""Real servers, two database roles, one movable clock: what every test stands on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.test import TransactionTestCase
from django.test.utils import setup_databases, teardown_databases

from minshi import clock as platform_clock
from minshi.policy import defaults

pytest_plugins = ["tests.cast", "tests.way"]

SPARED = ("django_migrations", "clock_offset", "lifecycle_edge")
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
    django_db_blocker: Any,
    django_db_keepdb: bool,
    django_db_createdb: bool,
) -> Iterator[None]:
    """The owner makes and migrates the test database; the tests run as the application role."""
    application = {key: settings.DATABASES["default"][key] for key in ("USER", "PASSWORD")}
    _become(settings.DATABASES["owner"])
    with django_db_blocker.unblock():
        configured = setup_databases(
            verbosity=0,
            interactive=False,
            aliases=["default"],
            keepdb=django_db_keepdb and not django_db_createdb,
            serialized_aliases=[],
        )
        _become(application)
        platform_clock.reset()
    yield
    if not django_db_keepdb:
        _become(settings.DATABASES["owner"])
        with django_db_blocker.unblock():
            teardown_databases(configured, verbosity=0)


def _empty(self: TransactionTestCase) -> None:
    """Empty every table as the owner, whatever triggers and privileges guard them.

    What migrations put into tables (levels, parameters, calendar) is kept by naming it here.
    """
    connections["default"].close()
    with platform_clock.as_owner() as owner:
        names = [
            row[0]
            for row in owner.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND NOT tablename = ANY(%s)",
                [[*SPARED, *_reference_tables()]],
            )
        ]
        owner.execute("TRUNCATE {} RESTART IDENTITY CASCADE".format(", ".join(f'"{name}"' for name in names)))  # type: ignore[arg-type]
    # The platform's own settings share a table with the places', which went with the places.
    defaults.sync("default", apps)


def _reference_tables() -> tuple[str, ...]:
    return (
        "django_content_type",
        "auth_permission",
        "territory_level",
        "policy_parameter",
        "policy_calendarversion",
        "policy_calendarday",
    )


TransactionTestCase._fixture_teardown = _empty  # type: ignore[method-assign]


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
