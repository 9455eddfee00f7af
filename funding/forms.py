"""What residents and the project group type about money and work."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from minshi.faces.photos import PhotosField
from minshi.ledger.money import YuanField
from proposals.forms import WITH_PEOPLE, AgreedField, PlainField

SUGGESTED_FEN = (5_000, 10_000, 20_000, 50_000)
OTHER = "other"
MOST_FEN = 100_000_00
"""A slip of the finger, not a rule: a household that gives more speaks to the community."""


class PledgeForm(forms.Form):
    """One question: how much, if anything."""

    choice = forms.ChoiceField(
        label=_("您家愿意出多少"),
        choices=[*((str(fen), _("%d 元") % (fen // 100)) for fen in SUGGESTED_FEN), (OTHER, _("别的数目"))],
        widget=forms.RadioSelect,
    )
    amount = YuanField(label=_("别的数目（元）"), required=False, min_fen=1, max_fen=MOST_FEN)
    publishes_name = forms.BooleanField(
        label=_("同意公开我的姓名"), required=False, help_text=_("不勾选就只显示楼栋和隐去的姓名，以后随时可以改")
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen = cleaned.get("choice")
        if chosen == OTHER:
            if cleaned.get("amount") is None and "amount" not in self.errors:
                self.add_error("amount", _("请填写愿意出多少钱"))
            cleaned["fen"] = cleaned.get("amount")
        elif chosen:
            cleaned["fen"] = int(chosen)
        return cleaned


class LogForm(forms.Form):
    """A line of the site log, written on a phone."""

    text = PlainField(label=_("今天做了什么"), rows=3, max_length=1000, help_text=_("例如：立好了灯杆，明天接线"))
    photos = PhotosField(label=_("拍几张现场照片"), required=False, help_text=WITH_PEOPLE)
    shows_people = AgreedField()
    problem = PlainField(
        label=_("遇到什么问题"), max_length=300, required=False, help_text=_("写了会马上告诉街道；没有就不填")
    )


class FinishForm(forms.Form):
    """The work is done: what should be looked at."""

    reason = PlainField(label=_("做完了什么，请大家验收什么"), rows=3, max_length=500)
