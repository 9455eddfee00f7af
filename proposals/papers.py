"""What the forms on paper say: blank for a place, or filled from a matter. Each function gives one form's facts.

On those of a project names and telephones are as they are in public, and what belongs to one person alone is left to
be written by hand. What is filled from a post, an offer or somebody's own data has them in full, and is printed by
whom it concerns and who handles it (``rules.prints_…``); such files are kept nowhere.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from minshi.clock import now
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_phone
from minshi.mydata.actions import standing
from minshi.mydata.forms import RightForm
from minshi.mydata.models import Consent, Correction
from minshi.prefix import absolute
from minshi.printing.sheets import qr_of
from minshi.residents import notice
from minshi.residents.models import ORGANISERS, Election, Person, RoleGrant
from minshi.residents.rules import role_in
from minshi.territory.models import Household, Territory
from proposals import selectors
from proposals.models import CASH, Category, Kind, Proposal, Resource, ResourceKind, Tier
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
MOST_CONSENTS = 6
"""Of one person's sheet, the newest first; their page names all."""
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


def chief(facts: dict[str, Any], held: RoleGrant | None = None) -> dict[str, Any]:
    """楼栋长、十户长推选与登记表: of a post that somebody holds, else blank."""
    shown = {**facts, "roles": [(role.value, role.label) for role in ORGANISERS]}
    if held is None:
        return shown
    doors = Household.objects.filter(place__path__startswith=held.place.path, is_active=True).count()
    last = held.until - timedelta(days=1) if held.until else None
    votes = Election.objects.filter(grant=held).first()
    return {
        **shown,
        **_person(getattr(held.user, "person", None)),
        "held": held,
        "election": votes,
        "doors": doors,
        "last_day": last,
    }


def resource(facts: dict[str, Any], offered: Resource | None = None, *, own: bool = False) -> dict[str, Any]:
    """能人、资源登记表. Whoever offered it themselves is named on their ``own`` print alone: others ask through us."""
    shown = {**facts, "kinds": ResourceKind.choices}
    if offered is None:
        return shown
    is_skill = offered.kind == ResourceKind.SKILL
    person = _person(getattr(offered.by, "person", None) if own and not offered.is_for_another else None)
    names = filter(None, (offered.unit, offered.offerer_name or person["name"]))
    return {
        **shown,
        "offered": offered,
        "who": " ".join(names),
        "reached": offered.contact or person["mobile"],
        "skill": offered.title if is_skill else "",
        "gives": "\n".join(filter(None, ("" if is_skill else offered.title, offered.about))),
    }


def consent(facts: dict[str, Any], person: Person | None = None) -> dict[str, Any]:
    """个人信息告知同意书: what somebody agreed to on the site, to be signed as well; else blank."""
    if person is None:
        return facts
    given = standing(person).values_list("title", "what", "given_at")[:MOST_CONSENTS]
    agreed = [(title, Consent.What(what).label, at) for title, what, at in given]
    return {**facts, **_person(person), "notice_version": notice.VERSION, "agreed": agreed}


def rights(facts: dict[str, Any], asked: Correction | None = None, *, whole: bool = True) -> dict[str, Any]:
    """个人信息权利申请表: what somebody asked for, and its answer; what has no such word has a button of its own.

    A chief, who answers at the door, reads nobody's number: it is not ``whole``.
    """
    look, mend, erase, other = (str(word) for word, _label in RightForm.KINDS)
    asks = {_("查阅"): look, _("更正"): mend, _("导出"): "", _("删除"): erase, _("注销"): "", _("收回同意"): ""}
    if asked is None:
        return {**facts, "asks": list(asks)}
    kind, _colon, words = asked.about.partition("：")
    content = words if kind in (look, mend, erase, other) else asked.about
    person = _person(asked.home.person)
    return {
        **facts,
        **person,
        "mobile": person["mobile"] if whole else mask_phone(person["mobile"]),
        "door": asked.home.household.door,
        "asks": list(asks),
        "right": next((right for right, word in asks.items() if word == (kind or mend)), ""),
        "asked": asked,
        "content": _("姓名改为：%(name)s") % {"name": asked.name} if asked.name else content,
        "answered_as": role_in(asked.answered_by, asked.territory) if asked.answered_by else "",
    }


def _person(person: Person | None) -> dict[str, Any]:
    """Somebody as their own form names them."""
    home = person.household if person else None
    return {
        "person": person,
        "name": person.name if person else "",
        "door": home.door if home else "",
        "mobile": (person.user.phone or "") if person and person.user else "",
    }


def of_matter(form: str, name: str, place: Territory, args: list[int], *, page: str, back: str) -> dict[str, Any]:
    """What a form filled from a post, an offer or somebody's data has; ``name`` is of its addresses."""
    return {
        **_common(form, place, page),
        "back": back,
        "page": reverse(f"{name}_print", args=args),
        "file": reverse(f"{name}_pdf", args=args),
        "serial": str(args[0]) if args else "",
        "version": None,
    }


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
