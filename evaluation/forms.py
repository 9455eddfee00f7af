"""What people type about surveys, call-backs and reports."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from evaluation.models import ASPECTS, Rating
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
        help_text=_("社区看得到，不公开您家是谁"),
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


class DoorField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Household) -> str:
        return f"{obj.place.name} {obj.address}"


class PaperForm(RatingForm):
    """A signed sheet, typed in by somebody who collects them."""

    sheet = forms.ImageField(
        label=_("纸质表的照片"),
        error_messages={"required": _("请拍一张签了名的纸质表。")},
        widget=forms.ClearableFileInput(attrs={"accept": "image/*"}),
    )
    field_order = ("household", "level", *ASPECTS, "advice", "sheet")

    def __init__(self, *args: Any, doors: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["household"] = DoorField(
            label=_("哪一户"), queryset=doors, empty_label=_("请选择"), error_messages={"required": _("请选哪一户。")}
        )
        self.order_fields(self.field_order)


class CheckForm(forms.Form):
    """The second reading of a sheet, without seeing the first."""

    level = forms.TypedChoiceField(
        label=_("照片上勾的是哪一级？"), error_messages={"required": _("请照着照片选一级。")}, **LEVEL
    )


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
