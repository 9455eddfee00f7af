"""提案大赛: the calls of a place, one by itself, calling, taking part, naming what came of it."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from minshi import paging
from minshi.accounts.requests import somebody_of, user_of
from minshi.clock import CHINA, Instant
from minshi.lifecycle.machine import why_not
from minshi.refusals import NotAllowed, answering
from proposals import actions, selectors
from proposals.forms import CallForm, EnterForm, ResultForm
from proposals.models import Call, CallStage
from proposals.rules import calls_for_proposals


@require_safe
def calls(request: HttpRequest) -> HttpResponse:
    """Of a place and everything beneath it, the newest first."""
    place = selectors.home_place(request.GET.get("place") or None)
    page = paging.page_of(selectors.calls_in(place), paging.NUMBER, request.GET.get("before", ""))
    chosen = {"place": place.code} if place else {}
    user = somebody_of(request)
    context = {
        "place": place,
        "calls": page.rows,
        "may_call": user is not None and calls_for_proposals(user),
        "older": paging.link(chosen, before=page.next) if page.next else "",
        "newer": "" if page.is_first else paging.link(chosen),
    }
    return render(request, "proposals/calls.html", context)


@require_safe
def call(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Call.objects.select_related("place", "holder_place").annotate(read_at=Instant())
    called = get_object_or_404(rows, pk=pk)
    user = somebody_of(request)
    context = {
        "call": called,
        "entries": list(called.entries.select_related("proposal").order_by("-prize", "pk")),
        "is_open": called.stage == CallStage.OPEN and called.read_at < called.closes_at,  # type: ignore[attr-defined]
        "holder": selectors.holder_of(called),
        "may_judge": user is not None and not why_not(called, "record_results", user),
    }
    return render(request, "proposals/call.html", context)


@login_required
def open_call(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    if not calls_for_proposals(user):
        raise NotAllowed(_("由社区工作人员或街道经办发起提案大赛"))
    form = CallForm(request.POST or None, by=user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with answering(form):
            last = datetime.combine(data.pop("last_day") + timedelta(days=1), time.min, tzinfo=CHINA)
            called = actions.open_call(data.pop("place"), closes_at=last, **data, by=user)
            messages.success(request, _("提案大赛已经开始"))
            return redirect("call", called.pk)
    return render(request, "proposals/open_call.html", {"form": form}, status=422 if form.errors else 200)


@login_required
def enter_call(request: HttpRequest, pk: int) -> HttpResponse:
    """One of one's own proposals takes part; who has none yet proposes first."""
    called = get_object_or_404(Call.objects.select_related("place"), pk=pk)
    form = EnterForm(request.POST or None, call=called, by=user_of(request))
    if request.method == "POST" and form.is_valid():
        with answering(form):
            actions.enter_call(called, form.cleaned_data["proposal"], by=user_of(request))
            messages.success(request, _("已经参加，结果会告诉您"))
            return redirect("call", pk)
    context = {"form": form, "call": called}
    return render(request, "proposals/enter_call.html", context, status=422 if form.errors else 200)


@login_required
def judge_call(request: HttpRequest, pk: int) -> HttpResponse:
    called = get_object_or_404(Call.objects.select_related("place"), pk=pk)
    if reasons := why_not(called, "record_results", user_of(request)):
        raise NotAllowed(*reasons)
    entries = list(called.entries.select_related("proposal").order_by("pk"))
    form = ResultForm(request.POST or None, entries=entries)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            actions.record_results(called, form.prizes(), reason=form.cleaned_data["reason"], by=user_of(request))
            messages.success(request, _("结果已经公布"))
            return redirect("call", pk)
    context = {"form": form, "call": called}
    return render(request, "proposals/judge_call.html", context, status=422 if form.errors else 200)
