"""What of a page is one's own: a page that is kept for whoever is signed in has gaps, and each is filled for them.

Such a page is drawn for a request of nobody: whatever it says of its reader can only come in through a gap.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template import engines
from django.utils.safestring import SafeString

from minshi.faces import elder

GAP = re.compile(rb"<!--own:(\w+)-->")
"""Nobody can type one: what people write has its brackets escaped."""

Draw = TypeVar("Draw", bound=Callable[[HttpRequest], str])
_frame: dict[str, Callable[[HttpRequest], str]] = {}


class RequestOfNobody(HttpRequest):
    """The same page, asked for with nothing but the choice of large type."""

    def __init__(self, request: HttpRequest, query: str) -> None:
        super().__init__()
        self.method, self.path, self.path_info = "GET", request.path, request.path_info
        self.META = {"QUERY_STRING": query}
        self.COOKIES = {name: said for name, said in request.COOKIES.items() if name == elder.COOKIE}
        self.resolver_match = request.resolver_match
        self.user = AnonymousUser()


def in_frame(name: str) -> Callable[[Draw], Draw]:
    """``draw`` says what stands in the gap ``name`` of every page's frame."""

    def mark(draw: Draw) -> Draw:
        _frame[name] = draw
        return draw

    return mark


def shown(request: HttpRequest | None, name: str) -> SafeString:
    """A gap, in a page that is drawn for nobody; else what stands there for this reader."""
    if isinstance(request, RequestOfNobody):
        return SafeString(f"<!--own:{name}-->")
    asking = request or HttpRequest()  # pages of failures are drawn without one
    return SafeString(_said(asking, name, getattr(asking, "own", {})))


def _said(request: HttpRequest, name: str, own: Mapping[str, str]) -> str:
    draw = _frame.get(name)
    return draw(request) if draw else own.get(name, "")


def cut(page: str) -> list[bytes]:
    """Text and the names of gaps, by turns."""
    return GAP.split(page.encode())


def filled(pieces: list[bytes], request: HttpRequest, own: Mapping[str, str]) -> bytes:
    engines.all()  # brings the modules of tags, and with them what stands in the frame
    said = {name: _said(request, name.decode(), own).encode() for name in set(pieces[1::2])}
    return b"".join(said[each] if nth % 2 else each for nth, each in enumerate(pieces))
