"""Pages kept as they were drawn until what they show has changed: a visitor's costs one small read and one look."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import brotli  # type: ignore[import-untyped]
from django.conf import settings
from django.core.cache import cache, caches
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import resolve
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.crypto import salted_hmac
from django.utils.http import quote_etag

from minshi.faces import elder
from minshi.faces.own import RequestOfNobody, cut, filled
from minshi.faces.standing import as_it_stands

SECONDS = 3600
MOST_STATEMENTS = 4096
DRAWN_FROM = ("minshi", "proposals", "deliberation", "funding", "evaluation", "templates", "static")
OF_ONE_FORM = b"csrfmiddlewaretoken"


@dataclass(frozen=True)
class State:
    """``stamp`` names what a page shows and the version of it: the same stamp means the same parts for everybody.

    None: this page is not kept. ``about`` is what was read on the way, for the view that draws it. Whole pages are
    kept only under the ``query`` the page's own links ask with: whoever makes up others must not fill the cache.
    """

    stamp: str | None
    about: Any = None
    query: str = ""


def kept_as(state: Callable[..., State]) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Marks a view whose page is kept for visitors: ``state(request, …)`` is asked before anything else is done.

    It looks at the address alone, never at who asks.
    """

    def mark(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        view.state = state  # type: ignore[attr-defined]
        return view

    return mark


def state_of_page(request: HttpRequest) -> State:
    """Of the page that was asked for; asked once in a request."""
    found: State | None = getattr(request, "_state", None)
    if found is None:
        match = request.resolver_match or resolve(request.path_info)
        state = getattr(match.func, "state", None)
        if state is None:
            return State(None)
        address = f"{request.path_info}?{request.META['QUERY_STRING']}"
        read: State = as_it_stands(address, lambda: state(request, *match.args, **match.kwargs))
        found = request._state = read  # type: ignore[attr-defined]
    return found


def kept_page(
    request: HttpRequest,
    template: str,
    parts: Callable[[], dict[str, Any]],
    own: Callable[[], dict[str, str]] = dict,
) -> HttpResponse:
    """Answer with ``template`` filled with ``parts``, which are everybody's.

    Whoever is signed in gets the page as it was kept for all of them, with their own in its gaps: of the frame, and
    by name what ``own`` draws. A visitor's page is kept whole (``KeptPages``), and this is its first draw.
    """
    if is_visitor(request):
        return render(request, template, parts())
    state = state_of_page(request)
    if state.stamp is not None and request.META["QUERY_STRING"] == state.query:
        pieces = _kept(
            f"gaps:{request.path}:{state.query}:{_key(request, state.stamp)}",
            lambda: cut(render_to_string(template, parts(), RequestOfNobody(request, state.query))),
        )
        if not any(OF_ONE_FORM in each for each in pieces):
            return HttpResponse(filled(pieces, request, own()))
    request.own = own()  # type: ignore[attr-defined]
    return render(request, template, parts())


class KeptPages:
    """Answers a visitor with the page as it was kept, or 304 who has it already, before anything else is done.

    What the view and every middleware inside this one say of a page is kept with it; those around this one have
    their say each time.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD") or not is_visitor(request):
            return self.get_response(request)
        try:
            state = state_of_page(request)
        except Http404:
            state = State(None)
        if state.stamp is None or request.META["QUERY_STRING"] != state.query:
            return self.get_response(request)
        request.get_host()  # refuses a host that is not ours, as the middleware does that is not reached
        return self._kept(request, _key(request, state.stamp))

    def _kept(self, request: HttpRequest, key: str) -> HttpResponse:
        packing = _packing(request)
        etag = quote_etag(_sealed(f"{key}:{packing}"))
        if response := get_conditional_response(request, etag=etag):
            return _validated(response, etag)
        name = f"page:{request.path}:{request.META['QUERY_STRING']}:{key}"
        found: Kept | None = shelf.get(name)
        if found is None:
            response = self.get_response(request)
            if not _is_everybodys(response):
                return response
            # Its length is of the body as it is sent, packed or not.
            found = ([each for each in response.items() if each[0] != "Content-Length"], response.content)
            shelf.set(name, found)
        headers, body = found
        if packing:
            body = _packed(f"{name}:{packing}", packing, body)
            headers = [*headers, ("Content-Encoding", packing)]
        return _validated(HttpResponse(body, headers={**dict(headers), "Content-Length": str(len(body))}), etag)


def _validated(response: HttpResponse, etag: str) -> HttpResponse:
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _sealed(key: str) -> str:
    """What a page calls its state outside. The state itself is a digest of whole rows, of columns too that no page
    shows: whoever knows the rest of a row could try who it was that spoke until the digest is the same."""
    return salted_hmac("minshi.faces.kept", key).hexdigest()[:32]


Kept = tuple[list[tuple[str, str]], bytes]
"""A page's headers and body."""


def _is_everybodys(response: HttpResponse) -> bool:
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and OF_ONE_FORM not in response.content
    )


class Shelf:
    """Where pages are kept: near, in this process, and for all processes in the cache, which may be away."""

    def get(self, name: str) -> Any:
        near = caches["near"]
        found = near.get(name)
        if found is None and (found := cache.get(name)) is not None:
            near.set(name, found)
        return found

    def set(self, name: str, made: Any) -> None:
        caches["near"].set(name, made)
        cache.set(name, made, SECONDS)


shelf = Shelf()


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


def _packed(name: str, packing: str, body: bytes) -> bytes:
    packed: bytes = _kept(name, lambda: PACKINGS[packing](body))
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


def _key(request: HttpRequest, stamp: str) -> str:
    return f"{stamp}:{elder.variant(request)}:{release()}"


def is_visitor(request: HttpRequest) -> bool:
    """Somebody whose page holds nothing of their own: neither a session nor a message."""
    return settings.SESSION_COOKIE_NAME not in request.COOKIES and "messages" not in request.COOKIES


def digest(state: object) -> str:
    """A short name for what a page shows, for its stamp."""
    return hashlib.sha256(repr(state).encode()).hexdigest()[:24]


def _kept(key: str, make: Callable[[], Any]) -> Any:
    made = shelf.get(key)
    if made is None:
        made = make()
        shelf.set(key, made)
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
    return digest((said, settings.HOTLINE, settings.SITE_URL))[:12]
