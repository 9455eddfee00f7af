"""Yards, buildings and ten-household groups are renamed, divided and merged as the ground changes; what was, is kept.

Rolls, notices and archives name what they began with. A door changes its place only where no project that is under way
is of the place it leaves: whose matter that is, and whose word counts in it, stays as it began.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import F, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import today
from minshi.lifecycle.action import action
from minshi.masking import mask_address, mask_text, one_line, seen
from minshi.refusals import Refused
from minshi.residents import register
from minshi.residents.models import RoleGrant
from minshi.residents.signals import renamed
from minshi.territory import actions as territory
from minshi.territory import reading
from minshi.territory.models import ADDRESS_LENGTH, Household, PlaceChange, Territory

MOST_SAID = 5
"""Doors or posts that are named in one answer."""


@action
def rename(place: Territory, *, name: str, reason: str, by: User) -> Territory:
    """Another name for a yard, building or group; everything beneath it is called so, too.

    Raises ``Refused`` where the name is taken, none, or the same.
    """
    register.demand(by, place)
    place = _locked(place)
    name = mask_text(one_line(name))
    wrong = register.why_not_called(_parent_of(place), name, apart_from=place)
    if name == place.name:
        wrong = _("名称没有变")
    _refuse(name=wrong, reason=_why_no_reason(reason))
    before, whole = place.name, place.full_name
    after = whole.removesuffix(before) + name
    _noted(place, PlaceChange.Kind.RENAMED, None, before, name, 0, reason, by)
    Territory.objects.within(place).update(full_name=Concat(Value(after), Substr(F("full_name"), len(whole) + 1)))
    place.name, place.full_name = name, after
    place.save(update_fields=["name"])
    for beneath in Territory.objects.within(place):
        _label(beneath, beneath.households.all())
    renamed.send(Territory, place=place)
    return place


@action
def split(place: Territory, *, name: str, doors: Collection[Household], reason: str, by: User) -> Territory:
    """Some doors of a place become a place of their own beside it, on the same level.

    Raises ``Refused``; the database refuses while a project of ``place`` is under way.
    """
    register.demand(by, place)
    place = _locked(place)
    moved = _of_place(place, doors)
    left = Household.objects.filter(place=place, is_active=True).exclude(pk__in=[door.pk for door in moved])
    _refuse(
        name=register.why_not_called(_parent_of(place), mask_text(one_line(name))),
        doors=_("请写要分出去的门牌") if not moved else "" if left else _("不能全部分出去；只改名称，用“改名”"),
        reason=_why_no_reason(reason),
    )
    new = register.add_place(_parent_of(place), name=name, level=place.level_id, by=by)
    _move(moved, new, place)
    _noted(place, PlaceChange.Kind.SPLIT, new, place.name, new.name, len(moved), reason, by)
    return new


@action
def merge(place: Territory, *, into: Territory, reason: str, by: User) -> Territory:
    """All doors of a place move to another of its level in the same community; it stays as a name that leads there.

    Doors that would be called alike take the old name along (3栋101). Raises ``Refused`` while somebody holds a post
    of just this place, or places lie beneath it.
    """
    register.demand(by, place)
    register.demand(by, into)
    place, into = _both_locked(place, into)
    _refuse_to_merge(place, into, reason)
    moved = list(Household.objects.select_for_update(of=("self",)).filter(place=place).order_by("pk"))
    _move(moved, into, place)
    place.merged_into = into
    place.save(update_fields=["merged_into"])
    _noted(place, PlaceChange.Kind.MERGED, into, place.name, into.name, len(moved), reason, by)
    return into


def _refuse_to_merge(place: Territory, into: Territory, reason: str) -> None:
    alike = place.level_id == into.level_id and place.pk != into.pk and into.merged_into_id is None
    here, there = place.at_level("community"), into.at_level("community")
    beneath = place.children.filter(merged_into=None).values_list("name", flat=True)
    holding = RoleGrant.objects.active(today()).filter(place=place).select_related("user").order_by("pk")
    posts = "、".join(str(held.get_role_display()) for held in holding[:MOST_SAID])
    wrong = "" if alike and here and here == there else _("请选同一个社区里、同样一层的另一处")
    if not wrong and beneath:
        wrong = _("下面还有%(places)s，请先把它们并走") % {"places": "、".join(beneath[:MOST_SAID])}
    if not wrong and posts:
        wrong = _("这里还有%(posts)s，请先结束任职，或者在另一处任命") % {"posts": posts}
    _refuse(into=wrong, reason=_why_no_reason(reason))


def _of_place(place: Territory, doors: Collection[Household]) -> list[Household]:
    """Those doors, locked; all of them stand in ``place`` itself."""
    keys = [door.pk for door in doors]
    found = list(Household.objects.select_for_update(of=("self",)).filter(pk__in=keys, place=place).order_by("pk"))
    if len(found) != len(set(keys)):
        raise Refused(doors=_("只能分出直接登记在这里的门牌"))
    return found


def _move(doors: Iterable[Household], to: Territory, old: Territory) -> None:
    """The doors stand in another place from now on, under names that are read there as one door each."""
    doors = list(doors)
    taken = set(Household.objects.filter(place=to).values_list("key", flat=True))
    with_old_name = bool(taken & {door.key for door in doors if door.key})
    # With its old building before it a door is read as one of the yard: in the new one it would be a contradiction.
    within = territory.names_within(_parent_of(to) if with_old_name else to)
    wrong = []
    for door in doors:
        written = f"{old.name}{door.address}" if with_old_name else door.address
        try:
            door.key = reading.read(written, within=within).key if door.key else ""
        except reading.NoDoor as why:
            wrong.append(f"{door.address}：{why}")
        if len(written) > ADDRESS_LENGTH:
            wrong.append(_("%(door)s太长，请先给这里改一个短的名称") % {"door": written[:20]})
        door.address, door.place = written, to
        if door.key and door.key in taken:
            wrong.append(_("%(door)s在那里已经有了") % {"door": written})
        taken.add(door.key)
    if wrong:
        raise Refused(_("门牌对不上：%(doors)s") % {"doors": "；".join(wrong[:MOST_SAID])})
    Household.objects.bulk_update(doors, ["place", "address", "key"], batch_size=1000)
    _label(to, doors)


def _label(place: Territory, doors: Iterable[Household]) -> None:
    """Where each door is, as the public may read it."""
    where = territory.below_community(place)
    doors = list(doors)
    for door in doors:
        door.label = mask_address(where + door.address)[:ADDRESS_LENGTH]
    Household.objects.bulk_update(doors, ["label"], batch_size=1000)


def _noted(
    place: Territory, kind: str, other: Territory | None, before: str, after: str, doors: int, reason: str, by: User
) -> None:
    said = mask_text(one_line(reason))[:200]
    PlaceChange.objects.create(
        place=place, kind=kind, other=other, before=before, after=after, doors=doors, reason=said, by=by
    )


def _refuse(**reasons: str) -> None:
    if wrong := {field: reason for field, reason in reasons.items() if reason}:
        raise Refused(**wrong)


def _why_no_reason(reason: str) -> str:
    return "" if seen(reason) else _("请写依据或原因")


def _parent_of(place: Territory) -> Territory:
    parent = place.parent
    if parent is None or not register.has_doors(place):
        raise Refused(_("行政区划由国家定，这里只能改社区以下的地方"))
    return parent


def _locked(place: Territory) -> Territory:
    """Nobody begins a project of it meanwhile: whoever points to the row waits."""
    place = Territory.objects.select_for_update(of=("self",)).select_related("parent", "level").get(pk=place.pk)
    _parent_of(place)
    if place.merged_into_id:
        raise Refused(_("这里已经并入%(other)s") % {"other": place.merged_into})
    return place


def _both_locked(place: Territory, other: Territory) -> tuple[Territory, Territory]:
    """In the order of their keys, so that two merges that cross wait for one another."""
    found = {each.pk: _locked(each) for each in sorted((place, other), key=lambda each: each.pk)}
    return found[place.pk], found[other.pk]
