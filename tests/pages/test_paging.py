"""Pages by key: what an address may say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.http import QueryDict

from minshi import paging

RUBBISH = ["", "x", "-1", "٣", "1-2-3", "9" * 40, "2026-13-45", "' OR 1=1", "1e9_1"]


def test_what_was_chosen_stays_and_an_older_key_does_not() -> None:
    asked = QueryDict("place=530103&q=路灯&before=7&after=9")
    assert paging.link(asked, before="5") == "?place=530103&q=%E8%B7%AF%E7%81%AF&before=5"
    assert paging.link(asked) == "?place=530103&q=%E8%B7%AF%E7%81%AF"
    assert paging.link({}, after="5") == "?after=5"


@pytest.mark.parametrize("text", RUBBISH)
def test_what_we_have_not_written_is_no_key(text: str) -> None:
    assert (paging.number(text), paging.day(text), paging.moment(text)) == (None, None, None)


def test_a_moment_is_read_as_it_was_written_to_the_microsecond() -> None:
    at = datetime(2026, 11, 3, 9, 0, 0, 123457, tzinfo=UTC)
    assert paging.moment(paging.written_moment(at, 41)) == (at, 41)
