"""The content policy of every answer, and refusals that no page caught shown with their reasons."""

from __future__ import annotations

from functools import lru_cache

from csp.constants import HEADER, UNSAFE_EVAL, UNSAFE_INLINE
from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

from minshi.faces.views import bad_request, permission_denied
from minshi.refusals import NotAllowed, Refused

ADMIN = "/admin/"
ADMIN_NEEDS = {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE]}
"""Unfold's scripts are evaluated and its styles inline; nowhere else is either allowed."""


@lru_cache(maxsize=2)
def _policy(for_admin: bool) -> str:
    # Composed once from the settings: django-csp's own middleware composes it twice per answer.
    return str(build_policy(update=ADMIN_NEEDS if for_admin else None))


class SecurityPolicyMiddleware(MiddlewareMixin):
    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        # No database stores this letter and nobody types it: a search for it would end as a server error.
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return bad_request(request, BadRequest())
        return refuse_too_much(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        # The elder cookie changes every page, also those that never look at the session.
        if response.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["Cookie"])
        # Django's own debug pages are styled inline.
        if not (settings.DEBUG and response.status_code in (404, 500)):
            response.setdefault(HEADER, _policy(request.path_info.startswith(ADMIN)))
        return response


WITHOUT_FILES = ("/signin/", "/accounts/", "/elder/", "/messages/")
"""Where no form has a file: what is sent there is a few words."""


def refuse_too_much(request: HttpRequest) -> HttpResponse | None:
    """More than any form of ours sends is not read at all: 413, before anything looks at the body."""
    most = settings.BODY_BYTES_OF_WORDS if request.path_info.startswith(WITHOUT_FILES) else settings.BODY_BYTES
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    if length.isdecimal() and int(length) <= most:
        return None
    # The page would show what was typed, and so read it.
    request._mark_post_parse_error()  # type: ignore[attr-defined]
    reason = _("一次交的内容太大，没有收；照片请少选几张，分几次交")
    response = render(request, "409.html", {"reasons": [reason]}, status=413)
    response["Connection"] = "close"  # else the server would read it to the end to find the next request
    return response


class RefusalMiddleware(MiddlewareMixin):
    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, NotAllowed):
            return permission_denied(request, exception)
        if isinstance(exception, Refused):
            reasons = [*exception.reasons, *exception.fields.values()]
            return render(request, "409.html", {"reasons": reasons}, status=409)
        if isinstance(exception, OperationalError) and isinstance(exception.__cause__, LockNotAvailable):
            reason = _("现在正有人办同一件事，这一步没有办成；请过一会儿再试")
            return render(request, "409.html", {"reasons": [reason]}, status=409)
        return None
