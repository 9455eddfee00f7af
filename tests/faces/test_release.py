"""What a release is called: by what is in it, wherever it lies and whenever it was copied there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minshi.faces import kept


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    kept.release.cache_clear()
    yield
    kept.release.cache_clear()


def lies_in(place: Path, settings: Any, words: str = "页面") -> str:
    (place / "templates").mkdir(parents=True, exist_ok=True)
    file = place / "templates" / "page.html"
    file.write_text(words)
    os.utime(file, (1_000_000, len(str(place))))
    settings.BASE_DIR = place
    kept.release.cache_clear()
    return kept.release()


def test_two_machines_call_it_alike(tmp_path: Path, settings: Any) -> None:
    assert lies_in(tmp_path / "one", settings) == lies_in(tmp_path / "another", settings)


def test_another_word_is_another_release(tmp_path: Path, settings: Any) -> None:
    assert lies_in(tmp_path / "one", settings) != lies_in(tmp_path / "one", settings, "另一页")
