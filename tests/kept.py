"""The migrated test database, kept beside the one that the tests use: each run begins with a new copy of it.

A copy costs a tenth of a second and holds nothing of the run before, however that one ended. It is migrated like
any other, so what follows a migration (steps, parameters, guards) is that of today. Where a migration was added or
edited, a new one is made from nothing.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections
from psycopg.sql import SQL, Identifier

from tests import hurry

MADE_FROM = ("*/migrations/*.py", "*/*/migrations/*.py", "minshi/*/operations.py", "minshi/*/privileges.py")


def copy() -> bool:
    """Make the test database from the kept one; False where none fits or it cannot be read."""
    with _server() as server:
        drop(server, _name())
        try:
            server.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(_name()), Identifier(_kept())))
        except psycopg.Error:
            return False
    return True


def keep() -> None:
    """Keep the test database as it is now, just migrated and with nobody in it, in place of an earlier one."""
    with _server() as server:
        names = server.execute("SELECT datname FROM pg_database WHERE datname ~ %s", [f"^{_name()}_[0-9a-f]{{16}}$"])
        for (name,) in names.fetchall():
            drop(server, name)
        server.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(_kept()), Identifier(_name())))


def keep_world() -> None:
    """Keep the database as it is now, with all who live there, for the next in this run who wants the same."""
    _leave()
    with _server() as server:
        drop(server, _world())
        server.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(_world()), Identifier(_name())))


def copy_world() -> None:
    """Replace the database by the one kept with everybody in it."""
    _leave()
    with _server() as server:
        drop(server, _name())
        server.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(_name()), Identifier(_world())))


def _leave() -> None:
    """PostgreSQL copies only what nobody is connected to, and takes a moment to see that one is gone."""
    hurry.let_go()
    connections.close_all()
    connections["default"].close_pool()
    with _server() as server:
        for _try in range(100):
            users = server.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [_name()]).fetchone()
            if not users or not users[0]:
                return
            time.sleep(0.05)


def drop(server: psycopg.Connection[Any], name: str) -> None:
    """Without force where nobody is left: with force the owner is refused while an autovacuum is at work there,
    which a plain drop ends by itself."""
    plain = SQL("DROP DATABASE IF EXISTS {}").format(Identifier(name))
    try:
        server.execute(plain)
    except psycopg.errors.ObjectInUse:  # a connection that a killed process left behind
        for _try in range(50):
            try:
                server.execute(plain + SQL(" WITH (FORCE)"))
                return
            except psycopg.errors.InsufficientPrivilege:  # an autovacuum began there just now, and is soon done
                time.sleep(0.2)
        raise


@contextmanager
def _server() -> Iterator[psycopg.Connection[Any]]:
    """As the owner, in the database that no test uses."""
    params = connections["owner"].get_connection_params()
    wanted = {name: params[name] for name in ("host", "port", "user", "password", "dbname") if params.get(name)}
    with psycopg.connect(**wanted, autocommit=True) as server:
        yield server


def _name() -> str:
    """Before and after Django has set its own name to it."""
    name: str = connections["default"].settings_dict["NAME"]
    return name if name.startswith("test_") else connections["default"].creation._get_test_db_name()


def _world() -> str:
    return f"{_name()}_world"


def _kept() -> str:
    digest = hashlib.sha256()
    for pattern in MADE_FROM:
        for file in sorted(settings.BASE_DIR.glob(pattern)):
            digest.update(f"{file}\n".encode() + file.read_bytes())
    return f"{_name()}_{digest.hexdigest()[:16]}"
