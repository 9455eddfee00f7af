"""Whose a permission is, in words: a refusal tells the person who may, instead of only that they may not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_stood_in: ContextVar[list[str] | None] = ContextVar("_stood_in", default=None)

_holders: dict[str, StrOrPromise] = {}


def held_by(words: Mapping[str, StrOrPromise]) -> None:
    """For each app's rules: permission → whose it is, fit for “由…办理”."""
    _holders.update(words)


def holder(permission: str) -> str:
    return str(_holders.get(permission) or _("承办这件事的人"))


def named() -> set[str]:
    """The permissions that have their words."""
    return set(_holders)


@contextmanager
def noting_stand_ins() -> Iterator[list[str]]:
    """In whose stead, in words, somebody was permitted what is asked within; empty where they are it themselves."""
    found: list[str] = []
    token = _stood_in.set(found)
    try:
        yield found
    finally:
        _stood_in.reset(token)


def note_stand_in(post: str) -> None:
    """For whoever answers the question: the person asked about holds no such role and stands in for it."""
    if (found := _stood_in.get()) is not None and post not in found:
        found.append(post)
