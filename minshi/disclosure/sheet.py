"""The A4 sheet's QR code, and the sheet as a PDF where the machine can make one."""

from __future__ import annotations

import logging
from typing import Any, NoReturn

import segno
from django.contrib.staticfiles import finders
from django.utils.safestring import SafeString, mark_safe

log = logging.getLogger(__name__)
STYLE = "css/sheet.css"


def qr_of(address: str) -> SafeString:
    """An inline drawing: nothing to fetch, nothing for the content policy to allow."""
    drawing = segno.make(address, error="m", micro=False).svg_inline(omitsize=True, border=2)
    return mark_safe(drawing)  # noqa: S308  (segno's own squares; the address is not in them as text)


def as_pdf(html: str) -> bytes | None:
    """None where pango or its fonts are missing."""
    try:
        import weasyprint  # noqa: PLC0415  (it may be missing, and takes a third of a second)
    except (ImportError, OSError) as problem:
        log.warning("no PDF here: %s", problem)
        return None
    style = finders.find(STYLE)
    document = weasyprint.HTML(string=html, url_fetcher=_fetch_nothing)
    made: bytes = document.write_pdf(stylesheets=[weasyprint.CSS(filename=style, url_fetcher=_fetch_nothing)])
    return made


def _fetch_nothing(address: str, *args: Any, **kwargs: Any) -> NoReturn:
    """Text on a notice must not make the server ask other addresses."""
    raise ValueError(address)
