"""What was promised, in sentences, and the tests that hold it: one file per area beside this one.

`python3 run.py drill twins` takes each mechanism away and sees those tests fail.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.promises.reading import AREAS, ROOT, Promise, promises

PROMISES = promises()


@cache
def names_in(path: Path) -> frozenset[str]:
    """Every test that a file defines, those of classes too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


@pytest.mark.parametrize("area", [area.stem for area in AREAS])
def test_each_promise_names_tests_that_exist(area: str) -> None:
    here = [promise for promise in PROMISES if promise.area == area]
    assert here
    for promise in here:
        assert promise.says.strip()
        assert promise.tests, promise.says
        for test in (*promise.tests, *filter(None, [promise.twin_in])):
            file, name = test.split("::")
            assert name in names_in(ROOT / file), f"{promise.says} → {test}"


def test_no_sentence_is_promised_twice() -> None:
    said = [promise.says for promise in PROMISES]
    assert len(said) == len(set(said))


@pytest.mark.parametrize(
    "promise", [promise for promise in PROMISES if promise.twins], ids=lambda promise: promise.says
)
def test_what_a_twin_takes_away_is_still_there(promise: Promise) -> None:
    for twin in promise.twins:
        assert twin.applied() != twin.text
