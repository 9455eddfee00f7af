"""What people fill in here: one question a page."""

from __future__ import annotations

import re
import unicodedata
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from deliberation.models import Choice
from minshi.faces.photos import PhotosField, first_of
from minshi.residents.doors import UNKNOWN, DoorTextField, signers_of
from minshi.residents.models import Person
from minshi.territory.models import Household


class ChoiceForm(forms.Form):
    """The three answers as big rows. ``receipt`` is made with the page, so that sending it twice is one vote."""

    choice = forms.ChoiceField(
        label=_("请选一项"),
        choices=Choice.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("请先选一项，再交票"), "invalid_choice": _("请先选一项，再交票")},
    )
    receipt = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid4)

    def clean_receipt(self) -> UUID:
        return self.cleaned_data["receipt"] or uuid4()


class VoteForm(ChoiceForm):
    """``motion`` says which question was on the page; who may answer it is asked of the database."""

    motion = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)


class CorrectionForm(ChoiceForm):
    reason = forms.CharField(label=_("哪里录错了"), max_length=200, help_text=_("写一句就行，例如：我勾的是不同意"))


class PaperForm(forms.Form):
    """A sheet as it comes in at the door. With neither photo nor choice only its stub is registered."""

    signer = forms.ChoiceField(label=_("存根上签名的是"), required=False, widget=forms.RadioSelect)
    photos = PhotosField(
        label=_("拍下选票这半张"), required=False, most=1, help_text=_("只有录票、核对的人和这一户自己看得到")
    )
    stubs = PhotosField(
        label=_("拍下存根那半张"), required=False, most=1, help_text=_("门牌和签名在存根上，和选票分开拍、分开看")
    )
    choice = forms.ChoiceField(
        label=_("纸票上勾的是"), choices=Choice.choices, widget=forms.RadioSelect, required=False
    )
    receipt = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid4)

    def __init__(self, *args: Any, door: Household | None, registered: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        signer: Any = self.fields["signer"]
        signer.choices, signer.initial = signers_of(door), UNKNOWN
        if registered:
            del self.fields["signer"], self.fields["stubs"]

    def clean_receipt(self) -> UUID:
        return self.cleaned_data["receipt"] or uuid4()

    def clean_signer(self) -> Person | None:
        chosen = self.cleaned_data["signer"]
        return Person.objects.get(pk=chosen) if chosen else None

    @property
    def photo(self) -> UploadedFile | None:
        return first_of(self.cleaned_data.get("photos"))

    @property
    def stub(self) -> UploadedFile | None:
        return first_of(self.cleaned_data.get("stubs"))


class SecondSheetForm(forms.Form):
    """A household without a phone corrects on paper: the slip is on the second sheet."""

    photos = PhotosField(label=_("拍下第二张纸"), most=1)
    choice = forms.ChoiceField(label=_("第二张纸上勾的是"), choices=Choice.choices, widget=forms.RadioSelect)

    @property
    def photo(self) -> UploadedFile:
        photos: list[UploadedFile] = self.cleaned_data["photos"]
        return photos[0]


class DoorForm(forms.Form):
    """Which door, typed: a list of two hundred is no way to find one on a phone."""

    door = DoorTextField(label=_("哪一户"))

    def __init__(self, *args: Any, doors: QuerySet[Household], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["door"]
        field.doors = doors


class ReadingForm(forms.Form):
    """The second reading. It does not show the first."""

    choice = forms.ChoiceField(
        label=_("照片上勾的是"),
        choices=Choice.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("请按照片上写的选一项"), "invalid_choice": _("请按照片上写的选一项")},
    )
    paper = forms.CharField(widget=forms.HiddenInput, max_length=24)


class VoidForm(forms.Form):
    reason = forms.CharField(
        label=_("为什么撤销"), max_length=200, help_text=_("例如：登记错了门牌；票没有收回。公布结果时会一并说明")
    )


class UnreachableForm(forms.Form):
    note = forms.CharField(
        label=_("什么时候、怎么联系过"), max_length=120, help_text=_("例如：11月5日、6日晚上两次敲门，没有人")
    )


class FindReceiptForm(forms.Form):
    number = forms.CharField(label=_("回执号或编号"), max_length=80)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].widget.attrs.update({"autocomplete": "off", "autocapitalize": "characters"})

    def clean_number(self) -> str:
        """In capitals and plain digits, without the spaces and long dashes people write."""
        plain = unicodedata.normalize("NFKC", self.cleaned_data["number"]).upper()
        dashed: str = re.sub(r"[‐-―−－]", "-", plain)
        return re.sub(r"\s", "", dashed)
