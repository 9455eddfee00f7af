"""Reviewing one matter after the other; for the chief on a phone."""

from __future__ import annotations

from typing import Any

import rules
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from minshi.accounts.models import User
from minshi.accounts.requests import user_of
from minshi.clock import now
from minshi.faces.words import said_late, share
from minshi.lifecycle.machine import why_not
from minshi.lifecycle.models import StepRecord
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, answering
from minshi.signin.freshness import needs_fresh_code
from minshi.territory.models import Household
from proposals import actions, selectors
from proposals.forms import ChangeBenefitsForm, ReasonForm, ReviewForm
from proposals.models import Proposal, Stage
from proposals.wording import differences, who_benefits


@login_required
@needs_fresh_code
@require_safe
def review_queue(request: HttpRequest) -> HttpResponse:
    """One item per screen: the one due first."""
    waiting = selectors.to_review(user_of(request))
    if not waiting:
        return render(request, "proposals/review_done.html", {})
    return redirect("review", waiting[0].number)


GIVE = {
    "pass_review": actions.pass_review,
    "return_for_revision": actions.return_for_revision,
    "decline": actions.decline,
    "recuse": actions.recuse,
}


@login_required
@needs_fresh_code
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, number: str) -> HttpResponse:
    """One verdict on one matter; tapping a ready sentence only puts it into the reason."""
    proposal = get_object_or_404(Proposal.objects.select_related("place", "holder_place"), number=number)
    user = user_of(request)
    if reasons := _why_not_review(proposal, user):
        raise NotAllowed(*reasons)
    filled = request.POST.get("fill")
    form = ReviewForm(request.POST or None, similar=selectors.similar_to(proposal), fill=filled)
    if request.method == "POST" and filled is None and form.is_valid():
        with answering(form):
            _give_verdict(proposal, user, form.cleaned_data)
            messages.success(request, _("已办理：%(title)s") % {"title": proposal.title})
            return redirect("review_queue")
    wrong, moment = filled is None and form.is_bound and bool(form.errors), now()
    context = {
        "form": form,
        "proposal": proposal,
        **_benefits_of(proposal),
        "photos": list(proposal.photos.all()),
        **_what_came_before(proposal),
        "merged": proposal.merged.order_by("pk"),
        "waiting": len(selectors.to_review(user)),
        "days_left": calendar.working_days_left(moment, proposal.due_at) if proposal.due_at else None,
        "late": said_late(proposal.due_at, moment),
    }
    return render(request, "proposals/review.html", context, status=422 if wrong else 200)


@login_required
@needs_fresh_code
@require_http_methods(["GET", "HEAD", "POST"])
def review_benefits(request: HttpRequest, number: str) -> HttpResponse:
    """Who benefits, changed with a reason by whoever reviews; afterwards back to the review."""
    proposal = get_object_or_404(Proposal.objects.select_related("place", "holder_place"), number=number)
    user = user_of(request)
    if reasons := _why_not_review(proposal, user):
        raise NotAllowed(*reasons)
    listed = _benefits_of(proposal)
    form = ChangeBenefitsForm(request.POST or None, version=listed["version"], place=proposal.place)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        with answering(form):
            changed = actions.change_beneficiaries(
                proposal, said["parts"], said["doors"], reason=said["reason"], by=user
            )
            messages.success(request, _("受益范围已改，共 %(n)d 户") % {"n": changed.households})
            return redirect("review", proposal.number)
    reopening = share(policy.value("objection.reopen_share", proposal.place))
    context = {"form": form, "proposal": proposal, "reopening": reopening, **listed}
    return render(request, "proposals/review_benefits.html", context, status=422 if form.errors else 200)


@login_required
@needs_fresh_code
@require_http_methods(["GET", "HEAD", "POST"])
def split(request: HttpRequest, number: str) -> HttpResponse:
    """What was merged turns out to be another matter."""
    proposal = get_object_or_404(Proposal.objects.select_related("place", "merged_into"), number=number)
    user = user_of(request)
    if reasons := why_not(proposal, "split", user):
        raise NotAllowed(*reasons)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            actions.split(proposal, by=user, reason=form.cleaned_data["reason"])
            messages.success(request, _("已分开：%(title)s") % {"title": proposal.title})
            return redirect("project", proposal.number)
    context = {"form": form, "proposal": proposal}
    return render(request, "proposals/split.html", context, status=422 if form.errors else 200)


def _what_came_before(proposal: Proposal) -> dict[str, Any]:
    """What was said of it when it was returned, declined or appealed, and what its versions changed since."""
    words = StepRecord.objects.of(proposal).filter(verb__in=("return_for_revision", "decline", "recuse", "appeal"))
    said = list(words.order_by("id"))
    return {"said": said, "differences": differences(list(proposal.versions.all()), proposal.place) if said else []}


def _benefits_of(proposal: Proposal) -> dict[str, Any]:
    """Who is listed; single doors by name too, since whoever reviews works there."""
    version = proposal.version
    doors = Household.objects.filter(pk__in=version.doors).select_related("place__parent").order_by("pk")
    return {
        "version": version,
        "who_benefits": who_benefits(version, proposal.place),
        "single_doors": "、".join(door.door for door in doors) if version.doors else "",
    }


def _why_not_review(proposal: Proposal, user: User) -> list[str]:
    if user.is_same(proposal.proposer_id):
        return [_("自己提的事要别人来审")]
    if proposal.stage != Stage.SUBMITTED:
        return [_("现在是“%(stage)s”，不用再审了") % {"stage": proposal.get_stage_display()}]
    if not rules.has_perm("proposals.review", user, proposal):
        return [_("这件事不归您初审")]
    return []


def _give_verdict(proposal: Proposal, user: User, data: dict[str, Any]) -> None:
    if data["verdict"] == "merge":
        into = Proposal.objects.select_related("place").get(number=data["into"])
        actions.merge(proposal, into, by=user, reason=data["reason"])
    else:
        GIVE[data["verdict"]](proposal, by=user, reason=data["reason"])
