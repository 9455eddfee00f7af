"""Template libraries: none stands in for another unnoticed."""

from __future__ import annotations

from django.core.checks.templates import check_templates

ON_PURPOSE = {"i18n"}


def test_no_library_but_i18n_stands_in_for_another() -> None:
    found = [warning for warning in check_templates(None) if warning.id == "templates.W003"]
    assert {str(warning.msg).split("'")[1] for warning in found} == ON_PURPOSE
