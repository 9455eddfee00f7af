"""What is asked of somebody about themselves."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from minshi.signin.forms import PhoneForm
from minshi.signin.phones import PhoneField


class NameForm(forms.Form):
    name = forms.CharField(label=_("姓名应该是"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "name"}))


class RightForm(forms.Form):
    """个人信息权利申请 (form 37): what no page of one's own does by itself."""

    KINDS = tuple((word, word) for word in (_("查看别的"), _("更正别的"), _("删除"), _("别的")))

    kind = forms.ChoiceField(label=_("要办什么"), choices=KINDS)
    text = forms.CharField(
        label=_("写清楚是哪一样"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("不要写身份证号；社区会答复您，楼栋长看不到"),
    )


class NewNumberForm(PhoneForm):
    """The same field without what is said of a first sign-in."""

    phone = PhoneField(label=_("新手机号"))


class AnswerForm(forms.Form):
    """The answer to whoever asked for another name."""

    VERDICTS = (("yes", _("更正")), ("no", _("不更正")))

    correction = forms.IntegerField(widget=forms.HiddenInput)
    verdict = forms.ChoiceField(choices=VERDICTS, error_messages={"required": _("请选择“更正”或“不更正”")})
    answer = forms.CharField(
        label=_("为什么不更正（更正的不用填）"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("对方会看到"),
    )
    answer.depends = True  # type: ignore[attr-defined]  # its label says who fills it in


class SureForm(forms.Form):
    """A thing that is not undone by a second press."""

    sure = forms.BooleanField(label=_("我看清楚了，确定"), error_messages={"required": _("请勾选确定")})
