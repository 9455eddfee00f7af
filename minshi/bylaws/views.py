"""The rules of a place for everybody, one by itself, its sheet; and those that wait for a second person."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from minshi import paging
from minshi.accounts.models import User
from minshi.accounts.requests import somebody_of, user_of
from minshi.bylaws import actions, selectors
from minshi.bylaws.models import ANSWER_LENGTH, Bylaw
from minshi.clock import now, today
from minshi.faces.pictures import answer_with
from minshi.prefix import absolute
from minshi.printing.sheets import as_file, as_page, qr_of
from minshi.refusals import NotAllowed, Refused, answering
from minshi.residents.rules import roles_of
from minshi.territory.models import Territory


@require_safe
def bylaws(request: HttpRequest) -> HttpResponse:
    """What holds in a place and beneath it, or what held before (``past=1``), the newest first."""
    code = request.GET.get("place", "")
    place = get_object_or_404(Territory, code=code) if code else None
    past, day = request.GET.get("past") == "1", today()
    rows = selectors.listed(place, day, past=past)
    page = paging.page_of(rows, paging.NUMBER, request.GET.get("before", ""))
    chosen = {name: request.GET[name] for name in ("place", "past") if request.GET.get(name)}
    context = {
        "place": place,
        "past": past,
        "rows": [{"bylaw": each, "state": each.state(day)} for each in page.rows],
        "others": paging.link({"place": place.code} if place else {}, **({} if past else {"past": "1"})),
        "older": paging.link(chosen, before=page.next) if page.next else "",
        "newer": "" if page.is_first else paging.link(chosen),
    }
    return render(request, "bylaws/bylaws.html", context)


def _public(pk: int) -> Bylaw:
    rows = Bylaw.objects.confirmed().select_related("place", "replaces")
    return get_object_or_404(rows, pk=pk)


def _facts(bylaw: Bylaw) -> dict[str, Any]:
    return {
        "bylaw": bylaw,
        "state": bylaw.state(today()),
        "next": bylaw.replaced_by.confirmed().first() if bylaw.until else None,
    }


@require_safe
def bylaw(request: HttpRequest, pk: int) -> HttpResponse:
    found, user = _public(pk), somebody_of(request)
    sees_scan = bool(found.scan) and user is not None and selectors.reads_scan(user, found)
    return render(request, "bylaws/bylaw.html", {**_facts(found), "sees_scan": sees_scan})


@login_required
@require_safe
def bylaw_scan(request: HttpRequest, pk: int) -> FileResponse:
    """The sheet it was adopted by, with names and signatures: the office's, and the second person's."""
    found = get_object_or_404(Bylaw.objects.select_related("place"), ~Q(scan=""), pk=pk)
    if not selectors.reads_scan(user_of(request), found):
        raise NotAllowed(_("原件有姓名和签名，只有这里的工作人员可以看"))
    return answer_with(found.scan)


def _sheet(bylaw: Bylaw) -> dict[str, Any]:
    address = absolute(bylaw.get_absolute_url())
    return {
        **_facts(bylaw),
        "address": address,
        "qr": qr_of(address),
        "printed_at": now(),
        "back": bylaw.get_absolute_url(),
        "page": reverse("bylaw_print", args=[bylaw.pk]),
        "file": reverse("bylaw_pdf", args=[bylaw.pk]),
    }


@require_safe
def bylaw_print(request: HttpRequest, pk: int) -> HttpResponse:
    return as_page(request, "bylaws/sheet.html", _sheet(_public(pk)))


@require_safe
def bylaw_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    found = _public(pk)
    facts, version = _sheet(found), f"{found.until}-{today()}"
    return as_file(request, "bylaws/sheet.html", facts, name=f"rule-{pk}", version=version, page=facts["page"])


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_bylaws(request: HttpRequest) -> HttpResponse:
    """What another entered: compare it with the original, one press to confirm, a reason to refuse."""
    user = user_of(request)
    if not roles_of(user):
        raise NotAllowed(_("只有楼栋长等组织人和社区、街道、区的工作人员可以确认规则"))
    typed, wrong = (0, ""), {}
    if request.method == "POST":
        found = Bylaw.objects.filter(pk=paging.number(request.POST.get("bylaw")) or 0).first()
        if found is None:
            raise Http404
        typed = (found.pk, request.POST.get("reason", "")[:ANSWER_LENGTH])
        with answering(lambda refusal: wrong.update({found.pk: str(refusal)})):
            messages.success(request, _answered(found, request.POST.get("verdict"), typed[1], user))
            return redirect("confirm_bylaws")
    rows = [
        {"bylaw": each, "typed": typed[1] if each.pk == typed[0] else "", "wrong": wrong.get(each.pk, "")}
        for each in selectors.to_answer(user)
    ]
    context = {"rows": rows, "most": ANSWER_LENGTH, "gone": [] if any(row["wrong"] for row in rows) else wrong}
    return render(request, "bylaws/confirm.html", context, status=422 if wrong else 200)


def _answered(bylaw: Bylaw, verdict: str | None, reason: str, user: User) -> str:
    if verdict == "yes":
        actions.confirm(bylaw, by=user)
        return _("已确认，从写明的日期起施行")
    if verdict == "no":
        actions.refuse(bylaw, reason=reason, by=user)
        return _("已退回，登记的人会收到消息")
    raise Refused(_("请选择“确认”或“不确认”"))
