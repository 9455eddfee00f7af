"""Pages of the inbox."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from minshi import paging
from minshi.accounts.requests import SignedIn, pressing
from minshi.notifications import actions
from minshi.notifications.models import Message


@login_required
@require_safe
def inbox(request: SignedIn) -> HttpResponse:
    messages = Message.objects.of(request.user).newest()
    page = paging.page_of(messages, paging.NUMBER, request.GET.get("before", ""))
    return render(
        request,
        "notifications/inbox.html",
        {
            "rows": page.rows,
            "has_unread": any(row.read_at is None for row in page.rows),
            "newest": page.rows[0].pk if page.rows else None,
            "is_newest": page.is_first,
            "older": paging.link({}, before=page.next) if page.next else "",
        },
    )


@login_required
@require_POST
@pressing(_("全部标为已读"))
def read_all(request: SignedIn) -> HttpResponse:
    """``upto`` is the newest message the page showed: what arrived since stays unread."""
    upto = paging.number(request.POST.get("upto"))
    if upto is not None:
        actions.mark_read(request.user, by=request.user, upto=upto)
    return redirect("messages")


@login_required
@require_POST
@pressing(_("打开这条消息"))
def open_message(request: SignedIn, pk: int) -> HttpResponse:
    """Mark it as read and go where it points."""
    message = get_object_or_404(Message.objects.of(request.user), pk=pk)
    actions.mark_read(request.user, by=request.user, only=message.pk)
    return redirect(message.url or "messages")
