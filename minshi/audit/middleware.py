"""Where a change came from: the name of the page, never an address or a value from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from minshi.audit.actors import origin


class OriginMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = origin.set("")
        try:
            return self.get_response(request)
        finally:
            origin.reset(token)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if request.resolver_match is not None:
            origin.set(request.resolver_match.view_name)  # without a name: the view's path in the code
