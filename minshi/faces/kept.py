"""Pages kept as they were drawn until what they show has changed: a visitor's costs one small read and one look."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

from minshi.faces import elder

SECONDS = 3600
DRAWN_FROM = ("minshi", "proposals", "deliberation", "funding", "evaluation", "templates", "static")


def kept_page(
    request: HttpRequest, template: str, stamp: str, parts: Callable[[], dict[str, Any]], *, query: str = ""
) -> HttpResponse:
    """Answer with ``template`` filled with ``parts``, which are only made when ``stamp`` was not seen before.

    ``stamp`` names what is shown and the version of it; the same stamp must mean the same parts for everybody.
    Whoever is signed in gets their own frame around the parts; a visitor gets the whole page as it was kept, or
    304 who has it already. Whole pages are kept only under the ``query`` the page's own links ask with: whoever
    makes up others must not fill the cache.
    """
    key = _key(request, stamp)
    if not is_visitor(request) or request.META["QUERY_STRING"] != query:
        return render(request, template, kept_parts(request, stamp, parts))
    etag = quote_etag(key)
    if unchanged := get_conditional_response(request, etag=etag):
        return unchanged
    page = _kept(f"page:{request.path}:{query}:{key}", lambda: render(request, template, parts()).content)
    return HttpResponse(page, headers={"ETag": etag, "Cache-Control": "no-cache"})


def kept_parts(request: HttpRequest, stamp: str, parts: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The parts that are the same for everybody, for a page that says something of one's own around them."""
    found: dict[str, Any] = _kept(f"parts:{_key(request, stamp)}", parts)
    return found


def _key(request: HttpRequest, stamp: str) -> str:
    return f"{stamp}:{elder.variant(request)}:{release()}"


def is_visitor(request: HttpRequest) -> bool:
    """Somebody whose page holds nothing of their own: neither a session nor a message."""
    return settings.SESSION_COOKIE_NAME not in request.COOKIES and "messages" not in request.COOKIES


def digest(state: object) -> str:
    """A short name for what a page shows, for its stamp."""
    return hashlib.sha256(repr(state).encode()).hexdigest()[:24]


def _kept(key: str, make: Callable[[], Any]) -> Any:
    made = cache.get(key)
    if made is None:
        made = make()
        cache.set(key, made, SECONDS)
    return made


@lru_cache(maxsize=1)
def release() -> str:
    """Changes with every file a page is drawn from: a new release never answers with pages of the last.

    By their contents and names in the project, so that each machine of a release calls it alike.
    """
    top = settings.BASE_DIR
    files = (
        file for name in DRAWN_FROM for file in (top / name).rglob("*.*") if file.suffix != ".pyc" and file.is_file()
    )
    said = sorted((str(file.relative_to(top)), hashlib.sha256(file.read_bytes()).hexdigest()) for file in files)
    return digest(said)[:12]
