"""No log carries a slip or check number."""

from __future__ import annotations

import io
import logging
from typing import Any
from uuid import uuid4

from django.conf import settings

from minshi.paper import numbers

NUMBER = numbers.number_of(uuid4())


def test_the_console_hides_them_in_whatever_is_logged() -> None:
    handler_of: Any = settings.LOGGING["handlers"]["console"]
    assert handler_of["filters"] == ["without numbers"]
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(numbers.WithoutNumbers())
    log = logging.getLogger("tests.secrecy")
    log.addHandler(handler)
    log.propagate = False
    try:
        for written in (NUMBER, numbers.shown(NUMBER), numbers.shown(NUMBER).lower()):
            log.warning("Forbidden: %s", f"/receipts/{written}/correct/")
            log.warning(f"Not Found: /receipts/{written}/")
    finally:
        log.removeHandler(handler)
    assert out.getvalue().count("/receipts/…/") == 6
    assert NUMBER[:4] not in out.getvalue().upper()


def test_other_words_stay() -> None:
    for said in ("Forbidden: /projects/2026-00001/paper/", "notifications", "/admin/deliberation/motion/12/"):
        assert numbers.hidden(said) == said
