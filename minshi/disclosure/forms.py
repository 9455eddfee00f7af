"""Objecting for oneself, and writing down what somebody else objects."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from minshi.disclosure.models import Notice, Objection
from minshi.faces.photos import PhotosField, first_of
from minshi.residents.doors import UNKNOWN, DoorTextField, find, signers_of
from minshi.residents.models import Person
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


class WithdrawForm(forms.Form):
    reason = forms.CharField(label=_("为什么撤回"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


def doors_of(notice: Notice) -> QuerySet[Household]:
    """The doors where the notice is posted."""
    return Household.objects.filter(place__path__startswith=notice.place.path, is_active=True)


class DoorForm(forms.Form):
    """Whose objection it is, asked first: the next page then names who may have signed."""

    door = DoorTextField(
        label=_("哪一户"), required=False, help_text=_("例如 301、1-301、1单元301。不知道门牌、不在册的，留空。")
    )

    def __init__(self, *args: Any, notice: Notice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["door"]
        field.doors = doors_of(notice)


class EnteredObjectionForm(ObjectionForm):
    """Made at the desk, on the phone or on paper; the household counts only when it is found in the register."""

    channel = forms.ChoiceField(
        label=_("怎么提出的"),
        choices=[choice for choice in Objection.Channel.choices if choice[0] != Objection.Channel.ONLINE],
        widget=forms.RadioSelect,
    )
    name = forms.CharField(label=_("异议人姓名"), max_length=40, required=False)
    phone = forms.CharField(label=_("联系电话"), max_length=20, required=False)
    door = DoorTextField(required=False, help_text=_("例如 301、1-301、1单元301。不知道门牌、不在册的，不填。"))
    signer = forms.ChoiceField(label=_("提出或者签名的是"), required=False, widget=forms.RadioSelect)
    photos = PhotosField(
        label=_("书面提出的，拍下有签名的整张"),
        required=False,
        most=1,
        help_text=_("另一位要照着照片核对；只有登记、核对、答复的人和签名的人看得到"),
    )

    field_order = ("channel", "door", "signer", "name", "phone", "photos", "facts", "request", "anonymous")

    def __init__(self, *args: Any, notice: Notice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        door: Any = self.fields["door"]
        door.doors = doors_of(notice)
        found = find(str(self["door"].value() or ""), door.doors)
        signer: Any = self.fields["signer"]
        signer.choices, signer.initial = signers_of(found[0] if len(found) == 1 else None), UNKNOWN
        if len(signer.choices) == 1:
            signer.widget = forms.HiddenInput()

    def clean_signer(self) -> Person | None:
        chosen = self.cleaned_data["signer"]
        return Person.objects.get(pk=chosen) if chosen else None

    def as_arguments(self) -> dict[str, Any]:
        """For ``actions.object_to``."""
        given = dict(self.cleaned_data)
        return given | {"household": given.pop("door"), "photo": first_of(given.pop("photos"))}


class SheetForm(DoorForm):
    """The second reading of a sheet. It does not show the first."""

    objects = forms.ChoiceField(
        label=_("照片上是对这份公示的异议吗"),
        choices=[("yes", _("是")), ("no", _("不是，或者看不出"))],
        widget=forms.RadioSelect,
    )
    objection = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)

    field_order = ("objects", "door", "objection")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["door"].label = _("照片上写的是哪一户")
        self.fields["door"].help_text = _("例如 301、1-301、1单元301。没有写门牌、或者不是这里的，留空。")


class PostingForm(forms.Form):
    photos = PhotosField(label=_("照片"), most=1)
    where = forms.CharField(label=_("张贴地点"), max_length=80, help_text=_("例如 1号院大门公示栏"))
    taken_down = forms.BooleanField(label=_("这是撤下时拍的"), required=False)
