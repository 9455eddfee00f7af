"""Pages kept as they were drawn until what they show has changed: a visitor's costs one small read and one look."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import brotli  # type: ignore[import-untyped]
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.crypto import salted_hmac
from django.utils.http import quote_etag

from minshi.faces import elder

SECONDS = 3600
MOST_STATEMENTS = 4096
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
    if not _is_kept_for(request, query):
        return render(request, template, kept_parts(request, stamp, parts))
    return _whole(request, stamp, query, lambda: render(request, template, parts()))


def kept_for_visitors(
    request: HttpRequest, template: str, stamp: Callable[[], str], context: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """The same for a page that says something else to everybody who is signed in: for them it is drawn each time."""
    if not _is_kept_for(request, ""):
        return render(request, template, context())
    return _whole(request, stamp(), "", lambda: render(request, template, context()))


def _is_kept_for(request: HttpRequest, query: str) -> bool:
    return is_visitor(request) and request.META["QUERY_STRING"] == query


def _whole(request: HttpRequest, stamp: str, query: str, draw: Callable[[], HttpResponse]) -> HttpResponse:
    packing = _packing(request)
    etag = quote_etag(_sealed(f"{_key(request, stamp)}:{packing}"))
    response = get_conditional_response(request, etag=etag)
    if response is None:
        name = f"page:{request.path}:{query}:{_key(request, stamp)}"
        response = HttpResponse(_packed(name, packing, draw), headers={"ETag": etag, "Cache-Control": "no-cache"})
        if packing:
            response["Content-Encoding"] = packing
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _sealed(key: str) -> str:
    """What a page calls its state outside. The state itself is a digest of whole rows, of columns too that no page
    shows: whoever knows the rest of a row could try who it was that spoke until the digest is the same."""
    return salted_hmac("minshi.faces.kept", key).hexdigest()[:32]


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: bytes(brotli.compress(body, quality=6)),
    "gzip": lambda body: gzip.compress(body, mtime=0),
}
"""What a browser may take a page in, the smallest first. Once for each page that is kept, never for each answer:
a page with somebody's own secret in it is not packed at all (BREACH)."""


def _packing(request: HttpRequest) -> str:
    taken = request.headers.get("Accept-Encoding", "").replace(" ", "").lower().split(",")
    takes = {each.partition(";")[0] for each in taken if not each.endswith(";q=0")}
    return next((name for name in PACKINGS if name in takes), "")


def _packed(name: str, packing: str, draw: Callable[[], HttpResponse]) -> bytes:
    def plain() -> bytes:
        page: bytes = _kept(name, lambda: draw().content)
        return page

    if not packing:
        return plain()
    packed: bytes = _kept(f"{name}:{packing}", lambda: PACKINGS[packing](plain()))
    return packed


_statements: dict[str, tuple[str, tuple[Any, ...]]] = {}


RULES = "concat_ws('.', (SELECT max(id) FROM policy_setting), (SELECT max(id) FROM policy_calendarversion))"
"""SQL: the newest rule of a place and the newest calendar. What holds today already is never written over."""


def state_of(name: str, rows: Callable[[], Iterable[QuerySet[Any, Any]]]) -> str:
    """What a page reads now, as one short name, with the hour: it changes with any column of any of its ``rows``.

    One statement, composed once for each ``name``, which has to hold all that the rows are chosen by. Composing four
    queries and making models of what they find costs five times what the database needs to say that all is as it was.
    """
    if name not in _statements:
        if len(_statements) >= MOST_STATEMENTS:
            _statements.clear()
        _statements[name] = _composed(rows())
    with connection.cursor() as cursor:
        cursor.execute(*_statements[name])
        said: str = cursor.fetchone()[0]
    return f"{name}:{said}"


def _composed(rows: Iterable[QuerySet[Any, Any]]) -> tuple[str, tuple[Any, ...]]:
    parts: list[str] = []
    params: list[Any] = []
    for each in rows:
        try:
            sql, given = each.query.sql_with_params()
        except EmptyResultSet:  # a number in the address that no column can hold
            parts.append("NULL")
            continue
        parts.append(f"(SELECT string_agg(md5(said::text), '') FROM ({sql}) AS said)")
        params += given
    hour = "to_char(minshi_now() AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDDHH24')"
    return f"SELECT {hour} || {RULES} || md5(concat_ws('|', {', '.join(parts)}))", tuple(params)


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
    return digest((said, settings.HOTLINE))[:12]
