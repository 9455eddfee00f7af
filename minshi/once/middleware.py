"""The one door of every form: what is sent with a key that was done already is not done again.

Key, contents and answer are stored in the transaction of what the form did, so that there is never one without the
other. Two at once: the second waits for the first and gets its answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

from minshi.accounts.models import User
from minshi.lifecycle.action import taken
from minshi.once import actions
from minshi.once.models import SentForm
from minshi.prefix import bare, shown
from minshi.refusals import Refused, heard
from minshi.signin.drafts import FORM_KEY, OF_THE_PAGE, asks_who

LED_ON = (301, 302, 303)
DONE_ANYHOW = ("may_come_again", "comes_to_the_same")
"""Marks of views that need no key: of a form with a number of its own, of a button pressed as often as one likes."""
MOST_BYTES = 256 * 1024
"""Of a page that says at once what was done, rather than leading to it."""


class Sending:
    """One form while it is being done, in one transaction."""

    def __init__(self, row: SentForm, key: UUID, around: ExitStack) -> None:
        self.row, self.key = row, key
        self.done: list[str] = []
        self.refused: list[Refused] = []
        around.callback(taken.reset, taken.set(self.done))
        around.callback(heard.reset, heard.set(self.refused))

    def end(self, response: HttpResponseBase) -> None:
        """Keep what it led to; what was refused may be sent again, and what failed was never begun."""
        if response.status_code >= 500 or connection.needs_rollback:
            transaction.set_rollback(True)
        elif answer := self._answer(response):
            actions.keep(self.row, self.key, answer)
        else:
            self.row.delete()

    def _answer(self, response: HttpResponseBase) -> dict[str, Any] | None:
        if response.status_code in LED_ON:
            to = response["Location"]
            was_refused = bool(self.refused) and not self.done
            return None if was_refused or asks_who(urlsplit(to).path) else {"to": bare(to)}
        if response.status_code == 200 and self.done and isinstance(response, HttpResponse):
            page = response.content[:MOST_BYTES].decode(errors="replace")
            return {"page": page, "kind": response["Content-Type"]}
        return None


class OncePerForm:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with ExitStack() as around:
            request.around = around  # type: ignore[attr-defined]
            response = self.get_response(request)
            if sending := getattr(request, "sending", None):
                sending.end(response)
            elif getattr(request, "changed_since", False) and response.status_code in (200, 422):
                response.status_code = 409
            return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if request.method != "POST" or any(getattr(view, mark, False) for mark in DONE_ANYHOW):
            return None
        key = actions.key_of(request.POST.get(FORM_KEY, ""))
        if key is None or not isinstance(request.user, User) or asks_who(request.path):
            return None
        around: ExitStack = request.around  # type: ignore[attr-defined]
        around.enter_context(transaction.atomic())
        contents = contents_of(request)
        try:
            row, is_first = actions.claim(request.user, key, contents)
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                return _still_at_work(request)
            raise
        if is_first and not getattr(request, "files_gone", False):
            request.sending = Sending(row, key, around)  # type: ignore[attr-defined]
            return None
        if is_first:
            row.delete()
            around.close()
            _show_it_filled(request, _("您先前选的照片已经不在了，所以还没有交。请重新选照片，再按一次。"))
            return None
        around.close()
        if actions.is_same(row, key, contents):
            return _the_same_again(request, actions.answer_of(row, key))
        _show_it_filled(
            request, _("这张表刚才已经交过并且办成了；您后来又改了内容，改的没有交。要再交一份，请看一遍再按一次。")
        )
        return None


def contents_of(request: HttpRequest) -> bytes:
    """What was sent, and to where: words, and pictures by their digest."""
    said = hashlib.sha256()
    for part in _parts(request):
        said.update(len(part).to_bytes(8, "big") + part)
    return said.digest()


def _parts(request: HttpRequest) -> Iterator[bytes]:
    yield request.get_full_path().encode()
    for name in sorted(set(request.POST) - set(OF_THE_PAGE)):
        yield name.encode()
        yield from (text.encode(errors="surrogatepass") for text in request.POST.getlist(name))
    # Files that were kept from before are named by their tokens above.
    sent = getattr(request, "unsent", None)
    files = [(name, file) for name, file, _token in sent] if sent is not None else _files(request)
    for name, file in files:
        file.seek(0)
        content = hashlib.sha256()
        for chunk in file.chunks():
            content.update(chunk)
        file.seek(0)
        yield name.encode()
        yield content.digest()


def _files(request: HttpRequest) -> list[tuple[str, Any]]:
    return [(name, file) for name, files in request.FILES.lists() for file in files]


def _the_same_again(request: HttpRequest, answer: dict[str, Any]) -> HttpResponse:
    if "page" in answer:
        return HttpResponse(answer["page"], content_type=answer["kind"])
    messages.success(request, _("这张表刚才已经交过并且办成了，没有重复办。"))
    response = HttpResponse(status=302)
    response["Location"] = shown(answer["to"])
    return response


def _show_it_filled(request: HttpRequest, why: str) -> None:
    """As after signing in: drawn from what was sent and done by nobody; whoever means it presses once more."""
    request.FILES  # noqa: B018  (read first: reading them later would empty what is put in place here)
    sent = request.POST.copy()
    sent.pop(FORM_KEY, None)
    request.method = "GET"
    request.POST = sent  # type: ignore[assignment]
    request.draft = sent  # type: ignore[attr-defined]
    request.changed_since = True  # type: ignore[attr-defined]
    messages.warning(request, why)


def _still_at_work(request: HttpRequest) -> HttpResponse:
    reason = _("刚才交的同一张表还在办，请过一会儿再看结果，不用重复交")
    return render(request, "409.html", {"reasons": [reason]}, status=409)
