"""What was promised, in sentences, and the tests that hold it: one file per area beside this one."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
AREAS = sorted(HERE.glob("*.toml"))


@cache
def names_in(path: Path) -> frozenset[str]:
    """Every test that a file defines, those of classes too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


@pytest.mark.parametrize("area", AREAS, ids=lambda path: path.stem)
def test_each_promise_names_tests_that_exist(area: Path) -> None:
    promises = tomllib.loads(area.read_text(encoding="utf-8"))["promise"]
    assert promises
    for promise in promises:
        assert promise["says"].strip()
        assert promise["tests"], promise["says"]
        for test in promise["tests"]:
            file, name = test.split("::")
            assert name in names_in(ROOT / file), f"{promise['says']} → {test}"


def test_no_sentence_is_promised_twice() -> None:
    said = [promise["says"] for area in AREAS for promise in tomllib.loads(area.read_text(encoding="utf-8"))["promise"]]
    assert len(said) == len(set(said))
