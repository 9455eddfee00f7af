"""What nobody sees is no text, and what is missing is said by what one does there: in every form of site and desk."""

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


DEFAULT = forms.Field.default_error_messages["required"]
CHOSEN = (forms.ChoiceField, forms.ModelChoiceField)


def asked_by_kind(field: forms.Field, value: Any) -> None:
    """In place of ``Field.validate``: "fill in" is nothing to do with a row of choices."""
    if value in field.empty_values and field.required:
        said = field.error_messages["required"]
        is_plain = said is DEFAULT and isinstance(field, CHOSEN)
        raise ValidationError(_("请选一项。") if is_plain else said, code="required")


def ticked(field: forms.BooleanField, value: Any) -> None:
    """In place of ``BooleanField.validate``: nor with a box."""
    if not value and field.required:
        said = field.error_messages["required"]
        raise ValidationError(_("请勾选。") if said is DEFAULT else said, code="required")


def watch() -> None:
    """A method and no validator in a list: it holds for fields that were made before, and for those of libraries."""
    forms.CharField.run_validators = seen_first  # type: ignore[method-assign, assignment]
    forms.Field.validate = asked_by_kind  # type: ignore[method-assign, assignment]
    forms.BooleanField.validate = ticked  # type: ignore[method-assign, assignment]
