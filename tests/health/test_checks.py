"""The database's promises are asserted, not hoped for."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from minshi.health import checks

pytestmark = pytest.mark.django_db
GOOD = ("on", "on", "on", 180006, "UTF8", "C.UTF-8")


def saying(monkeypatch: pytest.MonkeyPatch, row: tuple[Any, ...]) -> list[str | None]:
    class Cursor:
        def __enter__(self) -> Cursor:
            return self

        def __exit__(self, *error: object) -> None:
            pass

        def execute(self, sql: str) -> None:
            pass

        def fetchone(self) -> tuple[Any, ...]:
            return row

    monkeypatch.setattr(checks, "connections", {"default": type("Connection", (), {"cursor": lambda self: Cursor()})()})
    return [message.id for message in checks.look_at("default")]


def test_the_database_under_test_keeps_them() -> None:
    with connection.cursor() as cursor:
        cursor.execute("RESET synchronous_commit")  # to what the server does, as for every process but this
    assert checks.database_keeps_its_promises(["default"]) == []


def test_without_asking_for_a_database_nothing_is_looked_at() -> None:
    assert checks.database_keeps_its_promises(None) == []
    assert checks.application_is_not_the_owner(["owner"]) == []


@pytest.mark.parametrize(
    ("position", "value", "expected"),
    [
        (0, "off", "health.E001"),
        (1, "off", "health.E001"),
        (2, "off", "health.E001"),
        (3, 140012, "health.E002"),
        (4, "SQL_ASCII", "health.E003"),
        (5, "C", "health.E004"),
    ],
)
def test_each_broken_promise_is_an_error(
    monkeypatch: pytest.MonkeyPatch, position: int, value: Any, expected: str
) -> None:
    row = tuple(value if at == position else good for at, good in enumerate(GOOD))
    assert saying(monkeypatch, row) == [expected]


def test_a_good_database_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert saying(monkeypatch, GOOD) == []


def test_the_application_is_not_the_owner_here() -> None:
    assert checks.application_is_not_the_owner(["default"]) == []


def test_one_role_for_everything_is_warned_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "OWNS", "SELECT true")
    assert [message.id for message in checks.application_is_not_the_owner(["default"])] == ["health.W001"]
