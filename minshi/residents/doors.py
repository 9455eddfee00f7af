"""Finding a door as people write it: 301, 1-301, 1单元301, 3栋 1-301."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from minshi.residents.models import Residence
from minshi.territory.models import Household

MOST_NAMED = 4
_CHINESE = str.maketrans("〇零一二三四五六七八九", "00123456789")
_PARTS = re.compile(r"[0-9]+|[A-Z]+|[甲乙丙丁东西南北]")


def parts_of(text: str) -> list[str]:
    """3栋1单元301 → 3, 1, 301: what is left when units, spaces and dashes are taken away."""
    plain = unicodedata.normalize("NFKC", text[:80]).upper().translate(_CHINESE)
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
    near = (
        doors.filter(address__icontains=wanted[-1]).select_related("place__parent").order_by("place__path", "address")
    )
    found = [door for door in near if parts_of(door.door)[-len(wanted) :] == wanted]
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
            names = "、".join(door.door for door in found[:MOST_NAMED])
            raise forms.ValidationError(
                _("有 %(n)d 户都叫这个：%(names)s。请写上楼栋") % {"n": len(found), "names": names}
            )
        return found[0]


UNKNOWN = ""
"""Signed by nobody the register knows: 未登记."""


def signers_of(door: Household | None) -> list[tuple[str, str]]:
    """Who may have signed for a door, as choices: its confirmed adults, and 未登记."""
    homes = Residence.objects.current().confirmed().filter(household=door, person__is_adult=True)
    people = homes.order_by("-is_representative", "pk").values_list("person_id", "person__name") if door else ()
    return [*((str(pk), name) for pk, name in people), (UNKNOWN, _("未登记的人"))]
