"""Every promise without its mechanism: the product is copied, one edit takes the mechanism away, its tests must fail.

`-k "twins and WORDS"` tries the promises whose sentence has these words. Some ten seconds for each twin.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from minshi.servers import services
from minshi.servers.databases import bring_up
from tests.promises.reading import ROOT, Promise, Twin, promises

pytestmark = pytest.mark.drill

NOT_COPIED = ("/.venv", "/.git", "/var", "/media", "/staticfiles")
TRIED = [promise for promise in promises() if promise.twins] if os.environ.get("MINSHI_DRILL") else []
FAILED = 1
"""pytest's own code: tests were run and some failed; anything else is no answer."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The checkout beside itself, with the same environment."""
    place = tmp_path_factory.mktemp("twins") / "copy"

    def left_out(directory: str, names: list[str]) -> set[str]:
        inside = directory.removeprefix(str(ROOT))
        return {name for name in names if f"{inside}/{name}" in NOT_COPIED or name == "__pycache__"}

    shutil.copytree(ROOT, place, ignore=left_out)
    (place / ".venv").symlink_to((ROOT / ".venv").resolve())
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def servers(copy: Path) -> Iterator[dict[str, str]]:
    """What each twin's tests are run with: one PostgreSQL and one Redis for all, nothing of the drill's own."""
    place = copy / "var"
    for name in ("log", "static"):
        (place / name).mkdir(parents=True)
    place.chmod(0o755)
    with bring_up(place, ours=True) as up:
        env = {**services.environ(up.env, "test"), "DJANGO_SETTINGS_MODULE": "tests.settings"}
        ours = {name for name in env if name.startswith("PYTEST_")} | {"CI", "MINSHI_DRILL", "MINSHI_TEST_SERVERS"}
        yield {name: value for name, value in env.items() if name not in ours}


@pytest.mark.parametrize("promise", TRIED, ids=lambda promise: f"{promise.area}: {promise.says}")
def test_twins_fail_where_the_product_holds(promise: Promise, copy: Path, servers: dict[str, str]) -> None:
    for twin in promise.twins:
        assert outcome(copy, promise, twin, servers) == FAILED, f"{twin.file} without: {twin.was}"


def outcome(copy: Path, promise: Promise, twin: Twin, env: dict[str, str]) -> int:
    """What pytest answers on the product without the mechanism."""
    edited = copy / twin.file
    edited.write_text(twin.applied(), encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--reuse-db", *promise.tests, "-x", "-q", "-p", "no:cacheprovider"],
            cwd=copy, env=env, capture_output=True, text=True,
        )  # fmt: skip
    finally:
        edited.write_text(twin.text, encoding="utf-8")
    print(f"\n{promise.area}: {promise.says}\n  {done.stdout[-300:]}")
    return done.returncode
