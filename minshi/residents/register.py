"""The register of yards, buildings and doors below a community, kept by those who work there."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.lifecycle.action import action
from minshi.masking import one_line
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Role
from minshi.residents.rules import holds
from minshi.territory import actions as territory
from minshi.territory.models import ADDRESS_LENGTH, Household, Level, Territory

MOST_DOORS = 500
"""Entered at once; a list that is longer comes from a file, not from a form."""


def keeps_register(user: User, place: Territory) -> bool:
    return holds(user, place, Role.CLERK, Role.CASE_OFFICER, Role.DISTRICT_OFFICER)


def levels_below(place: Territory) -> list[Level]:
    """What may be entered beneath: nothing above a yard, since the divisions are the state's."""
    community = Level.objects.get(code="community")
    if place.level.rank < community.rank:
        return []
    return list(Level.objects.filter(rank__gt=place.level.rank))


@action
def add_place(parent: Territory, *, name: str, level: str, by: User) -> Territory:
    """A yard, building or ten-household group; its code goes on from its parent's."""
    _demand(by, parent)
    name = one_line(name)
    wrong = {}
    if not name:
        wrong["name"] = _("请写名称，例如 3栋")
    if level not in {each.code for each in levels_below(parent)}:
        wrong["level"] = _("这里只能添社区以下、比它低一层的地方")
    parent = Territory.objects.select_for_update(of=("self",)).get(pk=parent.pk)
    if parent.children.filter(name=name).exists():
        wrong["name"] = _("这里已经有“%(name)s”了") % {"name": name}
    if wrong:
        raise Refused(**wrong)
    taken = set(parent.children.values_list("code", flat=True))
    code = next(code for number in range(1, len(taken) + 2) if (code := f"{parent.code}-{number}") not in taken)
    return territory.add_place(parent=parent, code=code, name=name, level=level, by=by)


@action
def add_doors(place: Territory, addresses: Iterable[str], *, by: User) -> list[Household]:
    """The doors of a yard, building or group, each once."""
    _demand(by, place)
    doors = list(dict.fromkeys(filter(None, map(one_line, addresses))))
    if not has_doors(place):
        raise Refused(_("门牌登记在小区、楼栋或十户下面，请先添一个"))
    if not doors:
        raise Refused(addresses=_("请写门牌，一行一个"))
    if len(doors) > MOST_DOORS:
        raise Refused(addresses=_("一次最多登记 %(most)d 户") % {"most": MOST_DOORS})
    if any(len(door) > ADDRESS_LENGTH for door in doors):
        raise Refused(addresses=_("门牌太长，一行只写一户"))
    Territory.objects.select_for_update(of=("self",)).get(pk=place.pk)
    known = place.households.filter(address__in=doors).values_list("address", flat=True)
    if again := "、".join(list(known)[:5]):
        raise Refused(addresses=_("已经登记过：%(doors)s") % {"doors": again})
    return territory.add_households(place=place, addresses=doors, by=by)


@action
def strike_door(door: Household, *, by: User) -> Household:
    """Off the register: entered by mistake, or no longer a dwelling. Rolls that were frozen before keep it."""
    _demand(by, door.place)
    door = Household.objects.select_for_update(of=("self",)).get(pk=door.pk)
    if not door.is_active:
        raise Refused(_("这一户已经注销"))
    if door.residences.current().confirmed().exists():
        raise Refused(_("还有已确认的住户住在这里，请先登记他们搬走"))
    door.is_active = False
    door.save(update_fields=["is_active"])
    return door


def has_doors(place: Territory) -> bool:
    """Yards, buildings and groups have them; a community has yards."""
    return place.level.rank > Level.objects.get(code="community").rank


@action
def describe(place: Territory, *, phone: str, organisation_code: str, by: User) -> Territory:
    """The office's telephone and the nine-character code its notices are numbered with."""
    _demand(by, place)
    place = Territory.objects.select_for_update(of=("self",)).get(pk=place.pk)
    place.phone, place.organisation_code = phone, organisation_code
    place.save(update_fields=["phone", "organisation_code"])
    return place


def _demand(by: User, place: Territory) -> None:
    if not keeps_register(by, place):
        raise NotAllowed(_("只有这里的社区工作人员、街道经办和区牵头部门可以登记地方和住户"))
