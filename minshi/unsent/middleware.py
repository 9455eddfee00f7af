"""A form that is shown again keeps its files: they come back with the next sending, where they were not unticked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from minshi.accounts.models import User
from minshi.signin import drafts
from minshi.signin.drafts import asks_who
from minshi.unsent import actions
from minshi.unsent.models import UnsentFile

AGAIN = "kept_file"
"""What the form sends for each file that it was shown with, and once empty, also where none was left ticked."""
SHOWN = "shown_file"
"""What it sends for each of them, ticked or not: another page of the same form may hold others."""


class KeepsFiles(MiddlewareMixin):
    def process_view(self, request: HttpRequest, view: Callable[..., Any], *args: Any) -> None:
        is_draft = request.method == "GET" and getattr(request, "draft", None) is not None
        if not (is_draft or _has_files(request)):
            return  # before anybody is asked who they are: most pages do not ask
        if not isinstance(request.user, User):
            if not is_draft and request.FILES:
                request.signed_out = _sent(request)  # type: ignore[attr-defined]
            return
        if is_draft:
            chosen = drafts.files_of(request)
            if chosen:
                actions.take_up(request.user, drafts.author_mark(request.user), request.path_info, chosen)
            rows = actions.chosen(request.user, request.path_info, [*chosen, *request.draft.getlist(AGAIN)])  # type: ignore[attr-defined]
        else:
            wanted = request.POST.getlist(AGAIN)
            if not (request.FILES or wanted):
                return
            request.unsent = _sent(request)  # type: ignore[attr-defined]
            for _name, file, token in request.unsent:  # type: ignore[attr-defined]
                file.token = token
            rows = actions.chosen(request.user, request.path_info, wanted) if wanted else []
            request.files_gone = len({token for each in wanted if (token := actions.token_of(each))}) > len(rows)  # type: ignore[attr-defined]
        # Whoever chooses a file anew that was kept means the one, not both.
        anew = {(name, _digest(file)) for name, file, _token in getattr(request, "unsent", ())} if rows else set()
        uploads = [(row, upload) for row in rows if (row.field, _digest(upload := actions.as_upload(row))) not in anew]
        request.resent = [row.pk for row, _upload in uploads]  # type: ignore[attr-defined]
        for row, upload in uploads:
            request.FILES.appendlist(row.field, upload)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        _keep_of_signed_out(request, response)
        unsent = getattr(request, "unsent", None)
        if unsent is None or not isinstance(request.user, User):
            return response
        shown, resent = _shown_with(request), request.resent  # type: ignore[attr-defined]
        if _was_taken(response):
            actions.drop(shown)
        elif response.status_code not in (403, 404) and (unsent or resent):
            actions.drop(shown.exclude(pk__in=resent))
            kept = actions.keep(request.user, request.path_info, unsent, spared=resent)
            request.kept_tokens = [str(token) for token in kept]  # type: ignore[attr-defined]
            request.files_kept = len(kept) == len(unsent)  # type: ignore[attr-defined]
        return response


def _shown_with(request: HttpRequest) -> QuerySet[UnsentFile]:
    """The kept files that the form was drawn with; those of the same form in another tab are none of them."""
    rows = actions.of_form(request.user, request.path_info)  # type: ignore[arg-type]
    wanted, shown = request.POST.getlist(AGAIN), request.POST.getlist(SHOWN)
    if any(wanted) and not shown:
        return rows  # whoever sends them without our page
    tokens = [token for each in (*wanted, *shown) if (token := actions.token_of(each))]
    return rows.filter(token__in=tokens)


def _keep_of_signed_out(request: HttpRequest, response: HttpResponseBase) -> None:
    """Only where the browser says, signed by us, who was in there last: nobody else is ever shown them."""
    sent, author = getattr(request, "signed_out", None), drafts.author_of(request)
    if sent and author and drafts.was_turned_back(request, response):
        kept = actions.keep_signed_out(author, request.path_info, sent)
        request.kept_tokens = [str(token) for token in kept]  # type: ignore[attr-defined]
        request.files_kept = len(kept) == len(sent)  # type: ignore[attr-defined]


def _sent(request: HttpRequest) -> list[tuple[str, Any, UUID]]:
    return [(name, file, uuid4()) for name, files in request.FILES.lists() for file in files]


def _digest(file: Any) -> bytes:
    file.seek(0)
    said = hashlib.sha256()
    for chunk in file.chunks():
        said.update(chunk)
    file.seek(0)
    return said.digest()


def _has_files(request: HttpRequest) -> bool:
    return request.method == "POST" and request.content_type == "multipart/form-data"


def _was_taken(response: HttpResponseBase) -> bool:
    """Whoever is led on has sent it; but not who is asked first who they are."""
    return response.status_code in (301, 302, 303) and not asks_who(urlsplit(response["Location"]).path)
