"""A path before the site that begins like one of its own: nobody could say whether a proxy had left it on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.urls import URLPattern, URLResolver, get_resolver

from minshi.prefix import prefix


@register()
def prefix_is_no_page(**kwargs: Any) -> list[CheckMessage]:
    first = prefix().strip("/").split("/")[0]
    if first not in {"static", *_first_words(get_resolver().url_patterns)} - {""}:
        return []
    where = f"MINSHI_SITE_URL has the path {prefix()}; the site has pages of its own under /{first}/: take another."
    return [Error(where, id="faces.E001")]


def _first_words(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for each in patterns:
        said = str(each.pattern).lstrip("^")
        if isinstance(each, URLResolver) and not said:
            yield from _first_words(each.url_patterns)
        else:
            yield re.split(r"[/<\\(]", said)[0]
