"""Notices to print, as the demo's actions compose them: of each kind the longest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minshi.disclosure.models import Notice
from minshi.disclosure.views import sheet_of
from minshi.printing import sheets
from tests.disclosure.conftest import monday, post_notice

__all__ = ["monday", "post_notice"]

TEXTS: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "notices.json").read_text())

Drawn = Callable[..., str]


@pytest.fixture
def drawn(post_notice: Callable[..., Notice]) -> Drawn:
    """The HTML of the sheet of a notice with these texts."""

    def make(*, large: bool = False, **texts: Any) -> str:
        plain = {"table": [], "basis": "", "course": ""}
        notice = Notice.objects.for_reading().get(pk=post_notice(**plain | texts).pk)
        return sheets.drawn("disclosure/sheet.html", {**sheet_of(notice), "large": large})

    return make
