"""Cosigning, on a phone and from a sheet of paper."""

from __future__ import annotations

import rules
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from minshi.accounts.requests import user_of
from minshi.refusals import NotAllowed, answering
from minshi.residents.rules import person_of
from minshi.signin.freshness import needs_fresh_code
from proposals import actions, selectors
from proposals.forms import SheetForm
from proposals.models import Proposal


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cosign(request: HttpRequest, number: str) -> HttpResponse:
    """One question: does your household support putting it forward?"""
    proposal = get_object_or_404(Proposal.objects.select_related("place", "card"), number=number)
    user = user_of(request)
    person = person_of(user)
    home = person.residence if person else None
    household = home.household if home else None
    reasons: list[str] = []
    if request.method == "POST":
        with answering(lambda refusal: reasons.extend(refusal.reasons)):
            if household is None:
                raise NotAllowed(_("还没登记住在哪一户，请先登记"))
            actions.cosign(proposal, household, by=user)
            messages.success(request, _("已代表您家附议"))
            return redirect("project", proposal.number)
    version = proposal.version
    context = {
        "proposal": proposal,
        "version": version,
        "home": home,
        "household": household,
        "signed": household is not None and proposal.cosigns.filter(household=household).exists(),
        "benefits": rules.has_perm("proposals.cosign", user, proposal),
        "enters_paper": rules.has_perm("proposals.record_paper", user, proposal),
        "needed": actions.cosigns_needed(proposal, version),
        "reasons": reasons,
    }
    return render(request, "proposals/cosign.html", context, status=422 if reasons else 200)


@login_required
@needs_fresh_code
@require_http_methods(["GET", "HEAD", "POST"])
def cosign_on_paper(request: HttpRequest, number: str) -> HttpResponse:
    """The chief or the clerk ticks the doors that signed a sheet."""
    proposal = get_object_or_404(Proposal.objects.select_related("place", "card"), number=number)
    user = user_of(request)
    if not rules.has_perm("proposals.record_paper", user, proposal):
        raise NotAllowed(_("只有这里的楼栋长和社区工作人员可以登记纸质附议"))
    form = SheetForm(request.POST or None, waiting=selectors.not_yet_cosigned(proposal))
    if request.method == "POST" and form.is_valid():
        with answering(form):
            new = actions.cosign_on_paper(proposal, form.cleaned_data["households"], by=user)
            messages.success(request, _("已登记 %(n)d 户") % {"n": new})
            return redirect("cosign", proposal.number)
    context = {"form": form, "proposal": proposal, "needed": actions.cosigns_needed(proposal)}
    return render(request, "proposals/cosign_on_paper.html", context, status=422 if form.errors else 200)
