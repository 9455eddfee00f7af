"""PostgreSQL and Redis, by the first of three ways: the given address, the machine's own, the wheels."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from minshi.servers import environment, ground, postgres, redis
from minshi.servers.children import Family
from minshi.servers.progress import Trouble, step

WAYS = ("", "machine", "wheels")
CONNECT = """
import os, psycopg
for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
    if url := os.environ.get(name):
        psycopg.connect(url, connect_timeout=10).close()
"""


@dataclass
class Databases:
    """What was brought up; ``postgres`` and ``redis`` are None where an address was given."""

    env: dict[str, str]
    family: Family
    postgres: postgres.Postgres | None = None
    redis: redis.Redis | None = None


@contextmanager
def bring_up(place: Path, *, ours: bool = False) -> Iterator[Databases]:
    """Both servers running, their addresses in ``env``; they stop when the block ends.

    ``ours`` ignores given addresses: tests and drills kill and empty what they use.
    """
    facts = ground.recall(place)
    home = ground.data_home(place)
    with Family() as family:
        up = Databases({"MINSHI_VAR": str(place), "MINSHI_SECRET_KEY": facts["secret_key"]}, family)
        if os.environ.get("DATABASE_URL") and not ours:
            use_given_postgres(up)
        else:
            start_postgres(up, place, home, facts, {} if ours else postgres.OF_THE_DEMO)
        if os.environ.get("REDIS_URL") and not ours:
            use_given_redis(up)
        else:
            start_redis(up, place, home, facts)
        yield up


def found(server: ModuleType) -> Iterator[Path]:
    """The machine's own first, then the wheel's; MINSHI_SERVERS allows only one of them."""
    way = os.environ.get("MINSHI_SERVERS", "")
    if way not in WAYS:
        raise Trouble(f"MINSHI_SERVERS 只能是 machine 或 wheels，不能是 {way}")
    if way != "wheels":
        yield from server.of_the_machine()
    if way != "machine":
        yield from server.of_the_wheel(ground.data_home(ground.var()))


def use_given_postgres(up: Databases) -> None:
    given = os.environ["DATABASE_URL"]
    with step("连接 DATABASE_URL 指定的 PostgreSQL"):
        environment.run("连不上 DATABASE_URL 指定的数据库", str(environment.PYTHON), "-c", CONNECT)
    up.env |= {"DATABASE_URL": given, "DATABASE_OWNER_URL": os.environ.get("DATABASE_OWNER_URL") or given}


def start_postgres(up: Databases, place: Path, home: Path, facts: dict[str, Any], more: dict[str, str]) -> None:
    binaries = postgres.choose(found(postgres), home / "pg")
    server = postgres.Postgres(home, binaries, facts, place / "log" / "postgres.log", more)
    with step(f"启动 PostgreSQL {postgres.version(binaries)}（端口 {server.port}）"):
        server.create()
        up.family.adopt(server.child)
        server.start()
        server.make_database()
    up.postgres = server
    up.env |= {
        "DATABASE_URL": server.url("minshi_app"),
        "DATABASE_OWNER_URL": server.url("minshi_owner"),
        "MINSHI_PG_BIN": str(binaries),  # pgbench and pg_dump of the same version, for bench and drills
    }


def use_given_redis(up: Databases) -> None:
    given = os.environ["REDIS_URL"]
    where = urlsplit(given)
    with step("连接 REDIS_URL 指定的 Redis"):
        try:
            socket.create_connection((where.hostname or "127.0.0.1", where.port or 6379), timeout=10).close()
        except OSError as error:
            raise Trouble(f"连不上 REDIS_URL 指定的 Redis：{error}") from None
    up.env["REDIS_URL"] = given


def start_redis(up: Databases, place: Path, home: Path, facts: dict[str, Any]) -> None:
    binary = next(found(redis), None)
    if binary is None:
        raise Trouble("没有找到 Redis 或 Valkey（也可以用 REDIS_URL 指定一个）")
    server = redis.Redis(home, binary, facts, place / "log" / "redis.log")
    with step(f"启动 {binary.name}（端口 {server.port}）"):
        up.family.adopt(server.child)
        server.start()
    up.redis = server
    up.env["REDIS_URL"] = server.url
