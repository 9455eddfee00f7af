"""Every promise without its mechanism: the product is copied, one edit takes the mechanism away, its tests must fail.

`-k "twins and WORDS"` tries the promises whose sentence has these words. Some twenty seconds for each twin.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.promises.reading import ROOT, Promise, Twin, promises

pytestmark = pytest.mark.drill

NOT_COPIED = ("/.venv", "/.git", "/var", "/media", "/staticfiles")
TRIED = [promise for promise in promises() if promise.twins] if os.environ.get("MINSHI_DRILL") else []
FAILED = 1
"""pytest's own code: tests were run and some failed; anything else is no answer."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The checkout beside itself, with the same environment and servers of its own."""
    place = tmp_path_factory.mktemp("twins") / "copy"

    def left_out(directory: str, names: list[str]) -> set[str]:
        inside = directory.removeprefix(str(ROOT))
        return {name for name in names if f"{inside}/{name}" in NOT_COPIED or name == "__pycache__"}

    shutil.copytree(ROOT, place, ignore=left_out)
    (place / ".venv").symlink_to((ROOT / ".venv").resolve())
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.mark.parametrize("promise", TRIED, ids=lambda promise: f"{promise.area}: {promise.says}")
def test_twins_fail_where_the_product_holds(promise: Promise, copy: Path) -> None:
    for twin in promise.twins:
        assert outcome(copy, promise, twin) == FAILED, f"{twin.file} without: {twin.was}"


def outcome(copy: Path, promise: Promise, twin: Twin) -> int:
    """What pytest answers on the product without the mechanism."""
    taken = {name for name in os.environ if name.startswith(("MINSHI_", "DATABASE_", "REDIS_", "DJANGO_", "PYTEST_"))}
    env = {name: value for name, value in os.environ.items() if name not in taken | {"CI"}}
    edited = copy / twin.file
    edited.write_text(twin.applied(), encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "run.py", "test", *promise.tests, "-x", "-q", "-n0", "-p", "no:cacheprovider"],
            cwd=copy, env=env, capture_output=True, text=True,
        )  # fmt: skip
    finally:
        edited.write_text(twin.text, encoding="utf-8")
    print(f"\n{promise.area}: {promise.says}\n  {done.stdout[-300:]}")
    return done.returncode
