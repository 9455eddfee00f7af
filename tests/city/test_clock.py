"""The platform's time is asked once a statement, never once a row: an end in an index, not a filter over it.

``minshi_now()`` moves while a statement runs, so a condition on it is asked of every row; a subquery that depends on
none (``Instant``) is asked once. Names of parameters and columns may hold a moment that was asked before.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.plans import plans_of
from minshi.clock import Instant
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.health.signs import deadlines_are
from tests.world import World

ROOT = Path(__file__).parents[2]
OURS = ("minshi", "proposals", "deliberation", "funding", "evaluation")
PYTHON = sorted(
    file
    for app in OURS
    for file in (ROOT / app).rglob("*.py")
    if "migrations" not in file.parts and file.name != "time.py"
)
SQL = sorted(file for app in OURS for file in (ROOT / app).rglob("*.sql"))

COMPARED = re.compile(r"[<>]=?\s*(?:public\.)?minshi_now\(\)|(?<!SELECT )\b(?:public\.)?minshi_now\(\)\s*[<>]", re.I)
BEGINS = re.compile(r"\b(?:IF|WHEN|CASE|WHERE|ON|FILTER)\b(?! EXISTS)", re.I)
OF_ONE_ROW = re.compile(r"\b(?:id|pk) = ", re.I)


def clocks_of_columns(tree: ast.AST) -> Iterator[tuple[int, bool]]:
    """Where ``Now()`` is written, and whether as what a column begins with."""
    defaults = {
        id(word.value)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for word in call.keywords
        if word.arg == "db_default"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Now":
            yield node.lineno, id(node) in defaults


def texts_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def asked_of_rows(sql: str) -> list[str]:
    """Comparisons with the moving clock in what narrows rows; of one row, by its key or in an IF, it is asked once."""
    told = re.sub(r"--[^\n]*", "", sql)
    found = []
    for match in COMPARED.finditer(told):
        begins = [*BEGINS.finditer(told, 0, match.start())]
        condition = told[begins[-1].start() : match.end()] if begins else ""
        if condition.upper().startswith(("WHERE", "ON", "FILTER")) and not OF_ONE_ROW.search(condition):
            found.append(" ".join(condition.split()))
    return found


@pytest.mark.parametrize("file", PYTHON, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_moving_clock_is_a_columns_default_and_nothing_else(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert [line for line, is_default in clocks_of_columns(tree) if not is_default] == []
    assert [
        (line, found) for line, text in texts_of(tree) if "minshi_now" in text and (found := asked_of_rows(text))
    ] == []


@pytest.mark.parametrize("file", SQL, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_function_asks_the_moving_clock_of_every_row(file: Path) -> None:
    assert asked_of_rows(file.read_text(encoding="utf-8")) == []


def test_both_would_be_found() -> None:
    """Naive twins."""
    asked = ast.parse("rows.filter(due__lte=Now())\nat = models.DateTimeField(db_default=Now())")
    assert list(clocks_of_columns(asked)) == [(1, False), (2, True)]
    assert asked_of_rows("SELECT FROM deadlines_deadline WHERE due <= minshi_now()")
    assert not asked_of_rows("SELECT FROM deadlines_deadline WHERE due <= (SELECT minshi_now())")


# --- What is asked every twenty seconds ------------------------------------------------------------


def test_looking_for_what_is_due_reads_what_is_due(crowd: World) -> None:
    assert Deadline.objects.open().count() > 1000
    due = Deadline.objects.due(Instant()).count()
    asked = plans_of(
        lambda: deadlines.sweep(limit=0) or list(Deadline.objects.due(Instant()).order_by("wakes", "pk")[:1])
    )
    assert sum(plan.read for plan in asked) <= due + 5
    assert sum(plan.buffers for plan in asked) < 30


def test_whether_all_is_well_reads_what_is_not(crowd: World) -> None:
    late = Deadline.objects.due(Instant()).count()
    asked = plans_of(deadlines_are, by_index=True)
    assert sum(plan.read for plan in asked) <= late + 5
    assert sum(plan.buffers for plan in asked) < 40 + late
