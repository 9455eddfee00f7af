"""Objecting for oneself, and writing down what somebody else objects."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from minshi.disclosure.models import Notice, Objection
from minshi.faces.photos import PhotosField
from minshi.masking import one_line
from minshi.territory.models import Household


class ObjectionForm(forms.Form):
    facts = forms.CharField(
        label=_("哪里不对，为什么"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("请只写这件事。电话、证件号会自动隐去；请不要写别人的姓名和住址。"),
    )
    request = forms.CharField(
        label=_("希望怎么办"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    anonymous = forms.BooleanField(
        label=_("公开时不写我的姓名"), required=False, help_text=_("答复的人知道是谁，别人看到的是“匿名”。")
    )


class EnteredObjectionForm(ObjectionForm):
    """Made at the desk, on the phone or on paper; the household counts only when it is found in the register."""

    channel = forms.ChoiceField(
        label=_("怎么提出的"),
        choices=[choice for choice in Objection.Channel.choices if choice[0] != Objection.Channel.ONLINE],
        widget=forms.RadioSelect,
    )
    name = forms.CharField(label=_("异议人姓名"), max_length=40, required=False)
    phone = forms.CharField(label=_("联系电话"), max_length=20, required=False)
    building = forms.CharField(
        label=_("楼栋"), max_length=80, required=False, help_text=_("例如 1栋。不知道门牌的，楼栋和门牌都不填。")
    )
    door = forms.CharField(label=_("门牌"), max_length=80, required=False, help_text=_("例如 301"))

    field_order = ("channel", "name", "phone", "building", "door", "facts", "request", "anonymous")

    def __init__(self, *args: Any, notice: Notice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.notice = notice

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["household"] = None
        if door := one_line(cleaned.get("door", "")):
            doors = Household.objects.filter(
                address=door, place__path__startswith=self.notice.place.path, is_active=True
            )
            if building := one_line(cleaned.get("building", "")):
                doors = doors.filter(place__name=building)
            found = list(doors.select_related("place")[:2])
            if len(found) == 1:
                cleaned["household"] = found[0]
            else:
                self.add_error("door", _("没有找到这一户。请核对楼栋和门牌；确实不在册的，两处都不填。"))
        return cleaned

    def as_arguments(self) -> dict[str, Any]:
        """For ``actions.object_to``."""
        return {name: entry for name, entry in self.cleaned_data.items() if name not in {"building", "door"}}


class PostingForm(forms.Form):
    photos = PhotosField(label=_("照片"), most=1)
    where = forms.CharField(label=_("张贴地点"), max_length=80, help_text=_("例如 1号院大门公示栏"))
    taken_down = forms.BooleanField(label=_("这是撤下时拍的"), required=False)
