"""The proposer's pages: to propose, revise and withdraw."""

from __future__ import annotations

from typing import Any

import rules
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from minshi.accounts.requests import user_of
from minshi.lifecycle.machine import why_not
from minshi.lifecycle.models import StepRecord
from minshi.prefix import absolute
from minshi.printing.sheets import qr_of
from minshi.refusals import NotAllowed, answering
from minshi.residents.rules import person_of
from proposals import actions, selectors
from proposals.forms import ProposeForm, ReasonForm, ReviseForm
from proposals.models import CASH, Proposal, Wish
from proposals.rules import enters_paper
from proposals.showing import NOBODY_ABOVE

SAID = (
    "place",
    "title",
    "kind",
    "category",
    "need",
    "plan",
    "spot",
    "keeper",
    "people",
    "lines",
    "help_wanted",
    "touches_common_parts",
    "shows_people",
)
"""What a proposal takes from its form as it is."""
SAID_OF_VERSION = ("need", "plan", "spot", "keeper", "people", "lines", "help_wanted")
"""And each later version of it."""


@login_required
def propose(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    wished = wish_to_promote(request)
    initial = {"need": wished.text, "spot": wished.spot, "category": wished.category} if wished else None
    form = ProposeForm(request.POST or None, request.FILES or None, by=user, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with answering(form):
            proposal = actions.submit_once(
                **{name: data[name] for name in SAID},
                cost_fen=data["cost"],
                shares=form.shares(),
                parts=data["parts"],
                doors=data["doors"],
                photos=data["photos"],
                wish=wished,
                by=user,
            )
            return redirect("submitted", proposal.number)
    context = {"form": form, "wish": wished, "person": person_of(user), "enters_paper": enters_paper(user)}
    return render(request, "proposals/propose.html", context, status=422 if form.errors else 200)


def wish_to_promote(request: HttpRequest) -> Wish | None:
    pk = request.GET.get("wish", "")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    wished = Wish.objects.select_related("place").filter(pk=int(pk)).first()
    return wished if wished and rules.has_perm("proposals.promote_wish", request.user, wished) else None


@login_required
@require_safe
def submitted(request: HttpRequest, number: str) -> HttpResponse:
    """The receipt of a proposal, with its number for life."""
    proposal = get_object_or_404(
        Proposal.objects.select_related("place"), number=number, proposer__in=user_of(request).keys
    )
    context = {
        "proposal": proposal,
        "holder": selectors.holder_of(proposal),
        "climbs": proposal.holder_role not in NOBODY_ABOVE,
        "steps": selectors.own_steps(user_of(request), proposal),
        "helping": selectors.helping(proposal.place, proposal.title, proposal.category),
        "qr": qr_of(absolute(proposal.get_absolute_url())),
    }
    return render(request, "proposals/submitted.html", context)


@login_required
def revise(request: HttpRequest, number: str) -> HttpResponse:
    proposal = get_object_or_404(Proposal.objects.select_related("place"), number=number)
    if reasons := why_not(proposal, "resubmit", user_of(request)):
        raise NotAllowed(*reasons)
    version = proposal.version
    before = {**typed_before(version), "title": proposal.title, "category": proposal.category}
    form = ReviseForm(request.POST or None, request.FILES or None, proposal=proposal, initial=before)
    if request.method == "POST" and form.is_valid():
        words = {name: form.cleaned_data[name] for name in SAID_OF_VERSION}
        with answering(form):
            actions.resubmit(
                proposal,
                by=user_of(request),
                why=form.cleaned_data["why"],
                title=form.cleaned_data["title"],
                category=form.cleaned_data["category"],
                photos=form.cleaned_data["photos"],
                shows_people=form.cleaned_data["shows_people"],
                dropped=form.cleaned_data["dropped"],
                cost_fen=form.cleaned_data["cost"],
                shares=form.shares(),
                benefits=(form.cleaned_data["parts"], form.cleaned_data["doors"]),
                **words,
            )
            return redirect("project", proposal.number)
    asked = StepRecord.objects.of(proposal).filter(verb="return_for_revision").order_by("-id").first()
    context = {"form": form, "proposal": proposal, "asked": asked, "photos": list(proposal.photos.order_by("pk"))}
    return render(request, "proposals/revise.html", context, status=422 if form.errors else 200)


def typed_before(version: Any) -> dict[str, Any]:
    """What a form of its words shows before anything is changed."""
    amounts = {str(source): version.share_fen(source) or None for source in CASH}
    return {**{name: getattr(version, name) for name in SAID_OF_VERSION}, "cost": version.cost_fen, **amounts}


@login_required
def appeal(request: HttpRequest, number: str) -> HttpResponse:
    """Once, by whoever proposed it: another looks at what the review declined."""
    proposal = get_object_or_404(Proposal.objects.select_related("place"), number=number)
    user = user_of(request)
    if reasons := why_not(proposal, "appeal", user) or actions.why_not_appeal(proposal):
        raise NotAllowed(*reasons)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            actions.appeal(proposal, by=user, reason=form.cleaned_data["reason"])
            messages.success(request, _("申诉已收到，由另一位复核"))
            return redirect("project", proposal.number)
    declined = StepRecord.objects.of(proposal).filter(verb="decline").order_by("id").last()
    context = {"form": form, "proposal": proposal, "declined": declined, "end": selectors.may_appeal(proposal)}
    return render(request, "proposals/appeal.html", context, status=422 if form.errors else 200)


@login_required
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    proposal = get_object_or_404(Proposal.objects.select_related("place"), number=number)
    if reasons := why_not(proposal, "withdraw", user_of(request)):
        raise NotAllowed(*reasons)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            actions.withdraw(proposal, by=user_of(request), reason=form.cleaned_data["reason"])
            return redirect("project", proposal.number)
    context = {"form": form, "proposal": proposal}
    return render(request, "proposals/withdraw.html", context, status=422 if form.errors else 200)
