"""Phone numbers and codes as people write them."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MOBILE = re.compile(r"1[3-9][0-9]{9}")
CODE = re.compile(r"[0-9]{6}")
COUNTRY = ("+86", "0086")
LONGEST = 40


def _plain(text: str) -> str:
    """Full-width digits made plain; spaces, dashes, dots, brackets and invisible characters dropped."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in folded if sign == "+" or sign.isalnum())


def plain_phone(text: str) -> str:
    """``+86 138-0000-0001`` → ``13800000001``; whatever is no mainland mobile number → ``""``."""
    digits = _plain(text[:LONGEST])
    for prefix in COUNTRY:
        digits = digits.removeprefix(prefix)
    if len(digits) == 13:
        digits = digits.removeprefix("86")
    return digits if MOBILE.fullmatch(digits) else ""


class PhoneField(forms.CharField):
    """Cleans to the eleven digits."""

    widget = forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"})
    default_error_messages = {
        "required": _("请填写手机号。"),
        "invalid": _("请填写中国大陆的11位手机号，例如 138 0000 0001。"),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": _("手机号"), "max_length": 40, **kwargs})

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if not text:
            return ""
        phone = plain_phone(text)
        if not phone:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return phone


class CodeField(forms.CharField):
    """Cleans to six ASCII digits."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"})
    default_error_messages = {"required": _("请填写验证码。"), "invalid": _("验证码是6位数字。")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": _("验证码"), "max_length": 20, **kwargs})

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if not text:
            return ""
        code = _plain(text[:LONGEST])
        if not CODE.fullmatch(code):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return code
