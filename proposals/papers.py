"""What the forms on paper say: blank for a place, or filled from a project. Each function gives one form's facts.

Names and telephones are on them as they are in public; what belongs to one person alone is left to be written by hand.
"""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from minshi.clock import now
from minshi.lifecycle.models import StepRecord
from minshi.prefix import absolute
from minshi.printing.sheets import qr_of
from minshi.territory.models import Territory
from proposals import selectors
from proposals.models import CASH, Category, Kind, Proposal, Tier
from proposals.wording import who_benefits

NUMBERS = {
    # name of the form's addresses → its number in the list of forms
    "paper_proposal": "01",
    "paper_signatures": "02",
    "paper_answer": "03",
    "paper_dispatch": "04",
    "paper_poster": "05",
    "paper_chief": "33",
    "paper_resource": "34",
    "paper_consent": "36",
    "paper_rights": "37",
}
ANSWERS = {
    "pass_review": gettext_lazy("受理"),
    "decline": gettext_lazy("不予受理"),
    "merge": gettext_lazy("转并办理"),
    "return_for_revision": gettext_lazy("退回修改"),
}
SIGNATURES = 15
"""Rows of one sheet: with what stands above and below them they fill a page."""


def of_place(name: str, place: Territory) -> dict[str, Any]:
    """What every blank form has: its number, the place, where it is on the site."""
    chosen = f"?place={place.code}"
    return {
        **_common(name, place, reverse("drafts")),
        "back": reverse("papers") + chosen,
        "page": reverse(f"{name}_print") + chosen,
        "file": reverse(f"{name}_pdf") + chosen,
        "serial": "",
        "version": place.pk,
    }


def of_project(name: str, proposal: Proposal) -> dict[str, Any]:
    """What every form of a project has besides: the matter in its newest words."""
    version = proposal.version
    return {
        **_common(name, proposal.place, proposal.get_absolute_url()),
        "back": proposal.get_absolute_url(),
        "page": reverse(f"{name}_print", args=[proposal.number]),
        "file": reverse(f"{name}_pdf", args=[proposal.number]),
        "serial": proposal.number,
        "proposal": proposal,
        "words": version,
        "who_benefits": who_benefits(version, proposal.place),
        "version": proposal.card.version,
    }


def _common(name: str, place: Territory, page: str) -> dict[str, Any]:
    community = place.at_level("community") or place
    address, at = absolute(page), now()
    return {
        "number": f"{NUMBERS[name]}-{community.code}-{at:%Y%m}",
        "place": place,
        "community": community,
        "address": address,
        "qr": qr_of(address),
        "at": at,
        "phone": selectors.phone_of(place),
    }


def proposal_form(facts: dict[str, Any]) -> dict[str, Any]:
    """提议(微心愿)登记表."""
    words = facts.get("words")
    return {
        **facts,
        "categories": Category.choices,
        "kinds": Kind.choices,
        "sources": [(source.label, words.share_fen(source) if words else 0) for source in CASH],
        "lines": words.priced if words else [],
        "empty_lines": range(3),
    }


def signatures(facts: dict[str, Any], needed: int | None = None) -> dict[str, Any]:
    """附议联名册; the doors are written by whoever signs: nobody's is printed."""
    return {**facts, "rows": range(1, SIGNATURES + 1), "needed": needed}


def answer(facts: dict[str, Any]) -> dict[str, Any]:
    """受理/不予受理/转办告知单: what became of it at the review, with its remedy."""
    proposal = facts.get("proposal")
    found = StepRecord.objects.of(proposal).filter(verb__in=ANSWERS).order_by("-id").first() if proposal else None
    return {
        **facts,
        "record": found,
        "outcome": ANSWERS.get(found.verb, "") if found else "",
        "outcomes": [*ANSWERS.values(), _("转办")],
        "holder": selectors.holder_of(proposal) if proposal else "",
    }


def dispatch(facts: dict[str, Any]) -> dict[str, Any]:
    """分级派单(吹哨)单: who holds it on which tier until when; what became of the earlier ones."""
    proposal = facts.get("proposal")
    handlings = list(proposal.handlings.select_related("place").order_by("pk")) if proposal else []
    return {
        **facts,
        "tiers": Tier.choices,
        "handlings": handlings,
        "urgent": bool(handlings) and handlings[-1].urgent,
        "holder": selectors.holder_of(proposal) if proposal else "",
    }


def poster(facts: dict[str, Any], needed: int | None = None) -> dict[str, Any]:
    """For the stairwell: one matter, one code."""
    return {**facts, "needed": needed}


def blank(place: Territory) -> list[tuple[str, Any, str, str]]:
    """Every form that can be had blank: its number, title, page and file."""
    titles = {
        "paper_proposal": _("提议（微心愿）登记表"),
        "paper_signatures": _("附议联名册"),
        "paper_answer": _("受理、不予受理、转办告知单"),
        "paper_dispatch": _("分级派单（吹哨）单"),
        "paper_chief": _("楼栋长、十户长推选与登记表"),
        "paper_resource": _("能人、资源登记表"),
        "paper_consent": _("个人信息告知同意书"),
        "paper_rights": _("个人信息权利申请表"),
    }
    chosen = f"?place={place.code}"
    return [
        (NUMBERS[name], title, reverse(f"{name}_print") + chosen, reverse(f"{name}_pdf") + chosen)
        for name, title in titles.items()
    ]
