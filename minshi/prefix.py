"""The path under which the whole site stands on its host: that of MINSHI_SITE_URL, on most hosts none.

``reverse()`` and ``{% url %}`` know it in every request, so no address is written by hand. What is stored has no
prefix: rows outlive a move of the site. It is put before an address where that is read (``Address``) or sent away.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import models
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def prefix() -> str:
    """Without a slash at its end; empty where the site has its host to itself."""
    return settings.FORCE_SCRIPT_NAME or ""


def bare(address: str) -> str:
    """An address of this site without the prefix, as it is stored; any other as it is."""
    before = prefix()
    if not before or (not address.startswith((f"{before}/", f"{before}?")) and address != before):
        return address
    rest = address.removeprefix(before)
    return rest if rest.startswith("/") else f"/{rest}"


def shown(address: str) -> str:
    """A stored address as a page links to it."""
    return f"{prefix()}{bare(address)}" if address.startswith("/") else address


def absolute(address: str) -> str:
    """For paper, texts and whatever else is read outside a page."""
    return f"{settings.SITE_URL}{bare(address)}"


def is_ours(address: str, request: HttpRequest) -> bool:
    """Whether somebody may be led on to this address: neither another host nor a neighbour on the same one."""
    is_here = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return is_here and is_inside(address)


def is_inside(address: str) -> bool:
    """Whether it is beneath the prefix also after a browser has taken the dots out of it."""
    if not prefix():
        return True
    path = unquote(urlsplit(address).path).replace("\\", "/")
    return path.startswith(f"{prefix()}/") and not re.search(r"(^|/)\.\.?(/|$)", path)


class Address(models.CharField):
    """An address within the site: stored without the prefix, read with it."""

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs  # the column is any other's

    def get_prep_value(self, value: Any) -> Any:
        said = super().get_prep_value(value)
        return bare(said) if isinstance(said, str) else said

    def from_db_value(self, value: str | None, *args: Any) -> str | None:
        return shown(value) if value else value
