"""能人库 and 资源库: reading them, offering, asking through the platform, answering."""

from __future__ import annotations

import rules
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from minshi import paging
from minshi.accounts.models import User
from minshi.accounts.requests import pressing, somebody_of, user_of
from minshi.clock import Instant
from minshi.refusals import answering
from proposals import actions, selectors
from proposals.forms import AnswerRequestForm, AskResourceForm, OfferForm
from proposals.models import RequestStage, Resource, ResourceKind, ResourceRequest, ResourceStage
from proposals.rules import prints_offer


@require_safe
def resources(request: HttpRequest) -> HttpResponse:
    """What neighbours and units can give, of a place: by kind, by words, page by key."""
    place = selectors.home_place(request.GET.get("place") or None)
    place = place and (place.at_level("community") or place)  # of a yard: what its community has
    kind = request.GET.get("kind", "")
    kind = kind if kind in ResourceKind else ""
    words = paging.words_of(request.GET.get("q", ""))
    rows = selectors.library(place, kind=kind, words=words) if place else Resource.objects.none()
    page = paging.page_of(rows, paging.NUMBER, request.GET.get("before", ""))
    chosen = {"place": place.code} if place else {}
    if kind:
        chosen["kind"] = kind
    if words:
        chosen["q"] = " ".join(words)
    context = {
        "place": place,
        "kind": kind,
        "kinds": ResourceKind.choices,
        "asked": " ".join(words),
        "resources": page.rows,
        "older": paging.link(chosen, before=page.next) if page.next else "",
        "newer": "" if page.is_first else paging.link(chosen),
    }
    return render(request, "proposals/resources.html", context)


def _seen_by(request: HttpRequest, pk: int) -> Resource:
    """One that everybody may read, or that is still between whoever offered it and the community."""
    rows = Resource.objects.select_related("place", "holder_place").annotate(read_at=Instant())
    found = get_object_or_404(rows, pk=pk)
    if found.listed_at:
        return found
    user = somebody_of(request)
    if user is None or not (user.is_same(found.by_id) or rules.has_perm("proposals.confirm_resource", user, found)):
        raise Http404
    return found


@require_safe
def resource(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them: what, when, whose unit, and "ask for it"."""
    found, user = _seen_by(request, pk), somebody_of(request)
    is_mine = user is not None and user.is_same(found.by_id)
    standing = found.stage in (ResourceStage.OFFERED, ResourceStage.LISTED)
    context = {
        "resource": found,
        "may_print": user is not None and prints_offer(user, found),
        "moment": found.read_at,  # type: ignore[attr-defined]
        "holder": selectors.holder_of(found) if found.due_at else "",
        "mine": is_mine,
        "may_be_named": is_mine and standing and not found.is_for_another and not found.unit,
        "may_withdraw": standing and user is not None and rules.has_perm("proposals.own_resource", user, found),
    }
    return render(request, "proposals/resource.html", context)


@login_required
def offer(request: HttpRequest) -> HttpResponse:
    """Form 34, filled in by whoever offers something, or by the community from the sheet."""
    user = user_of(request)
    form = OfferForm(request.POST or None, by=user)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            offered = actions.offer(**form.cleaned_data, by=user)
            messages.success(request, _("登记好了，社区确认以后大家看得到"))
            return redirect("resource", offered.pk)
    return render(request, "proposals/offer.html", {"form": form}, status=422 if form.errors else 200)


@login_required
def ask_resource(request: HttpRequest, pk: int) -> HttpResponse:
    found, user = _seen_by(request, pk), user_of(request)
    form = AskResourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            asked = actions.ask_resource(found, text=form.cleaned_data["text"], by=user)
            messages.success(request, _("已经告诉对方，有答复会通知您"))
            return redirect("resource_request", asked.pk)
    context = {"form": form, "resource": found}
    return render(request, "proposals/ask_resource.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
@pressing(gettext_lazy("撤下"))
def withdraw_resource(request: HttpRequest, pk: int) -> HttpResponse:
    found = _seen_by(request, pk)
    with answering(lambda refusal: messages.warning(request, str(refusal))):
        actions.withdraw_resource(found, by=user_of(request))
        messages.success(request, _("已经撤下"))
    return redirect("resource", pk)


# --- Requests ---------------------------------------------------------------------------------------


@login_required
@require_safe
def my_requests(request: HttpRequest) -> HttpResponse:
    """What I asked for, what I am asked, what I offer."""
    user = user_of(request)
    asked, of_me = selectors.requests_of(user)
    offered = list(Resource.objects.filter(by__in=user.keys).order_by("-pk")[:20])
    context = {"asked": asked, "of_me": of_me, "offered": offered}
    return render(request, "proposals/my_requests.html", context)


def _between(pk: int, user: User) -> ResourceRequest:
    """One that is this person's to read: who asked, who offers, who carries the word between them."""
    rows = ResourceRequest.objects.select_related("resource__place", "holder_place").annotate(read_at=Instant())
    found = get_object_or_404(rows, pk=pk)
    if not (user.is_same(found.by_id) or _answers(user, found)):
        raise Http404
    return found


def _answers(user: User, asked: ResourceRequest) -> bool:
    its_own = user.is_same(asked.resource.by_id) and not asked.resource.is_for_another
    return its_own or bool(rules.has_perm("proposals.answer_request", user, asked))


@login_required
def resource_request(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: who asked reads the answer, who offers it gives one."""
    user = user_of(request)
    asked = _between(pk, user)
    is_open = asked.stage == RequestStage.ASKED
    may_answer = is_open and bool(rules.has_perm("proposals.answer_request", user, asked))
    form = AnswerRequestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            said = form.cleaned_data
            actions.answer_request(asked, agrees=said["agrees"] == "yes", answer=said["answer"], by=user)
            messages.success(request, _("已经告诉对方"))
            return redirect("resource_request", pk)
    context = {
        "asked": asked,
        "form": form,
        "may_answer": may_answer,
        "mine": user.is_same(asked.by_id),
        "is_open": is_open,
        "moment": asked.read_at,  # type: ignore[attr-defined]
    }
    return render(request, "proposals/resource_request.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
@pressing(gettext_lazy("不用了"))
def cancel_request(request: HttpRequest, pk: int) -> HttpResponse:
    asked = _between(pk, user_of(request))
    with answering(lambda refusal: messages.warning(request, str(refusal))):
        actions.cancel_request(asked, by=user_of(request))
    return redirect("resource_request", pk)
