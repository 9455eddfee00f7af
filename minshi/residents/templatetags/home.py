"""``{% load home %}{% where_i_live place %}``: what stands between a person and speaking for their door, to be mended.

One button to say where one lives and back to this page; what is waited for, and the paper way; who votes instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django import template
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.masking import mask_address, mask_name
from minshi.residents import representing, waiting
from minshi.residents.models import Role
from minshi.residents.rules import person_of
from minshi.territory.models import Territory

register = template.Library()
register.filter("masked", mask_name)
register.filter("masked_door", mask_address)

BENEATH = ("building", "group")
"""Parts of a yard: somebody next door may live in another one."""


@register.inclusion_tag("residents/where_i_live.html", takes_context=True)
def where_i_live(context: template.Context, place: Territory | None = None) -> dict[str, Any]:
    """``place``: where this page's matter is; the door is looked for there first."""
    request: HttpRequest = context["request"]
    user = request.user
    if not isinstance(user, User):
        return {"state": ""}
    person = person_of(user)
    home = person.residence if person else None
    here = request.path
    if home is None:
        return {"state": "unregistered", "url": _door_of(place, here), "place": place}
    if home.confirmed_at is None:
        waits = waiting.waits_of(home)
        return {
            "state": "unconfirmed",
            "home": home,
            "until": waits[0].due if waits else None,
            "moment": now(),
            "asked": _asked(each.role for each in waits),
            "climbs": bool(waits) and waits[0].role not in TOP,
            "hurried": any(each.kind == waiting.HURRIED for each in waits),
            "url": _door_of(None, here),
            "office": home.household.place.at_level("community"),
        }
    if not home.is_representative and (present := representing.representative_of(home)) and present.person:
        has_asked = representing.is_waiting(home)
        return {
            "state": "represented",
            "name": mask_name(present.person.name),
            "may_ask": not representing.why_not_ask(home),
            "waits": has_asked,
            "until": waiting.answered_by(home) if has_asked else None,
            "moment": now(),
            "hears": representing.hears(present),
        }
    return {"state": ""}


AT_AN_OFFICE = {Role.CLERK: _("社区"), Role.CASE_OFFICER: _("街道"), Role.DISTRICT_OFFICER: _("区里")}
TOP = (Role.CASE_OFFICER, Role.DISTRICT_OFFICER)
"""Above them nobody is asked: they are reminded until they have answered."""


def _asked(roles: Iterable[str]) -> str:
    """Who was asked to confirm, by what they are called here: a place may have a 小组长 or a 网格员 and no 楼栋长."""
    nearest_first = sorted(map(Role, roles), key=lambda role: role in AT_AN_OFFICE)
    names = dict.fromkeys(str(AT_AN_OFFICE.get(role) or role.label) for role in nearest_first)
    return gettext("和").join(names) or gettext("楼栋长或社区")


def _door_of(place: Territory | None, here: str) -> str:
    """Straight to the door where the yard is known, else to finding the yard."""
    following = urlencode({"next": here})
    if place is not None and place.level_id in BENEATH and place.parent and place.parent.level_id == "yard":
        place = place.parent
    if place is not None and place.level_id in ("yard", *BENEATH):
        return f"{reverse('join_at', args=[place.code])}?{following}"
    within = urlencode({"q": place.name}) + "&" if place is not None and place.level_id == "community" else ""
    return f"{reverse('join')}?{within}{following}"
