"""What people type about surveys, call-backs and reports."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from evaluation.models import ASPECTS, Rating
from minshi.faces.photos import PhotosField, first_of
from minshi.residents.doors import UNKNOWN, DoorTextField, signers_of
from minshi.residents.models import Person
from minshi.territory.models import Household

LEVEL: dict[str, Any] = {"choices": Rating.choices, "coerce": int, "widget": forms.RadioSelect}


class RatingForm(forms.Form):
    """The answer of one household: how satisfied it is on the whole, and if it likes in parts."""

    level = forms.TypedChoiceField(
        label=_("总的来说，您家满意吗？"), error_messages={"required": _("请选一个评价。")}, **LEVEL
    )
    advice = forms.CharField(
        label=_("有什么建议"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("只有评议截止后回访您家的人看得到；整改的人要您同意才看得到原话"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in ASPECTS.items():
            self.fields[name] = forms.TypedChoiceField(
                label=label,
                required=False,
                coerce=int,
                empty_value=None,
                choices=[("", _("不评")), *Rating.choices],
            )

    def aspect_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ASPECTS]

    def said(self) -> dict[str, Any]:
        """As the actions take it."""
        data = self.cleaned_data
        aspects = {name: data[name] for name in ASPECTS}
        return {"level": data["level"], "advice": data["advice"], "aspects": aspects}


class PaperForm(forms.Form):
    """A sheet as it comes in: only its stub is registered, the envelope stays closed."""

    signer = forms.ChoiceField(label=_("存根上签名的是"), required=False, widget=forms.RadioSelect)
    stubs = PhotosField(
        label=_("拍下存根那半张"), required=False, most=1, help_text=_("门牌和签名在存根上，和打分的分开拍、分开看")
    )
    receipt = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid4)

    def __init__(self, *args: Any, door: Household | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        signer: Any = self.fields["signer"]
        signer.choices, signer.initial = signers_of(door), UNKNOWN

    def clean_receipt(self) -> UUID:
        return self.cleaned_data["receipt"] or uuid4()

    def clean_signer(self) -> Person | None:
        chosen = self.cleaned_data["signer"]
        return Person.objects.get(pk=chosen) if chosen else None

    @property
    def stub(self) -> UploadedFile | None:
        return first_of(self.cleaned_data.get("stubs"))


class OpenedForm(RatingForm):
    """The first reading of an envelope that was opened: the half without the door, photographed."""

    photos = PhotosField(
        label=_("拍下打分的这半张"), required=False, most=1, help_text=_("另一位照着这张照片再读一遍，上面不要有门牌")
    )
    field_order = ("photos", "level", *ASPECTS, "advice")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        level: Any = self.fields["level"]
        level.label, level.error_messages["required"] = _("纸上总的勾的是哪一级"), _("请选择一个评价。")
        self.order_fields(self.field_order)

    @property
    def photo(self) -> UploadedFile | None:
        return first_of(self.cleaned_data.get("photos"))


class CheckForm(RatingForm):
    """The second reading of a sheet, without seeing the first. Advice is not read again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["advice"]
        level: Any = self.fields["level"]
        level.label, level.error_messages["required"] = _("照片上总的勾的是哪一级？"), _("请照着照片选一级。")

    def said(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"level": data["level"], "aspects": {name: data[name] for name in ASPECTS}}


class CorrectionForm(RatingForm):
    """The household's own word on a sheet that somebody entered for it."""

    reason = forms.CharField(label=_("哪里录错了"), max_length=200, help_text=_("写一句就行，例如：我勾的是满意"))


class SecondSheetForm(forms.Form):
    """The stub of a second sheet: who signed it, with the slip number of the first."""

    stubs = PhotosField(label=_("拍下第二张纸的存根"), most=1, help_text=_("存根上要有第一张的回执号和签名"))

    @property
    def stub(self) -> UploadedFile | None:
        return first_of(self.cleaned_data.get("stubs"))


class VoidForm(forms.Form):
    reason = forms.CharField(label=_("为什么撤销"), max_length=200, help_text=_("例如：登记错了门牌；表没有收回"))


class DoorForm(forms.Form):
    """Which door, typed: a list of two hundred is no way to find one on a phone."""

    door = DoorTextField(label=_("哪一户"))

    def __init__(self, *args: Any, doors: QuerySet[Household], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["door"]
        field.doors = doors


class ConfirmForm(forms.Form):
    """The rater's word on what was mended."""

    verdict = forms.ChoiceField(
        label=_("改好了吗？"),
        choices=[("yes", _("改好了，可以了结")), ("no", _("没有改好，请继续整改"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("请选一个。")},
    )
    reason = forms.CharField(
        label=_("没改好的话，还差什么"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
