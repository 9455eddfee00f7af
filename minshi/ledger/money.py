"""Money between people and the ledger: yuan is what they type and read, exact fen is what is kept."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# [0-9] and not \d: Python's \d also takes ٣ and １. Commas are refused because 1,5 may mean 1.5.
YUAN = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?")


def parse_yuan(text: str) -> int:
    """The fen of an amount somebody typed; ``ValidationError`` with a sentence when it is not one."""
    text = text.strip()
    if not YUAN.fullmatch(text):
        raise ValidationError(
            _("请用数字填写金额（元），最多两位小数，例如 1234.50；不要加逗号、单位或正负号。"),
            code="not_yuan",
        )
    whole, _point, part = text.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


def yuan(fen: int) -> Decimal:
    """Yuan with exactly two places."""
    return Decimal(fen).scaleb(-2)


def format_yuan(fen: int) -> str:
    """``123400`` fen as ``1,234.00``, for pages and sentences."""
    return f"{yuan(fen):,.2f}"


class YuanField(forms.Field):
    """An amount typed in yuan; cleans to exact fen. ``min_fen`` and ``max_fen`` are inclusive."""

    def __init__(self, *, min_fen: int | None = None, max_fen: int | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        self.min_fen, self.max_fen = min_fen, max_fen
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values or not str(value).strip():
            return None
        return value if isinstance(value, int) else parse_yuan(str(value))

    def validate(self, value: int | None) -> None:
        super().validate(value)
        if value is None:
            return
        if self.min_fen is not None and value < self.min_fen:
            raise ValidationError(_("金额不能少于 %s 元。") % format_yuan(self.min_fen), code="too_small")
        if self.max_fen is not None and value > self.max_fen:
            raise ValidationError(_("金额不能超过 %s 元。") % format_yuan(self.max_fen), code="too_large")

    def prepare_value(self, value: Any) -> Any:
        """Initial fen are shown as yuan; what somebody typed is shown as they typed it."""
        return str(yuan(value)) if isinstance(value, int) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True
