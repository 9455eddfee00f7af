"""A chain over what stands in the database now, and connections beside Django's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from django.db import connection

from minshi.audit.tracking import baseline, tracked
from minshi.clock import as_owner

Connection = psycopg.Connection[Any]


@pytest.fixture
def owner(transactional_db: None) -> Iterator[Connection]:
    """The owner role: the only one able to switch triggers off."""
    with as_owner() as raw:
        yield raw


@pytest.fixture
def empty_chain(owner: Connection) -> None:
    """Nothing recorded yet, not even what migrations wrote."""
    owner.execute("TRUNCATE audit_event, audit_clear, audit_link, audit_dayroot, audit_deployment RESTART IDENTITY")


@pytest.fixture
def fresh_chain(owner: Connection, empty_chain: None) -> None:
    """Emptying the tables after a test spares what migrations wrote, but not its events: record it again."""
    for entry in tracked():
        baseline(owner.cursor(), entry)  # type: ignore[arg-type]
    owner.execute(
        "INSERT INTO audit_deployment (release, after_event, last_event, written) "
        "SELECT 'tests', 0, max(id), count(*) FROM audit_event HAVING count(*) > 0"
    )


@pytest.fixture
def connect(transactional_db: None) -> Iterator[Callable[[], Connection]]:
    """More connections of the application role, each in a transaction of its own."""
    with ExitStack() as stack:

        def make() -> Connection:
            params = connection.get_connection_params()
            wanted = {key: params[key] for key in ("host", "port", "user", "password", "dbname") if params.get(key)}
            raw = psycopg.connect(**wanted)
            stack.callback(raw.close)
            return raw

        yield make


@pytest.fixture
def behind_the_back(owner: Connection) -> Callable[..., None]:
    """What somebody with all rights could do: switch the triggers of a table off, change it, switch them on."""

    def tamper(table: str, statement: str, *params: Any) -> None:
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # type: ignore[arg-type]
        try:
            owner.execute(statement, params)  # type: ignore[arg-type]
        finally:
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")  # type: ignore[arg-type]

    return tamper
