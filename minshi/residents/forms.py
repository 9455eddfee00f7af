"""What a resident says of themselves: a door, a name, whether of age, and that they were told what for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from minshi.masking import one_line
from minshi.residents.doors import DoorTextField
from minshi.territory.models import Household, Territory

AGES = (
    ("adult", _("已满 18 岁")),
    ("minor", _("14 到 17 岁：可以提议，不参加表决")),
    ("child", _("未满 14 岁")),
)


class JoinForm(forms.Form):
    """我住在这里."""

    household = DoorTextField(label=_("您家的门牌"))
    name = forms.CharField(label=_("您的姓名"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    age = forms.ChoiceField(label=_("您的年龄"), choices=AGES, widget=forms.RadioSelect)
    consent = forms.BooleanField(
        label=_("我知道并同意"),
        help_text=_("姓名、手机号和门牌只用来确认您是这里的住户，公开的地方一律打码；随时可以撤回、查看、更正、删除"),
    )

    def __init__(self, *args: Any, place: Territory, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["household"]
        field.doors = Household.objects.filter(place__path__startswith=place.path, is_active=True)

    def clean_name(self) -> str:
        name = one_line(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(_("请写您的姓名"))
        return name

    def clean_age(self) -> str:
        age: str = self.cleaned_data["age"]
        if age == "child":
            raise forms.ValidationError(_("未满 14 岁不用自己登记，请家里的大人来提；有急事直接找楼栋长或社区"))
        return age
