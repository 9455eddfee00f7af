"""No text field of any form takes what nobody sees; all forms of the project, collected from its code."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError

from minshi.faces import typed
from minshi.masking import is_seen

OURS = ("minshi", "proposals", "deliberation", "funding", "evaluation")
UNSEEN = ("\u2800", "\u3164", "\u200b", "\u2060\ufeff", "\u115f", "\uffa0", "\u034f", "\ufe0f", "\u202e", "\U000e0041")


def all_forms() -> set[type[forms.BaseForm]]:
    for name in OURS:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if "migrations" not in module.name and not module.name.endswith(("settings", "celery", "asgi", "wsgi")):
                importlib.import_module(module.name)
    found, todo = set(), [forms.BaseForm]
    while todo:
        kind = todo.pop()
        todo += kind.__subclasses__()
        if kind.__module__.split(".")[0] in OURS:
            found.add(kind)
    return found


def text_fields() -> Iterator[tuple[str, forms.CharField]]:
    for form in sorted(all_forms(), key=lambda each: (each.__module__, each.__qualname__)):
        for name, field in getattr(form, "base_fields", {}).items():
            if isinstance(field, forms.CharField):
                yield f"{form.__module__}.{form.__qualname__}.{name}", field


def taken(value: str) -> list[str]:
    """Where the field's value would go on to the action."""
    found = []
    for where, field in text_fields():
        try:
            cleaned: Any = field.clean(value)
        except ValidationError:
            continue
        if cleaned not in field.empty_values:
            found.append(where)
    return found


def test_the_forms_of_the_site_and_of_the_desk_are_collected() -> None:
    names = {where for where, _field in text_fields()}
    assert len(names) > 100
    for part in (
        "minshi.desk.people.ResetAccess.reason",
        "mydata.forms.NameForm.name",
        "funding.deskwork",
        "proposals",
    ):
        assert any(part in name for name in names), part


@pytest.mark.parametrize("value", UNSEEN, ids=lambda text: "-".join(f"{ord(sign):04x}" for sign in text))
def test_no_text_field_takes_what_nobody_sees(value: str) -> None:
    assert not is_seen(value)
    assert taken(value) == []


def test_a_field_made_by_hand_and_an_optional_one_say_so() -> None:
    for field in (forms.CharField(), forms.CharField(required=False), forms.RegexField(".*")):
        with pytest.raises(ValidationError, match="看不见"):
            field.clean("\u2800\u200b")


def test_what_somebody_sees_is_taken() -> None:
    for text in ("楼道灯", "3", "。", "😀", "é", "a\u200b"):
        assert forms.CharField().clean(text) == text
    assert forms.CharField(required=False).clean("") == ""


def test_without_the_check_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: what the test above finds where nothing looks."""
    monkeypatch.setattr(forms.CharField, "run_validators", forms.Field.run_validators)
    assert "minshi.desk.people.ResetAccess.reason" in taken("\u2800")
    monkeypatch.setattr(forms.CharField, "run_validators", typed.seen_first)
    assert taken("\u2800") == []
