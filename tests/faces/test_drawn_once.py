"""What never varies is looked up once: sentences without variables, what a choice is called, a select's options."""

from __future__ import annotations

from functools import partialmethod
from unittest import mock

import pytest
from django import forms
from django.apps import apps
from django.template import engines
from django.utils import translation
from django.utils.translation import trans_real

from proposals.models import Card, Stage

CHOICES = [("", "全部"), ("a", "甲 & 乙"), ("丙组", [("<b>", "丙"), ("d", "丁")])]


def drawn(text: str, **context: object) -> str:
    return engines["django"].from_string("{% load i18n %}" + text).render(context)


def test_a_sentence_without_variables_is_looked_up_once() -> None:
    page = engines["django"].from_string(
        '{% load i18n %}{% for n in "12345" %}{% translate "直接看正文" %}{% endfor %}'
    )
    with mock.patch.object(translation._trans, "gettext", side_effect=trans_real.gettext) as asked:
        assert page.render({}) == page.render({}) == "直接看正文" * 5
    assert asked.call_count == 1


def test_each_language_has_its_own() -> None:
    page = engines["django"].from_string('{% load i18n %}{% translate "Yes" %}')
    assert page.render({}) != "Yes"
    with translation.override("en"):
        assert page.render({}) == "Yes"
    assert page.render({}) != "Yes"


def test_what_is_put_aside_under_a_name_is_found_there() -> None:
    assert drawn('{% translate "全部" as all %}[{{ all }}]') == "[全部]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{% translate word %}", "甲 &lt;乙&gt;"),
        ('{% translate "一" noop %}', "一"),
        ('{% translate "a"|upper %}', "A"),
        ('{% translate "一" context "二" %}', "一"),
    ],
)
def test_what_varies_is_drawn_each_time(text: str, said: str) -> None:
    assert drawn(text, word="甲 <乙>") == said


class Chosen(forms.Form):
    which = forms.ChoiceField(choices=CHOICES, initial="d", required=False)


def test_a_select_reads_as_djangos_own() -> None:
    ours = str(Chosen()["which"])
    with mock.patch.object(Chosen, "default_renderer", forms.renderers.DjangoTemplates()):
        theirs = str(Chosen()["which"])
    assert [line for line in ours.splitlines() if line] == [line for line in theirs.splitlines() if line]
    assert "甲 &amp; 乙" in ours and 'value="&lt;b&gt;"' in ours and 'value="d" selected' in ours


class Written(forms.Form):
    words = forms.CharField(max_length=20, required=False)
    number = forms.IntegerField(min_value=1)
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    hidden = forms.CharField(widget=forms.HiddenInput)
    long = forms.CharField(widget=forms.Textarea(attrs={"rows": 3, "readonly": True, "hidden": False}))


@pytest.mark.parametrize(
    "said", [None, {"words": "<b> & \"'", "number": 0, "day": "x", "hidden": "1", "long": "\n</textarea>"}]
)
def test_a_control_reads_as_djangos_own(said: dict[str, object] | None) -> None:
    ours = [str(bound) for bound in Written(said)]
    with mock.patch.object(Written, "default_renderer", forms.renderers.DjangoTemplates()):
        assert ours == [str(bound) for bound in Written(said)]


def test_the_name_of_a_choice_asks_for_that_one_alone() -> None:
    card = Card(stage=Stage.VOTING)
    with mock.patch.object(translation._trans, "gettext", side_effect=trans_real.gettext) as asked:
        assert card.get_stage_display() == str(Stage.VOTING.label)
    assert asked.call_count == 2, "once by the page, once by this test"


def test_every_choice_is_called_what_django_calls_it() -> None:
    fields = [
        (model, field)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if field.flatchoices and isinstance(model.__dict__.get(f"get_{field.name}_display"), partialmethod)
    ]
    assert len(fields) > 30
    for model, field in fields:
        for value in [*(value for value, _label in field.flatchoices), None, "no such"]:
            row = model(**{field.attname: value})
            assert getattr(row, f"get_{field.name}_display")() == row._get_FIELD_display(field), (model, field)
