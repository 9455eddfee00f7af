"""Pages of the inbox."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minshi import addresses, paging
from minshi.accounts.requests import SignedIn, pressing
from minshi.faces.kept import digest
from minshi.notifications import actions, following, selectors, told
from minshi.notifications.forms import MannerForm
from minshi.notifications.models import Message
from minshi.policy import selectors as policy
from minshi.prefix import absolute
from minshi.printing.sheets import as_file, as_page, qr_of
from minshi.refusals import NotAllowed


@login_required
@require_safe
def inbox(request: SignedIn) -> HttpResponse:
    messages = Message.objects.of(request.user).newest()
    page = paging.page_of(messages, addresses.newest_first("message"), request.GET.get("before", ""))
    return render(
        request,
        "notifications/inbox.html",
        {
            "rows": page.rows,
            "has_unread": any(row.read_at is None for row in page.rows),
            "newest": addresses.told("message", page.rows[0].pk) if page.rows else None,
            "is_newest": page.is_first,
            "older": paging.link({}, before=page.next) if page.next else "",
            "followed": told.FOLLOWED.name,
        },
    )


@login_required
@require_POST
@pressing(_("全部标为已读"), again=True)
def read_all(request: SignedIn) -> HttpResponse:
    """``upto`` is the newest message the page showed: what arrived since stays unread."""
    upto = addresses.sent("message", request.POST.get("upto"))
    if upto is not None:
        actions.mark_read(request.user, by=request.user, upto=upto)
    return redirect("messages")


@login_required
@require_POST
@pressing(_("打开这条消息"), again=True)
def open_message(request: SignedIn, pk: int) -> HttpResponse:
    """Mark it as read and go where it points."""
    message = get_object_or_404(Message.objects.of(request.user), pk=pk)
    actions.mark_read(request.user, by=request.user, only=message.pk)
    return redirect(message.url or "messages")


@login_required
@require_POST
@pressing(_("不再关注"), again=True)
def stop_following(request: SignedIn, pk: int) -> HttpResponse:
    """From the message that tells of it: what it was told for is followed no more."""
    mine = Message.objects.of(request.user).filter(event=told.FOLLOWED.name)
    kind, _colon, key = get_object_or_404(mine, pk=pk).matter.partition(":")
    following.stop(kind, int(key), by=request.user)
    messages.success(request, _("已不再关注"))
    return redirect("messages")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def how_told(request: SignedIn) -> HttpResponse:
    """What is sent how, and one's own say in it."""
    manner = following.manner_of(request.user)
    form = MannerForm(request.POST if request.method == "POST" else None, initial=MannerForm.of(manner))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        quiet = None if said["quiet_from"] is None else (said["quiet_from"], said["quiet_until"])
        following.want(daily=said["rhythm"] == "daily", texts=said["texts"] == "yes", quiet=quiet, by=request.user)
        messages.success(request, _("已保存"))
        return redirect("how_told")
    begins, ends = selectors.quiet_hours(request.user)
    context = {
        "form": form,
        "by_text": selectors.rights_by_text(),
        "quiet_from": begins,
        "quiet_until": ends,
        "digest_hour": policy.value("follow.digest_hour", None),
    }
    return render(request, "notifications/how_told.html", context, status=422 if form.errors else 200)


# --- Doors without a phone ----------------------------------------------------------------------


def _refuse_stranger(request: SignedIn) -> None:
    if not selectors.to_tell_paths(request.user):
        raise NotAllowed(_("上门告知的名单由楼栋长和社区工作人员看"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def to_tell(request: SignedIn) -> HttpResponse:
    """Households without a phone in my places: what to tell each, a slip to leave, and one press when it is done."""
    _refuse_stranger(request)
    if request.method == "POST":
        told = [
            key for text in request.POST.getlist("row")[:500] if (key := addresses.sent("to_tell", text)) is not None
        ]
        if not selectors.are_on_my_list(request.user, told):
            raise Http404
        if actions.tick(told, by=request.user):
            messages.success(request, _("已记下：告知了"))
        else:
            messages.warning(request, _("没有要记的，可能已经记过了"))
        return redirect("to_tell")
    doors = selectors.doors_to_tell(request.user)
    waiting = selectors.doors_waiting(request.user)
    return render(request, "notifications/to_tell.html", {"doors": doors, "count": waiting})


def _slips(request: SignedIn) -> dict[str, Any]:
    """What the slips are drawn with: one for each door shown."""
    _refuse_stranger(request)
    address = absolute("/")
    return {
        "doors": selectors.doors_to_tell(request.user),
        "address": address,
        "qr": qr_of(address),
        "back": reverse("to_tell"),
        "page": reverse("to_tell_print"),
        "file": reverse("to_tell_pdf"),
    }


@login_required
@require_safe
def to_tell_print(request: SignedIn) -> HttpResponse:
    return as_page(request, "notifications/slips.html", _slips(request))


@login_required
@require_safe
def to_tell_pdf(request: SignedIn) -> HttpResponse:
    facts = _slips(request)
    version = digest([row.pk for door in facts["doors"] for row in door.rows])
    return as_file(request, "notifications/slips.html", facts, name="slips", version=version, page=facts["page"])
