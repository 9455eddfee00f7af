"""The two answers every form has: the page to print, and the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import segno
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from minshi.printing import fonts
from minshi.printing.pdf import as_pdf

KEPT = 600
"""Seconds a file is kept: it takes a third of a second to make."""


def qr_of(address: str) -> SafeString:
    """An inline drawing: nothing to fetch, nothing for the content policy to allow."""
    drawing = segno.make(address, error="m", micro=False).svg_inline(omitsize=True, border=2)
    return mark_safe(drawing)  # noqa: S308  (segno's own squares; the address is not in them as text)


def is_large(request: HttpRequest) -> bool:
    """``?large=1`` asks for letters of 18 points."""
    return request.GET.get("large") == "1"


def as_page(request: HttpRequest, template: str, facts: Mapping[str, Any]) -> HttpResponse:
    """The sheet in the browser, which prints it. ``facts`` has what ``printing/sheet.html`` asks for."""
    larger = {"large_page": _larger(facts["page"]), "large_file": _larger(facts["file"])}
    return render(request, template, {**facts, **larger, "large": is_large(request)})


def _larger(address: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}large=1"


def as_file(
    request: HttpRequest, template: str, facts: Mapping[str, Any], *, name: str, version: object, page: str
) -> HttpResponse:
    """The sheet as a PDF called ``name``, kept for a while under ``version``: whatever the facts change with; without
    one it is kept nowhere, as what has somebody's name and number on it.

    Where the machine cannot make one, leads to the page to print at ``page``.
    """
    large = is_large(request)
    key = f"sheet-{template}-{name}-{version}-{large}"
    made = None if version is None else cache.get(key)
    if made is None:
        made = as_pdf(drawn(template, {**facts, "large": large}))
        if made is None:
            return redirect(_larger(page) if large else page)
        if version is not None:
            cache.set(key, made, KEPT)
    disposition = f'inline; filename="{name}.pdf"'
    return HttpResponse(made, content_type="application/pdf", headers={"Content-Disposition": disposition})


def drawn(template: str, facts: Mapping[str, Any]) -> str:
    """What the PDF is made of. Characters that no font has are named, and the sheet says so at its end."""
    html = render_to_string(template, {**facts, "pdf": True})
    missing = fonts.lacking(html)
    if not missing:
        return html
    return fonts.named(render_to_string(template, {**facts, "pdf": True, "lacking": True}), missing)
