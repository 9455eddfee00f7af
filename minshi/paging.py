"""Lists page by page, by key: the rows behind the last one shown, at one price however long the list.

The key of a row stands in the address as ``before=`` or ``after=``. What we have not written begins at the top.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db import models
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.http import urlencode

T = TypeVar("T", bound=models.Model)
Listed = TypeVar("Listed")

SIZE = 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MOST_SEARCHED, MOST_WORDS = 40, 5
"""Characters and words of a search."""

WORD = re.compile(r"[0-9]{4}-[0-9]+|\w+")


def words_of(text: str) -> list[str]:
    """What is looked for: each word by itself, however wide it was typed and whatever stands between."""
    return WORD.findall(unicodedata.normalize("NFKC", text[:MOST_SEARCHED]))[:MOST_WORDS]


@dataclass(frozen=True)
class Key:
    """What a list is ordered by: ``of`` writes a row's key, ``read`` reads it (None if it is none of ours).

    ``beyond`` leaves the rows behind a key, in the order of the list.
    """

    of: Callable[[Any], str]
    read: Callable[[str], Any]
    beyond: Callable[[Any, Any], QuerySet[Any]]


@dataclass(frozen=True)
class Page(Generic[Listed]):
    """``next`` is the key of the page behind this one, "" at the end of the list."""

    rows: list[Listed]
    next: str
    is_first: bool


def page_of(rows: QuerySet[T], key: Key, asked: str, size: int = SIZE) -> Page[T]:
    """The page behind the key that was ``asked`` for; ``rows`` stand in the order of ``key``. One query."""
    after = key.read(asked)
    found = list((rows if after is None else key.beyond(rows, after))[: size + 1])
    return Page(found[:size], key.of(found[size - 1]) if len(found) > size else "", after is None)


def link(chosen: QueryDict | Mapping[str, str], **key: str) -> str:
    """The address of another page of the same list: what was ``chosen`` stays, an older key does not."""
    kept = QueryDict(urlencode(chosen, doseq=True), mutable=True)
    for name in ("before", "after"):
        kept.pop(name, None)
    return "?" + "&".join(part for part in (kept.urlencode(), urlencode(key)) if part)


# --- Ways to write a key ----------------------------------------------------------------------


def number(text: str | None) -> int | None:
    """A whole number from an address: ASCII digits that fit a bigint, else nothing."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def day(text: str) -> date | None:
    """A day such as 2026-11-03; whatever is none is nothing."""
    try:
        return parse_date(text)
    except ValueError:
        return None


def moment(text: str) -> tuple[datetime, int] | None:
    """A moment and the number of the row that has it, as ``written_moment`` writes them."""
    found = re.fullmatch(r"(\d{1,16})-(\d{1,18})", text, re.ASCII)
    return (EPOCH + int(found[1]) * MICROSECOND, int(found[2])) if found else None


def pair(text: str) -> tuple[int, int] | None:
    """Two whole numbers, as ``12-34``."""
    found = re.fullmatch(r"(\d{1,18})-(\d{1,18})", text, re.ASCII)
    return (int(found[1]), int(found[2])) if found else None


def written_moment(at: datetime, pk: int) -> str:
    return f"{(at - EPOCH) // MICROSECOND}-{pk}"


NUMBER = Key(lambda row: str(row.pk), number, lambda rows, pk: rows.filter(pk__lt=pk))
"""Newest first by primary key."""


def by_moment(field: str, *, newer: bool = False) -> Key:
    """By a moment and, where it is the same, by primary key; newest first, or with ``newer`` the other way round."""
    way = "gt" if newer else "lt"

    def beyond(rows: QuerySet[Any], key: tuple[datetime, int]) -> QuerySet[Any]:
        at, pk = key
        # The first condition alone bounds the index; without it all rows up to here would be read.
        return rows.filter(Q(**{f"{field}__{way}e": at}), Q(**{f"{field}__{way}": at}) | Q(**{f"pk__{way}": pk}))

    return Key(lambda row: written_moment(getattr(row, field), row.pk), moment, beyond)
