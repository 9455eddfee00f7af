"""The database backend (DATABASES["default"]["ENGINE"])."""

from __future__ import annotations

import select
import time
from typing import Any

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool, PoolTimeout

from minshi.engine import lists

lists.register()

LOOKS_AGAIN = 1.0
"""Seconds after which a thread that waits for a connection has the pool try anew, rather than after a growing pause."""

AT_ONCE = 0.2  # seconds


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = lists.Features
    ops_class = lists.Operations
    _connection_pools: dict[str, ConnectionPool[Any]]
    _configure_connection: Any

    @property
    def pool(self) -> ConnectionPool[Any] | None:
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        if self.alias not in self._connection_pools:
            pool = Pool(
                kwargs={**self.get_connection_params(), "autocommit": True},
                open=False,
                configure=self._configure_connection,
                reconnect_timeout=LOOKS_AGAIN,
                **options,
            )
            self._connection_pools.setdefault(self.alias, pool)
        return self._connection_pools[self.alias]


class Pool(ConnectionPool[Any]):
    """After a restart of the server every connection of the pool is dead; each would cost somebody an error."""

    _renewed_at = 0.0

    def renew(self) -> None:
        """Let go of every connection: where one died the others may be about to. Threads that ask at once ask once."""
        if time.monotonic() > self._renewed_at + AT_ONCE:
            self._renewed_at = time.monotonic()
            self.drain()

    def getconn(self, timeout: float | None = None) -> Any:
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            left = end - time.monotonic()
            try:
                found = super().getconn(min(left, LOOKS_AGAIN))
            except PoolTimeout:
                if left <= LOOKS_AGAIN:
                    raise
                continue
            if answers(found):
                return found
            found.close()
            self.putconn(found)  # it makes room for a new one


def answers(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server still holds this idle connection: a look at the socket, no question on the way.

    Who is idle has nothing to say: what is there to be read is a farewell, or a notice, and then it is asked.
    """
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.pgconn.socket, select.POLLIN)
    if not poll.poll(0):
        return True
    try:
        connection.execute("")
    except psycopg.Error:
        return False
    return True
