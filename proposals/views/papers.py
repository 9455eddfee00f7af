"""Forms on paper, blank and filled: each has its page to print and its file, in normal letters and of 18 points."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from minshi.accounts.requests import user_of
from minshi.mydata.models import Correction
from minshi.printing.sheets import as_file, as_page
from minshi.residents.models import Role, RoleGrant
from minshi.residents.rules import holds, person_of
from minshi.signin import security
from proposals import actions, papers, selectors
from proposals.models import Proposal, Resource
from proposals.rules import prints_offer, prints_post, prints_request


def _facts(request: HttpRequest, name: str, number: str) -> dict[str, Any]:
    """Of the project with this number; without one of the place that was asked for."""
    if number:
        rows = Proposal.objects.select_related("place", "holder_place", "card")
        return papers.of_project(name, get_object_or_404(rows, number=number))
    place = selectors.home_place(request.GET.get("place") or None)
    if place is None:
        raise Http404
    return papers.of_place(name, place)


def _file(facts: dict[str, Any]) -> dict[str, Any]:
    """How the file is called, and what it changes with."""
    return {
        "name": "-".join(filter(None, (facts["number"], facts["serial"]))),
        "version": facts["version"],
        "page": facts["page"],
    }


def _needed(facts: dict[str, Any]) -> int | None:
    return actions.cosigns_needed(facts["proposal"]) if "proposal" in facts else None


@require_safe
def forms(request: HttpRequest) -> HttpResponse:
    """All blank forms of a place."""
    place = selectors.home_place(request.GET.get("place") or None)
    if place is None:
        raise Http404
    return render(request, "proposals/papers.html", {"place": place, "forms": papers.blank(place)})


@require_safe
def proposal_print(request: HttpRequest, number: str = "") -> HttpResponse:
    facts = papers.proposal_form(_facts(request, "paper_proposal", number))
    return as_page(request, "proposals/papers/proposal.html", facts)


@require_safe
def proposal_pdf(request: HttpRequest, number: str = "") -> HttpResponse:
    facts = papers.proposal_form(_facts(request, "paper_proposal", number))
    return as_file(request, "proposals/papers/proposal.html", facts, **_file(facts))


@require_safe
def signatures_print(request: HttpRequest, number: str = "") -> HttpResponse:
    facts = _facts(request, "paper_signatures", number)
    return as_page(request, "proposals/papers/signatures.html", papers.signatures(facts, _needed(facts)))


@require_safe
def signatures_pdf(request: HttpRequest, number: str = "") -> HttpResponse:
    facts = _facts(request, "paper_signatures", number)
    told = papers.signatures(facts, _needed(facts))
    return as_file(request, "proposals/papers/signatures.html", told, **_file(facts))


@require_safe
def answer_print(request: HttpRequest, number: str = "") -> HttpResponse:
    facts = papers.answer(_facts(request, "paper_answer", number))
    return as_page(request, "proposals/papers/answer.html", facts)


@require_safe
def answer_pdf(request: HttpRequest, number: str = "") -> HttpResponse:
    facts = papers.answer(_facts(request, "paper_answer", number))
    return as_file(request, "proposals/papers/answer.html", facts, **_file(facts))


@require_safe
def dispatch_print(request: HttpRequest, number: str = "") -> HttpResponse:
    facts = papers.dispatch(_facts(request, "paper_dispatch", number))
    return as_page(request, "proposals/papers/dispatch.html", facts)


@require_safe
def dispatch_pdf(request: HttpRequest, number: str = "") -> HttpResponse:
    facts = papers.dispatch(_facts(request, "paper_dispatch", number))
    return as_file(request, "proposals/papers/dispatch.html", facts, **_file(facts))


@require_safe
def poster_print(request: HttpRequest, number: str) -> HttpResponse:
    facts = _facts(request, "paper_poster", number)
    return as_page(request, "proposals/papers/poster.html", papers.poster(facts, _needed(facts)))


@require_safe
def poster_pdf(request: HttpRequest, number: str) -> HttpResponse:
    facts = _facts(request, "paper_poster", number)
    return as_file(request, "proposals/papers/poster.html", papers.poster(facts, _needed(facts)), **_file(facts))


@require_safe
def chief_print(request: HttpRequest) -> HttpResponse:
    facts = papers.chief(_facts(request, "paper_chief", ""))
    return as_page(request, "proposals/papers/chief.html", facts)


@require_safe
def chief_pdf(request: HttpRequest) -> HttpResponse:
    facts = papers.chief(_facts(request, "paper_chief", ""))
    return as_file(request, "proposals/papers/chief.html", facts, **_file(facts))


@require_safe
def resource_print(request: HttpRequest) -> HttpResponse:
    facts = papers.resource(_facts(request, "paper_resource", ""))
    return as_page(request, "proposals/papers/resource.html", facts)


@require_safe
def resource_pdf(request: HttpRequest) -> HttpResponse:
    facts = papers.resource(_facts(request, "paper_resource", ""))
    return as_file(request, "proposals/papers/resource.html", facts, **_file(facts))


@require_safe
def consent_print(request: HttpRequest) -> HttpResponse:
    facts = papers.consent(_facts(request, "paper_consent", ""))
    return as_page(request, "proposals/papers/consent.html", facts)


@require_safe
def consent_pdf(request: HttpRequest) -> HttpResponse:
    facts = papers.consent(_facts(request, "paper_consent", ""))
    return as_file(request, "proposals/papers/consent.html", facts, **_file(facts))


@require_safe
def rights_print(request: HttpRequest) -> HttpResponse:
    facts = papers.rights(_facts(request, "paper_rights", ""))
    return as_page(request, "proposals/papers/rights.html", facts)


@require_safe
def rights_pdf(request: HttpRequest) -> HttpResponse:
    facts = papers.rights(_facts(request, "paper_rights", ""))
    return as_file(request, "proposals/papers/rights.html", facts, **_file(facts))


# --- Filled from what concerns one person ------------------------------------------------------------


def _post(request: HttpRequest, pk: int) -> dict[str, Any]:
    user, rows = user_of(request), RoleGrant.objects.select_related("place", "user__person")
    held = get_object_or_404(rows, pk=pk)
    if not prints_post(user, held):
        raise Http404
    own = user.is_same(held.user_id)
    if not own:
        security.note_taken_out(f"{held._meta.label_lower} {pk}", by=user)
    back = reverse("my_data") if own else reverse("admin:residents_rolegrant_change", args=[pk])
    page = reverse("place", args=[held.place.code])
    return papers.chief(papers.of_matter("paper_chief", "paper_post", held.place, [pk], page=page, back=back), held)


def _offer(request: HttpRequest, pk: int) -> dict[str, Any]:
    user, rows = user_of(request), Resource.objects.select_related("place", "holder_place", "by__person")
    offered = get_object_or_404(rows, pk=pk)
    if not prints_offer(user, offered):
        raise Http404
    own, page = user.is_same(offered.by_id) and not offered.is_for_another, offered.get_absolute_url()
    if offered.is_for_another:
        security.note_taken_out(f"{offered._meta.label_lower} {pk}", by=user)
    facts = papers.of_matter("paper_resource", "paper_offer", offered.place, [pk], page=page, back=page)
    return papers.resource(facts, offered, own=own)


def _agreed(request: HttpRequest) -> dict[str, Any]:
    person = person_of(user_of(request))
    home = person.household if person else None
    if person is None or home is None:
        raise Http404
    page = reverse("my_data")
    facts = papers.of_matter("paper_consent", "paper_agreed", home.place, [], page=reverse("consent"), back=page)
    return papers.consent(facts, person)


def _right(request: HttpRequest, pk: int) -> dict[str, Any]:
    user = user_of(request)
    rows = Correction.objects.select_related("home__person__user", "home__household__place", "answered_by")
    asked = get_object_or_404(rows, pk=pk)
    if not prints_request(user, asked):
        raise Http404
    own = asked.home.person is not None and user.is_same(asked.home.person.user_id)
    if not own:
        security.note_taken_out(f"{asked._meta.label_lower} {pk}", by=user)
    page = reverse("my_data")
    back = page if own else reverse("corrections")
    return papers.rights(
        papers.of_matter("paper_rights", "paper_right", asked.territory, [pk], page=page, back=back),
        asked,
        whole=own or holds(user, asked.territory, Role.CLERK, Role.CASE_OFFICER),
    )


@never_cache
@login_required
@require_safe
def post_print(request: HttpRequest, pk: int) -> HttpResponse:
    return as_page(request, "proposals/papers/chief.html", _post(request, pk))


@never_cache
@login_required
@require_safe
def post_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    facts = _post(request, pk)
    return as_file(request, "proposals/papers/chief.html", facts, **_file(facts))


@never_cache
@login_required
@require_safe
def offer_print(request: HttpRequest, pk: int) -> HttpResponse:
    return as_page(request, "proposals/papers/resource.html", _offer(request, pk))


@never_cache
@login_required
@require_safe
def offer_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    facts = _offer(request, pk)
    return as_file(request, "proposals/papers/resource.html", facts, **_file(facts))


@never_cache
@login_required
@require_safe
def agreed_print(request: HttpRequest) -> HttpResponse:
    return as_page(request, "proposals/papers/consent.html", _agreed(request))


@never_cache
@login_required
@require_safe
def agreed_pdf(request: HttpRequest) -> HttpResponse:
    facts = _agreed(request)
    return as_file(request, "proposals/papers/consent.html", facts, **_file(facts))


@never_cache
@login_required
@require_safe
def right_print(request: HttpRequest, pk: int) -> HttpResponse:
    return as_page(request, "proposals/papers/rights.html", _right(request, pk))


@never_cache
@login_required
@require_safe
def right_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    facts = _right(request, pk)
    return as_file(request, "proposals/papers/rights.html", facts, **_file(facts))
