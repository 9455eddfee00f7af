"""Pages of the inbox."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from minshi.accounts.requests import SignedIn
from minshi.notifications import actions
from minshi.notifications.models import Message

PAGE = 20


@login_required
@require_safe
def inbox(request: SignedIn) -> HttpResponse:
    messages = Message.objects.of(request.user).newest()
    before = _number(request.GET.get("before"))
    if before is not None:
        messages = messages.filter(pk__lt=before)
    rows = list(messages[: PAGE + 1])
    shown = rows[:PAGE]
    return render(
        request,
        "notifications/inbox.html",
        {
            "rows": shown,
            "has_unread": any(row.read_at is None for row in shown),
            "newest": shown[0].pk if shown else None,
            "is_newest": before is None,
            "older": f"?before={shown[-1].pk}" if len(rows) > PAGE else "",
        },
    )


@login_required
@require_POST
def read_all(request: SignedIn) -> HttpResponse:
    """``upto`` is the newest message the page showed: what arrived since stays unread."""
    upto = _number(request.POST.get("upto"))
    if upto is not None:
        actions.mark_read(request.user, by=request.user, upto=upto)
    return redirect("messages")


@login_required
@require_POST
def open_message(request: SignedIn, pk: int) -> HttpResponse:
    """Mark it as read and go where it points."""
    message = get_object_or_404(Message.objects.of(request.user), pk=pk)
    actions.mark_read(request.user, by=request.user, only=message.pk)
    return redirect(message.url or "messages")


def _number(text: str | None) -> int | None:
    """A key from the address line: ASCII digits that fit a bigint, else nothing."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
