"""Addresses that tell no number: the key of a row, turned into letters that only the server turns back.

Keys are given in a row; whoever reads two of them knows how many rows came between, and when (domain.md 5). Each kind
of address has a secret of its own, so that one row is not known again at another address.
"""

from __future__ import annotations

import re
from functools import cache

from django.urls import register_converter
from django.utils.crypto import salted_hmac

from minshi import paging

HALF = (1 << 32) - 1
ROUNDS = range(4)
TOLD = re.compile(r"[0-9a-f]{16}")


def told(kind: str, key: int) -> str:
    """What stands in the address of the row with this key."""
    left, right = key >> 32, key & HALF
    for turn in ROUNDS:
        left, right = right, left ^ _mixed(kind, turn, right)
    return f"{left:08x}{right:08x}"


def key_of(kind: str, told: str) -> int:
    """The key behind it; of what nobody was told some number that no row has."""
    left, right = int(told[:8], 16), int(told[8:], 16)
    for turn in reversed(ROUNDS):
        left, right = right ^ _mixed(kind, turn, left), left
    return (left << 32 | right) & ((1 << 63) - 1)


def _mixed(kind: str, turn: int, half: int) -> int:
    digest = salted_hmac(f"minshi.addresses.{kind}", f"{turn}:{half}", algorithm="sha256").digest()
    return int.from_bytes(digest[:4])


def sent(kind: str, written: str | None) -> int | None:
    """The key behind what came back in a form or a list's address; None for what cannot be one."""
    return key_of(kind, written) if written and TOLD.fullmatch(written) else None


def newest_first(kind: str) -> paging.Key:
    """A list by primary key whose address tells no number."""
    return paging.Key(
        lambda row: told(kind, row.pk), lambda asked: sent(kind, asked), lambda rows, pk: rows.filter(pk__lt=pk)
    )


@cache
def hidden(kind: str) -> str:
    """The name of a path converter for addresses of this kind: ``path(f"letters/<{hidden('letter')}:pk>/", …)``."""
    name = f"hidden_{kind}"

    class Hidden:
        regex = TOLD.pattern

        def to_python(self, value: str) -> int:
            return key_of(kind, value)

        def to_url(self, value: int | str) -> str:
            return told(kind, int(value))

    register_converter(Hidden, name)
    return name
