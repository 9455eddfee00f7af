"""A page whose database connection died under it is made once more."""

from __future__ import annotations

import errno
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from django.conf import settings
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse

from minshi.faces.last import last_page

log = logging.getLogger(__name__)

SAFE = ("GET", "HEAD", "OPTIONS")
GONE = ("08", "57P", "25P03")
"""SQLSTATEs: no connection; the server going down, crashed or coming up; a session it ended. With none: a dead line."""
READ_ONLY = "25006"
"""SQLSTATE: a database that is only read, as a standby is; nothing of the request was stored."""
NO_DISK = (errno.EACCES, errno.EDQUOT, errno.EIO, errno.ENOSPC, errno.ENOTDIR, errno.EEXIST, errno.EPERM, errno.EROFS)


def may_come_again(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Marks a view whose form carries a number of its own: sent twice it is done once, so it may be tried again."""
    view.may_come_again = True  # type: ignore[attr-defined]
    return view


class OnceMore:
    """The outermost of all: whatever inside met a dead connection, the whole request is answered once more.

    Only what may be: reading, and what bears a number of its own. Any other form might be done twice; who sent it is
    told to look first. What the database refused for another reason is not repeated.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 500 and (cannot := getattr(request, "_cannot", "")):
            return away(request, cannot)
        if response.status_code != 500 or not _met_a_dead_line(request):
            return response
        if _may_be_repeated(request):
            log.warning("a connection died; %s is answered once more", _name(request))
            connection.close()
            if pool := getattr(connection, "pool", None):
                pool.renew()
            request._dead_line = False  # type: ignore[attr-defined]
            response = self.get_response(request)
        if response.status_code == 500 and _met_a_dead_line(request):
            return away(request)
        return response


def _met_a_dead_line(request: HttpRequest) -> bool:
    return bool(getattr(request, "_dead_line", False))


def _may_be_repeated(request: HttpRequest) -> bool:
    match = request.resolver_match
    return request.method in SAFE or bool(match and getattr(match.func, "may_come_again", False))


def _name(request: HttpRequest) -> str:
    """Of the page, never its address or values."""
    return request.resolver_match.view_name if request.resolver_match else ""


def away(request: HttpRequest, cannot: str = "") -> HttpResponse:
    """``cannot`` says what does not go for now: ``write`` anything, or keep ``files``."""
    response = last_page(request, "503.html", 503, cannot=cannot, is_open=not cannot)
    response["Retry-After"] = "60" if cannot else "10"
    return response


def note_dead_lines(request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Before the exception becomes a page: keep in mind whether the line died, or what cannot be written."""
    causes = list(_causes(sys.exc_info()[1]))
    if request is None:
        return
    if any(is_dead_line(each) for each in causes):
        request._dead_line = True  # type: ignore[attr-defined]
    request._cannot = next(filter(None, map(cannot_be_done, causes)), "")  # type: ignore[attr-defined]


got_request_exception.connect(note_dead_lines, dispatch_uid="health.dead_lines")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def cannot_be_done(error: BaseException) -> str:
    """``write`` where the database takes nothing for now, ``files`` where the disk of the pictures does not."""
    if getattr(error, "sqlstate", None) == READ_ONLY:
        return "write"
    is_disk = isinstance(error, OSError) and error.errno in NO_DISK
    is_media = is_disk and str(getattr(error, "filename", "") or "").startswith(str(settings.MEDIA_ROOT))
    return "files" if is_media else ""


def is_dead_line(error: BaseException) -> bool:
    """Whether this says that the connection is gone or none was to be had, and nothing about what was asked."""
    cause = error.__cause__ if isinstance(error.__cause__, psycopg.Error) else error
    if state := getattr(cause, "sqlstate", None):
        return bool(state.startswith(GONE))
    return isinstance(cause, OperationalError | InterfaceError | psycopg.OperationalError | psycopg.InterfaceError)
