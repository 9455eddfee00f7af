"""Forms on paper, blank and filled: each has its page to print and its file, in normal letters and of 18 points."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from minshi.printing.sheets import as_file, as_page
from proposals import actions, papers, selectors
from proposals.models import Proposal


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
    return as_page(request, "proposals/papers/chief.html", _facts(request, "paper_chief", ""))


@require_safe
def chief_pdf(request: HttpRequest) -> HttpResponse:
    facts = _facts(request, "paper_chief", "")
    return as_file(request, "proposals/papers/chief.html", facts, **_file(facts))


@require_safe
def resource_print(request: HttpRequest) -> HttpResponse:
    return as_page(request, "proposals/papers/resource.html", _facts(request, "paper_resource", ""))


@require_safe
def resource_pdf(request: HttpRequest) -> HttpResponse:
    facts = _facts(request, "paper_resource", "")
    return as_file(request, "proposals/papers/resource.html", facts, **_file(facts))


@require_safe
def consent_print(request: HttpRequest) -> HttpResponse:
    return as_page(request, "proposals/papers/consent.html", _facts(request, "paper_consent", ""))


@require_safe
def consent_pdf(request: HttpRequest) -> HttpResponse:
    facts = _facts(request, "paper_consent", "")
    return as_file(request, "proposals/papers/consent.html", facts, **_file(facts))


@require_safe
def rights_print(request: HttpRequest) -> HttpResponse:
    return as_page(request, "proposals/papers/rights.html", _facts(request, "paper_rights", ""))


@require_safe
def rights_pdf(request: HttpRequest) -> HttpResponse:
    facts = _facts(request, "paper_rights", "")
    return as_file(request, "proposals/papers/rights.html", facts, **_file(facts))
