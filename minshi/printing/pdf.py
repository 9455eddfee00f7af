"""A sheet as a PDF, where the machine can make one."""

from __future__ import annotations

import logging
from typing import Any, NoReturn

from django.contrib.staticfiles import finders

log = logging.getLogger(__name__)
STYLE, TIGHT = "css/sheet.css", "css/tight.css"


def laid_out(html: str) -> Any | None:
    """WeasyPrint's document with its pages, set tighter where that saves one; None without pango or its fonts."""
    try:
        document = _render(html, STYLE)
    except (ImportError, OSError) as problem:
        log.warning("no PDF here: %s", problem)
        return None
    if len(document.pages) == 1:
        return document
    tight = _render(html, STYLE, TIGHT)
    return tight if len(tight.pages) < len(document.pages) else document


def _render(html: str, *styles: str) -> Any:
    import weasyprint  # noqa: PLC0415  (it may be missing, and takes a third of a second)

    sheets = [weasyprint.CSS(filename=finders.find(style), url_fetcher=_fetch_nothing) for style in styles]
    return weasyprint.HTML(string=html, url_fetcher=_fetch_nothing).render(stylesheets=sheets)


def as_pdf(html: str) -> bytes | None:
    """None where the machine cannot make one."""
    document = laid_out(html)
    return None if document is None else bytes(document.write_pdf())


def _fetch_nothing(address: str, *args: Any, **kwargs: Any) -> NoReturn:
    """Text on a sheet must not make the server ask other addresses."""
    raise ValueError(address)
