"""Finding a door as people write it: 301, 1-301, 1单元301, 3栋 1-301."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from minshi.masking import one_line
from minshi.residents.models import Person, Residence
from minshi.territory.models import Household, Territory
from minshi.territory.reading import building_of, plain_numbers

MOST_NAMED = 4
_PARTS = re.compile(r"[0-9]+|[A-Z]+|[甲乙丙丁东西南北]")


def parts_of(text: str) -> list[str]:
    """3栋1单元301 → 3, 1, 301: what is left when units, spaces and dashes are taken away."""
    plain = plain_numbers(unicodedata.normalize("NFKC", text[:80]).upper())
    return [part.lstrip("0") or "0" for part in _PARTS.findall(plain)]


def _written(text: str) -> str:
    """As it was written, without what nobody reads: 1栋 301 室 → 1栋301."""
    return re.sub(r"[\s室]", "", unicodedata.normalize("NFKC", text[:80]).upper())


def find(text: str, doors: QuerySet[Household]) -> list[Household]:
    """The doors whose building and address end in what was typed.

    Where several do and one is written so to the letter (1栋301 beside 2栋1单元301), it is that one.
    """
    wanted = parts_of(text)
    if not wanted:
        return []
    # By what was read too: 三〇一 is found as 301.
    near = doors.filter(Q(address__icontains=wanted[-1]) | Q(key__contains=wanted[-1]))
    near = near.select_related("place__parent").order_by("place__path", "address")
    found = [door for door in near if parts_of(door.door)[-len(wanted) :] == wanted]
    if not found:  # a whole address: what stands before the building is of the city, the street, the community
        found = [door for door in near if _written(text).endswith(_written(door.door))]
    to_the_letter = [door for door in found if _written(door.door).endswith(_written(text))]
    return to_the_letter if len(to_the_letter) == 1 else found


class DoorTextField(forms.CharField):
    """A door that is typed, not looked for in a list; its value is the household."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("门牌"))
        kwargs.setdefault("help_text", gettext_lazy("例如 301、1-301、1单元301"))
        kwargs.setdefault("max_length", 80)
        super().__init__(**kwargs)
        self.doors: QuerySet[Household] = Household.objects.none()
        self.widget.attrs.update({"autocomplete": "off", "inputmode": "text"})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        found = find(text, self.doors)
        if not found:
            raise forms.ValidationError(_("没有找到这一户，请核对门牌"))
        if len(found) > 1:
            raise forms.ValidationError(_several(found))
        return found[0]


def _several(found: list[Household]) -> str:
    return _("有 %(n)d 户都叫这个：%(names)s。请写上楼栋") % {
        "n": len(found),
        "names": _first_few([door.door for door in found]),
    }


def _first_few(names: list[str]) -> str:
    """Some of them by name, and that there are more."""
    return "、".join(names[:MOST_NAMED]) + (_("等") if len(names) > MOST_NAMED else "")


Signed = tuple[Household, Person | None]
"""A door, and who of it signed; ``None``: 未登记."""

MOST_LINES = 60
MOST_OF_A_PLACE = 400
_GAP = re.compile(r"[\s,、]+")
_NUMERALS = set("〇零一二三四五六七八九十0123456789")


class DoorLinesField(forms.CharField):
    """A list of signatures, typed line by line: the door, and who signed. Its value is a list of ``Signed``.

    A name that is nobody's of the door who could sign is 未登记. What is wrong is said of its line. ``place``: whose
    doors these are, where they are not those that benefit.
    """

    place: Territory | None = None

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("门牌和姓名，一行一户"))
        kwargs.setdefault("help_text", gettext_lazy("例如：1-301 张三"))
        kwargs.setdefault("max_length", 6000)
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 8, "autocomplete": "off"}))
        super().__init__(**kwargs)
        self.doors: QuerySet[Household] = Household.objects.none()
        self.most = MOST_LINES

    def clean(self, value: Any) -> Any:
        named = self.named(value)
        people = {(home.household_id, home.person.name): home.person for home in _could_sign(named) if home.person}
        return [(door, people.get((door.pk, name))) for door, name in named.items()]

    def named(self, value: Any) -> dict[Household, str]:
        """The doors with the names as they were typed."""
        text = unicodedata.normalize("NFKC", super().clean(value) or "")
        typed = [(number, line.strip(" ,、")) for number, line in enumerate(text.splitlines(), start=1)]
        typed = [(number, line) for number, line in typed if line]
        if len(typed) > self.most:
            raise forms.ValidationError(_("一张表最多 %(most)d 户，请分成几张登记") % {"most": self.most})
        wrong: list[str] = []
        named: dict[Household, str] = {}
        for number, line in typed:
            door, name = door_and_name(line)
            found = find(door, self.doors)
            if why := _why_not_one(found, named, self.place):
                wrong.append(_("第 %(n)d 行“%(line)s”：%(why)s") % {"n": number, "line": line[:40], "why": why})
            else:
                named[found[0]] = name
        if wrong:
            raise forms.ValidationError(wrong)
        return named


class NamedDoorsField(DoorLinesField):
    """The same with whoever is named, in the register or not; every line needs its name."""

    def clean(self, value: Any) -> Any:
        named = self.named(value)
        if nameless := "、".join(door.door for door, name in named.items() if not name):
            raise forms.ValidationError(_("请写上姓名：%(doors)s") % {"doors": nameless})
        return list(named.items())


class PlainDoorsField(DoorLinesField):
    """Doors alone, as many as one place may have."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = MOST_OF_A_PLACE

    def clean(self, value: Any) -> Any:
        return list(self.named(value))


def door_and_name(line: str) -> tuple[str, str]:
    """3栋 1-301 张三 → (3栋 1-301, 张三); a line without a name is all door."""
    *before, last = _GAP.split(line)
    is_name = bool(before) and not set(last) & set("0123456789") and not set(last) <= _NUMERALS
    return (" ".join(before), last) if is_name else (line, "")


def _why_not_one(found: list[Household], named: dict[Household, str], place: Territory | None) -> str:
    if not found and place:
        return _("%(place)s里没有找到这一户，请核对门牌") % {"place": place.name}
    if not found:
        return _("受益户里没有找到这一户，请核对门牌")
    if len(found) > 1:
        return _several(found)
    return _("这一户写了两遍") if found[0] in named else ""


def _could_sign(doors: Iterable[Household]) -> QuerySet[Residence]:
    homes = Residence.objects.current().confirmed().filter(household__in=list(doors), person__is_adult=True)
    return homes.select_related("person")


_BETWEEN = re.compile(r"[\n,;、]+")


def read_places_and_doors(text: str, place: Territory) -> tuple[list[Territory], list[Household]]:
    """What was typed of ``place``, one a line or between commas: a place beneath it (3栋) or a door (1-301).

    Raises ``ValidationError`` with each that is neither, or that could be several.
    """
    plain = unicodedata.normalize("NFKC", text)
    entries = list(dict.fromkeys(filter(None, (each.strip() for each in _BETWEEN.split(plain)))))
    if len(entries) > MOST_LINES:
        raise forms.ValidationError(_("最多写 %(most)d 处，更多的请写整栋") % {"most": MOST_LINES})
    doors = Household.objects.filter(place__path__startswith=place.path, is_active=True)
    parts_of_place = Territory.objects.within(place).filter(merged_into=None).exclude(pk=place.pk)
    beneath = list(parts_of_place.select_related("parent")) if entries else []
    parts: list[Territory] = []
    single: list[Household] = []
    wrong: list[str] = []
    for entry in entries:
        named = [part for part in beneath if _is_called(part, entry)]
        found = [] if named else find(entry, doors)
        if len(named) + len(found) == 1:
            parts += named
            single += found
        else:
            several = [_from_its_yard(part) for part in named] + [door.door for door in found]
            wrong.append(_("“%(entry)s”：%(why)s") % {"entry": entry[:40], "why": _why_not_there(several, place)})
    if wrong:
        raise forms.ValidationError(wrong)
    return parts, single


def _is_called(part: Territory, entry: str) -> bool:
    """By its name, with or without the one above it; a building also as 二栋 and 2号楼."""
    wanted, name = _written(entry), _written(part.name)
    building = building_of(part.name)
    return wanted in (name, _written(_from_its_yard(part))) or bool(building and building == building_of(entry))


def _from_its_yard(part: Territory) -> str:
    return f"{part.parent.name if part.parent else ''}{part.name}"


def _why_not_there(several: list[str], place: Territory) -> str:
    if not several:
        return _("%(place)s里没有找到这一栋或这一户，请核对") % {"place": place.name}
    return _("有 %(n)d 处都叫这个：%(names)s。请写上楼栋") % {"n": len(several), "names": _first_few(several)}


UNKNOWN = ""
"""Signed by nobody the register knows: 未登记."""


def signers_of(door: Household | None) -> list[tuple[str, str]]:
    """Who may have signed for a door, as choices: its confirmed adults, and 未登记."""
    homes = Residence.objects.current().confirmed().filter(household=door, person__is_adult=True)
    people = homes.order_by("-is_representative", "pk").values_list("person_id", "person__name") if door else ()
    return [*((str(pk), name) for pk, name in people), (UNKNOWN, _("未登记的人"))]


# --- Finding somebody ------------------------------------------------------------------------------

MOST_TYPED = 60
"""Letters of a search that are looked at."""


def typed(text: str) -> str:
    return one_line(text)[:MOST_TYPED]


def sought(text: str, paths: Iterable[str]) -> Q:
    """Homes in these places by name, door, both, or the last digits of the number: a search tells what it finds."""
    mine, behind = Q(pk__in=[]), Q(pk__in=[])
    for path in paths:
        mine |= Q(household__place__path__startswith=path)
        behind |= Q(place__path__startswith=path)
    door, name = door_and_name(text)
    found = _who(text, Household.objects.filter(behind))
    if name:
        found |= Q(person__name__contains=name) & _who(door, Household.objects.filter(behind))
    return mine & found


def _who(text: str, behind: QuerySet[Household]) -> Q:
    found = Q(person__name__contains=text) | Q(household__in=[door.pk for door in find(text, behind)])
    digits = re.sub(r"[\s-]", "", text)
    is_end_of_number = re.fullmatch(r"[0-9]{4,11}", digits) is not None
    return found | Q(person__user__phone__endswith=digits) if is_end_of_number else found
