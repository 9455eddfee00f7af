"""What nobody sees is no text: one check before each text field's own, in every form of the site and of the desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from minshi.masking import is_seen


def seen_first(field: forms.CharField, value: Any) -> None:
    """In place of ``CharField.run_validators``: refuses what holds no visible sign (U+2800, U+3164, joiners alone)."""
    if isinstance(value, str) and value and not is_seen(value):
        raise ValidationError(_("这里只有看不见的字符，请重新填写，或者留空"), code="invisible")
    forms.Field.run_validators(field, value)


def watch() -> None:
    """A method and no validator in a list: it holds for fields that were made before, and for those of libraries."""
    forms.CharField.run_validators = seen_first  # type: ignore[method-assign, assignment]
