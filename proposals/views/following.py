"""What somebody follows: beginning and stopping with one press, and the list of it, which nobody else sees."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from minshi.accounts.requests import user_of
from minshi.clock import now
from minshi.notifications.following import follows, manner_of
from minshi.refusals import answering
from minshi.territory.models import Territory
from proposals import actions, selectors
from proposals.models import Proposal
from proposals.rules import is_near


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def follow_project(request: HttpRequest, number: str) -> HttpResponse:
    proposal = get_object_or_404(Proposal, number=number)
    return _follow(request, proposal, name=proposal.title, back=proposal.get_absolute_url())


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def follow_place(request: HttpRequest, code: str) -> HttpResponse:
    place = get_object_or_404(Territory, code=code)
    return _follow(request, place, name=place.name, back=reverse("place", args=[place.code]))


def _follow(request: HttpRequest, subject: Proposal | Territory, *, name: str, back: str) -> HttpResponse:
    user = user_of(request)
    reasons: list[str] = []
    if request.method == "POST":
        with answering(lambda refusal: reasons.extend(refusal.reasons)):
            if request.POST.get("what") == "stop":
                actions.unfollow(subject, by=user)
                messages.success(request, _("已不再关注：%(name)s") % {"name": name})
            elif isinstance(subject, Proposal):
                actions.follow_project(subject, by=user)
                messages.success(request, _("已关注：%(name)s") % {"name": name})
            else:
                actions.follow_place(subject, by=user)
                messages.success(request, _("已关注：%(name)s") % {"name": name})
            return redirect("following")
    context = {
        "name": name,
        "is_place": isinstance(subject, Territory),
        "is_wide": isinstance(subject, Territory) and not is_near(subject),
        "follows": follows(user, subject),
        "daily": manner_of(user).daily,
        "reasons": reasons,
        "back": back,
    }
    return render(request, "proposals/follow.html", context, status=422 if reasons else 200)


@login_required
@require_safe
def following(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    cards, places = selectors.followed(user)
    context = {"cards": cards, "places": places, "daily": manner_of(user).daily, "moment": now()}
    return render(request, "proposals/following.html", context)
