"""The controls of a form as Django draws them, written out: a page's filters cost more than its list otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString


def attributes(given: Mapping[str, Any]) -> SafeString:
    written = (
        f" {conditional_escape(name)}" if value is True else format_html(' {}="{}"', name, str(value))
        for name, value in given.items()
        if value is not False
    )
    return SafeString("".join(written))


def options(groups: Iterable[tuple[str | None, Sequence[Mapping[str, Any]], int]]) -> SafeString:
    """The choices of a select: a list of places has hundreds."""
    written: list[str] = []
    for group, rows, _index in groups:
        drawn = [
            f'\n  <option value="{conditional_escape(str(row["value"]))}"{attributes(row["attrs"])}>'
            f"{conditional_escape(row['label'])}</option>"
            for row in rows
        ]
        written += [format_html('\n  <optgroup label="{}">', group), *drawn, "\n  </optgroup>"] if group else drawn
    return SafeString("".join(written))


def _select(control: Mapping[str, Any]) -> SafeString:
    drawn = attributes(control["attrs"]), options(control["optgroups"])
    return format_html('<select name="{}"{}>{}\n</select>', control["name"], *drawn)


def _input(control: Mapping[str, Any]) -> SafeString:
    value = control["value"]
    said = "" if value is None else format_html(' value="{}"', str(value))
    drawn = control["type"], control["name"], said, attributes(control["attrs"])
    return format_html('<input type="{}" name="{}"{}{}>', *drawn)


def _textarea(control: Mapping[str, Any]) -> SafeString:
    drawn = control["name"], attributes(control["attrs"]), control["value"] or ""
    return format_html('<textarea name="{}"{}>\n{}</textarea>', *drawn)


WRITTEN: dict[str, Callable[[Mapping[str, Any]], SafeString]] = {
    "django/forms/widgets/select.html": _select,
    "django/forms/widgets/textarea.html": _textarea,
    **{
        f"django/forms/widgets/{kind}.html": _input
        for kind in ("input", "text", "number", "email", "hidden", "password", "date", "datetime", "url", "search")
    },
}


class Controls(TemplatesSetting):
    """A template for whatever is not written out."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        draw = WRITTEN.get(template_name)
        return draw(context["widget"]) if draw else super().render(template_name, context, request)
