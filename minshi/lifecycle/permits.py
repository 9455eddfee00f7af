"""Whose a permission is, in words: a refusal tells the person who may, instead of only that they may not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_holders: dict[str, StrOrPromise] = {}


def held_by(words: Mapping[str, StrOrPromise]) -> None:
    """For each app's rules: permission → whose it is, fit for “由…办理”."""
    _holders.update(words)


def holder(permission: str) -> str:
    return str(_holders.get(permission) or _("承办这件事的人"))


def named() -> set[str]:
    """The permissions that have their words."""
    return set(_holders)
