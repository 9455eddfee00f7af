"""Several photos in one field, from camera or album. What a photo may be is checked where it is stored."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _


class PhotosInput(forms.FileInput):
    """Drawn by components/photo_input.html as two inputs of one name; both lists arrive together."""

    allow_multiple_selected = True
    use_fieldset = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[UploadedFile]:
        return list(files.getlist(name)) if hasattr(files, "getlist") else list(files.get(name) or [])


class PhotosField(forms.FileField):
    """Cleans to a list of uploaded files, empty when none were chosen."""

    widget = PhotosInput
    default_error_messages = {
        "required": _("请至少放一张照片。"),
        "empty": _("“%(name)s”是空的，没有传完整，请重新拍或者重新选。"),
        "many": _("最多 %(most)d 张照片，您选了 %(count)d 张。"),
        "large": _("“%(name)s”太大，每张不超过 %(most)d MB。"),
    }

    def __init__(self, *, most: int = 6, most_megabytes: int = 25, **kwargs: Any) -> None:
        self.most, self.most_megabytes = most, most_megabytes
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        for photo in data or []:
            if not photo.size:
                raise ValidationError(self.error_messages["empty"], code="empty", params={"name": photo.name})
        photos = [super(PhotosField, self).clean(photo) for photo in data or []]
        if self.required and not photos:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(photos) > self.most:
            raise ValidationError(
                self.error_messages["many"], code="many", params={"most": self.most, "count": len(photos)}
            )
        for photo in photos:
            if photo.size > self.most_megabytes * 1024 * 1024:
                raise ValidationError(
                    self.error_messages["large"],
                    code="large",
                    params={"name": photo.name, "most": self.most_megabytes},
                )
        return photos


def first_of(photos: list[UploadedFile] | None) -> UploadedFile | None:
    """The one photo of a field that takes one."""
    return photos[0] if photos else None
