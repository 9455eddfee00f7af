"""A kept file, for its author."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from minshi.accounts.requests import SignedIn
from minshi.unsent import actions
from minshi.unsent.models import UnsentFile


@login_required
@require_safe
def unsent_file(request: SignedIn, token: str) -> FileResponse:
    row = get_object_or_404(UnsentFile, token=actions.token_of(token), user=request.user)
    try:
        file = row.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    head = file.read(12)
    file.seek(0)
    kind = next((kind for begins, kind in actions.PICTURES if head.startswith(begins)), "")
    response = FileResponse(file, content_type=kind or "application/octet-stream", as_attachment=not kind)
    response["Cache-Control"] = "private, no-store"
    return response
