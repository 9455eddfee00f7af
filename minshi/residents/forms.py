"""What a resident says of themselves: a door, a name, whether of age, and that they were told what for."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from minshi.masking import one_line
from minshi.residents.doors import DoorTextField
from minshi.residents.rules import is_registered_age
from minshi.territory.models import Household, Territory

AGES = (
    ("adult", _("已满 18 岁")),
    ("minor", _("14 到 17 岁：可以提议，不参加表决")),
    ("child", _("未满 14 岁")),
)


TOO_YOUNG = _("未满 14 岁不用自己登记，请家里的大人来提；有急事直接找楼栋长或社区")


class BirthMonthField(forms.CharField):
    """2010-05, 2010年5月 or 201005 of a minor; its value is the first day of that month."""

    depends = True
    """Its label says who fills it in; for them it is not optional."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("出生年月（满 18 岁的不用填）"),
            required=False,
            max_length=12,
            help_text=_("例如 2010-05。只用来在满 18 岁时让您能投票，到时候就删掉"),
            **kwargs,
        )
        self.widget.attrs.update({"autocomplete": "off", "inputmode": "numeric"})

    def clean(self, value: Any) -> Any:
        text = unicodedata.normalize("NFKC", super().clean(value) or "")
        if not text.strip():
            return None
        found = re.fullmatch(r"\s*((?:19|20)[0-9]{2})\s*[-/.年]?\s*(1[0-2]|0?[1-9])\s*月?\s*", text)
        if found is None:
            raise forms.ValidationError(_("请写成 2010-05 这样"))
        return date(int(found[1]), int(found[2]), 1)


class JoinForm(forms.Form):
    """我住在这里."""

    household = DoorTextField(label=_("您家的门牌"))
    name = forms.CharField(label=_("您的姓名"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    age = forms.ChoiceField(label=_("您的年龄"), choices=AGES, widget=forms.RadioSelect)
    born = BirthMonthField()
    consent = forms.BooleanField(
        label=_("我知道并同意"),
        help_text=_(
            "姓名、手机号和门牌只用来确认您是这里的住户，公开的地方一律打码；在“我的信息”里随时可以看、带走、更正、注销"
        ),
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
            raise forms.ValidationError(TOO_YOUNG)
        return age

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("age") == "minor" and "born" in data:
            if data["born"] is None:
                self.add_error("born", _("未满 18 岁的请写出生年月"))
            elif not is_registered_age(data["born"]):
                self.add_error("born", TOO_YOUNG)
        return data

    def said(self) -> dict[str, Any]:
        """As the action takes it."""
        data = self.cleaned_data
        is_adult = data["age"] == "adult"
        return {"name": data["name"], "is_adult": is_adult, "born": None if is_adult else data["born"]}


class GoneForm(forms.Form):
    """Somebody else no longer lives there: not undone by a second press."""

    sure = forms.BooleanField(label=_("已经核实，这个人搬走了"), error_messages={"required": _("请勾选确定")})
