"""The register of yards, buildings and doors below a community, kept by those who work there."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.lifecycle.action import action
from minshi.masking import mask_text, one_line
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Role
from minshi.residents.rules import holds
from minshi.residents.signals import described
from minshi.territory import actions as territory
from minshi.territory import reading
from minshi.territory.models import ADDRESS_LENGTH, Household, Level, Territory

MOST_DOORS = 500
"""Entered at once; a list that is longer comes from a file, not from a form."""
MOST_SAID = 5
"""Wrong lines that are named in one answer."""


KEEPERS = (Role.CLERK, Role.CASE_OFFICER, Role.DISTRICT_OFFICER)


def keeps_register(user: User, place: Territory) -> bool:
    return holds(user, place, *KEEPERS)


def levels_below(place: Territory) -> list[Level]:
    """What may be entered beneath: nothing above a yard, since the divisions are the state's."""
    community = Level.objects.get(code="community")
    if place.level.rank < community.rank or place.merged_into_id:
        return []
    return list(Level.objects.filter(rank__gt=place.level.rank))


@action
def add_place(parent: Territory, *, name: str, level: str, by: User) -> Territory:
    """A yard, building or ten-household group; its code goes on from its parent's."""
    demand(by, parent)
    name = mask_text(one_line(name))
    wrong = {}
    parent = Territory.objects.select_for_update(of=("self",)).get(pk=parent.pk)
    if level not in {each.code for each in levels_below(parent)}:
        wrong["level"] = _("这里只能添社区以下、比它低一层的地方")
    if why := why_not_called(parent, name):
        wrong["name"] = why
    if wrong:
        raise Refused(**wrong)
    taken = set(parent.children.values_list("code", flat=True))
    code = next(code for number in range(1, len(taken) + 2) if (code := f"{parent.code}-{number}") not in taken)
    return territory.add_place(parent=parent, code=code, name=name, level=level, by=by)


def why_not_called(parent: Territory, name: str, *, apart_from: Territory | None = None) -> str:
    """Why nothing beneath ``parent`` can be called so; a building is the same however it is spelled: 一栋 is 1号楼."""
    if not name:
        return _("请写名称，例如 3栋")
    building = reading.building_of(name)
    others = parent.children.exclude(pk=apart_from.pk) if apart_from else parent.children.all()
    for known in others.values_list("name", flat=True):
        if known == name or (building and reading.building_of(known) == building):
            return _("这里已经有“%(name)s”了") % {"name": known}
    return ""


@action
def add_doors(place: Territory, addresses: Iterable[str], *, by: User) -> list[Household]:
    """The doors of a yard, building or group, each once however it is spelled; a line that is none is refused."""
    demand(by, place)
    place = Territory.objects.select_for_update(of=("self",)).get(pk=place.pk)
    if place.merged_into:
        raise Refused(_("这里已经并入%(other)s，请到那里登记") % {"other": place.merged_into})
    if not has_doors(place):
        raise Refused(_("门牌登记在小区、楼栋或十户下面，请先添一个"))
    read = _read(addresses, place)
    if not read:
        raise Refused(addresses=_("请写门牌，一行一个"))
    if len(read) > MOST_DOORS:
        raise Refused(addresses=_("一次最多登记 %(most)d 户") % {"most": MOST_DOORS})
    known = Household.objects.filter(place=place, key__in=read).order_by("pk")
    if again := "、".join(_named(door) for door in known[:5]):
        raise Refused(addresses=_("已经登记过：%(doors)s") % {"doors": again})
    return territory.add_households(place=place, addresses=list(read.values()), by=by)


def _named(door: Household) -> str:
    return door.address if door.is_active else _("%(door)s（已注销，可以恢复）") % {"door": door.address}


def _read(addresses: Iterable[str], place: Territory) -> dict[str, str]:
    """What each line is read as → how it was first written. Every wrong line is said at once, by its number."""
    within, wrong = territory.names_within(place), []
    read: dict[str, str] = {}
    buildings = _buildings_of(place)
    for number, typed in enumerate(addresses, start=1):
        line = one_line(typed)
        if not line:
            continue
        try:
            # As typed: one_line makes a space of the tab that betrays a pasted row.
            door = reading.read(typed.strip(), within=within)
            if door.building in buildings:
                raise reading.NoDoor(_("请到“%(name)s”下面去登记") % {"name": buildings[door.building]})
            if len(line) > ADDRESS_LENGTH:
                raise reading.NoDoor(_("门牌太长，一行只写一户"))
        except reading.NoDoor as why:
            wrong.append(_("第 %(n)d 行“%(line)s”：%(why)s") % {"n": number, "line": line[:30], "why": why})
        else:
            read.setdefault(door.key, line)
    if wrong:
        more = _("；另有 %(n)d 行也不对") % {"n": len(wrong) - MOST_SAID} if len(wrong) > MOST_SAID else ""
        raise Refused(addresses="；".join(wrong[:MOST_SAID]) + more)
    return read


def _buildings_of(place: Territory) -> dict[str, str]:
    """The buildings entered beneath it, as they are read in an address, with their names."""
    found = {}
    for name in place.children.filter(merged_into=None).values_list("name", flat=True):
        if building := reading.building_of(name):
            found[building] = name
    return found


def has_doors(place: Territory) -> bool:
    """Yards, buildings and groups have them; a community has yards, and what was merged has none any more."""
    return place.merged_into_id is None and place.level.rank > Level.objects.get(code="community").rank


@action
def describe(place: Territory, *, phone: str, organisation_code: str, by: User) -> Territory:
    """The office's telephone and the nine-character code its notices are numbered with."""
    demand(by, place)
    place = Territory.objects.select_for_update(of=("self",)).get(pk=place.pk)
    before, place.phone, place.organisation_code = place.phone, phone, organisation_code
    place.save(update_fields=["phone", "organisation_code"])
    if before != phone:
        described.send(Territory, place=place)
    return place


def demand(by: User, place: Territory) -> None:
    if not keeps_register(by, place):
        raise NotAllowed(_("只有这里的社区工作人员、街道经办和区牵头部门可以登记地方和住户"))
