"""What is asked of somebody about themselves."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class NameForm(forms.Form):
    name = forms.CharField(label=_("姓名应该是"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "name"}))


class SureForm(forms.Form):
    """A thing that is not undone by a second press."""

    sure = forms.BooleanField(label=_("我看清楚了，确定"), error_messages={"required": _("请勾选确定")})
