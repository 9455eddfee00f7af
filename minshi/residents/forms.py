"""What a resident says of themselves: a name, a door, and that they were told what for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from minshi.territory.models import Household, Territory


class JoinForm(forms.Form):
    """我住在这里. The yard was chosen before; the door is chosen from the register."""

    household = forms.ModelChoiceField(label=_("您家的门牌"), queryset=Household.objects.none())
    name = forms.CharField(label=_("您的姓名"), max_length=40)
    is_adult = forms.BooleanField(
        label=_("我已满 18 岁"), required=False, help_text=_("14 到 17 岁可以提议，不参加表决")
    )
    consent = forms.BooleanField(
        label=_("我知道并同意"),
        help_text=_("姓名、手机号和门牌只用来确认您是这里的住户，公开的地方一律打码；随时可以撤回、查看、更正、删除"),
    )

    def __init__(self, *args: Any, place: Territory, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        doors = Household.objects.filter(place__path__startswith=place.path, is_active=True)
        field: Any = self.fields["household"]
        field.queryset = doors.select_related("place").order_by("place__path", "address")
        field.label_from_instance = lambda door: f"{door.place.name} {door.address}"
