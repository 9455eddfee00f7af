"""What tests need not wait for: the disk at each commit, and the owner's way in each time the clock is moved.

Only in the process of the tests: those that a drill starts, to be killed, commit as ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
from django.core.servers.basehttp import ThreadedWSGIServer
from django.db import connections

from minshi.clock import time as clock_time
from minshi.engine.base import DatabaseWrapper
from minshi.room import with_room

AT_ONCE = "SET synchronous_commit TO off"
_configured = DatabaseWrapper._configure_connection
_answered = ThreadedWSGIServer.process_request_thread
_kept: dict[str, psycopg.Connection[Any]] = {}
"""The owner's connection, by the database it is to."""


def hurry() -> None:
    DatabaseWrapper._configure_connection = _configure  # type: ignore[method-assign]
    ThreadedWSGIServer.process_request_thread = _answer_with_room  # type: ignore[method-assign]
    clock_time.as_owner = kept_owner


def _answer_with_room(self: ThreadedWSGIServer, request: Any, client_address: Any) -> None:
    """As the platform's own door gives its answers room; a browser's requests come in threads of their own."""
    with_room(partial(_answered, self, request, client_address))


def _configure(self: DatabaseWrapper, connection: Any) -> Any:
    """Once for each connection of the pool; ``RESET`` leads back to what the server does."""
    connection.execute(AT_ONCE)
    return _configured(self, connection)


@contextmanager
def kept_owner() -> Iterator[psycopg.Connection[Any]]:
    """As ``as_owner``, over a connection that stays until ``let_go``."""
    name = connections["default"].settings_dict["NAME"]
    if name not in _kept or not _is_alive(_kept[name]):
        let_go()
        _kept[name] = _opened()
    yield _kept[name]


def _is_alive(owner: psycopg.Connection[Any]) -> bool:
    """Somebody may have dropped it, or have started the server anew."""
    try:
        owner.execute("")
    except psycopg.Error:
        return False
    return True


def _opened() -> psycopg.Connection[Any]:
    params = connections["owner"].get_connection_params()
    wanted = {name: params[name] for name in ("host", "port", "user", "password") if params.get(name)}
    name = connections["default"].settings_dict["NAME"]
    owner = psycopg.connect(**wanted, dbname=name, autocommit=True)
    owner.execute(AT_ONCE)
    return owner


def let_go() -> None:
    """A database is copied or dropped only where nobody is connected."""
    for owner in _kept.values():
        owner.close()
    _kept.clear()
