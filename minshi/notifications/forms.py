"""How somebody wants to be told."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from minshi.notifications.models import Manner

HOURS = [("", _("按我们社区的")), *((hour, _("%(hour)d 点") % {"hour": hour}) for hour in range(24))]
RHYTHMS = (("each", _("每走一步一条")), ("daily", _("每天汇总一条")))
TEXTS = (("yes", _("收短信，也放在本站")), ("no", _("不收短信，只放在本站")))


class MannerForm(forms.Form):
    rhythm = forms.ChoiceField(label=_("我关注的项目和地方"), choices=RHYTHMS)
    texts = forms.ChoiceField(
        label=_("有期限、关系到我自己的事"),
        choices=TEXTS,
        help_text=_("不收短信的，投票、打分、更正的期限要自己来看；验证码和账号安全的短信照发"),
    )
    quiet_from = forms.TypedChoiceField(
        label=_("短信免打扰从几点起"), choices=HOURS, coerce=int, empty_value=None, required=False
    )
    quiet_until = forms.TypedChoiceField(
        label=_("短信免打扰到几点止"),
        choices=HOURS,
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("这段时间的短信，过后再发"),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        begins, ends = data.get("quiet_from"), data.get("quiet_until")
        if (begins is None) != (ends is None):
            self.add_error("quiet_until" if ends is None else "quiet_from", _("从几点、到几点要一起选，或者都按社区的"))
        elif begins is not None and begins == ends:
            self.add_error("quiet_until", _("起止不能是同一个钟点；一条短信都不要，请在上面选"))
        return data

    @staticmethod
    def of(manner: Manner) -> dict[str, Any]:
        """What it shows of what holds now."""
        return {
            "rhythm": "daily" if manner.daily else "each",
            "texts": "yes" if manner.texts else "no",
            "quiet_from": manner.quiet_from,
            "quiet_until": manner.quiet_until,
        }
