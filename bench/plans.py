"""What a piece of work asks the database, statement by statement, and what each answer cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection, transaction

ASKED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")
EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) "


@dataclass(frozen=True)
class Statement:
    """One statement as it was sent, with its parameters, and the milliseconds it took."""

    sql: str
    params: Any
    ms: float

    def explained(self, *, by_index: bool = False) -> Plan:
        """What it costs now; what it writes is undone. ``by_index``: as of tables too big to be walked."""
        with transaction.atomic(), connection.cursor() as cursor:
            if by_index:
                cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL random_page_cost = 1; SET LOCAL jit = off")
            cursor.execute(EXPLAIN + self.sql, self.params)
            told = cursor.fetchone()[0][0]["Plan"]
            transaction.set_rollback(True)
        return Plan(self, told)


@dataclass(frozen=True)
class Plan:
    """How PostgreSQL answered a statement: pages touched, rows read, rows given."""

    statement: Statement
    told: dict[str, Any]

    @property
    def buffers(self) -> int:
        return int(self.told["Shared Hit Blocks"] + self.told["Shared Read Blocks"])

    @property
    def shown(self) -> int:
        return int(self.told["Actual Rows"])

    @cached_property
    def scans(self) -> list[tuple[str, str, int]]:
        """Of each table read: how (Seq Scan, Index Scan …), and the rows looked at, those left out as well."""
        return [
            (node["Relation Name"], node["Node Type"], read_by(node))
            for node in nodes(self.told)
            if "Relation Name" in node and node["Node Type"] != "ModifyTable"
        ]

    @property
    def read(self) -> int:
        return sum(rows for _table, _how, rows in self.scans)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def read_by(node: dict[str, Any]) -> int:
    """Rows a scan looked at, over all the times it ran."""
    left_out = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return round((node["Actual Rows"] + left_out) * node["Actual Loops"])


@contextmanager
def listening() -> Iterator[list[Statement]]:
    """Every statement of the block that has a plan, in order."""
    heard: list[Statement] = []

    def hear(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            if not many and str(sql).lstrip(" \n(").upper().startswith(ASKED):
                heard.append(Statement(str(sql), params, 1000 * (time.perf_counter() - started)))

    with connection.execute_wrapper(hear):
        yield heard


def plans_of(work: Callable[[], Any], *, by_index: bool = False, about: str = "") -> list[Plan]:
    """What the work asks, and what the same costs now, each statement by itself; what it wrote is undone.

    ``by_index``: a small table is walked for being small; so a test sees how a big one would be read. ``about``: only
    statements that name it.
    """
    with transaction.atomic():
        with listening() as heard:
            work()
        transaction.set_rollback(True)
    return [statement.explained(by_index=by_index) for statement in heard if about in statement.sql]
