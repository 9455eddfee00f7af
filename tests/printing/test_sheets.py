"""A printed sheet: issuer, date, seal and code stand beside the text they close, whatever its length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import RequestFactory

from minshi.disclosure.models import Kind
from minshi.printing import sheets
from minshi.printing.pdf import laid_out
from tests.printing.conftest import TEXTS, Drawn

pytestmark = pytest.mark.django_db

SIZES = pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])


@pytest.fixture(autouse=True)
def _with_pango() -> None:
    try:
        import weasyprint  # noqa: F401, PLC0415  (it may be missing)
    except (ImportError, OSError):
        pytest.skip("no pango here")


def _pieces(box: Any, within: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """(classes and tags it stands in, text) of each piece of text on a page."""
    element = getattr(box, "element", None)
    if element is not None:
        within = (*within, box.element_tag, *(element.get("class") or "").split())
    if getattr(box, "text", "").strip():
        yield within, box.text
    for child in getattr(box, "children", ()):
        yield from _pieces(child, within)


BESIDES = {"close", "head", "posted", "small", "h1"}


def _pages(html: str) -> list[list[tuple[tuple[str, ...], str]]]:
    document = laid_out(html)
    assert document is not None
    return [list(_pieces(page._page_box)) for page in document.pages]


def _assert_sealed_beside_text(html: str) -> int:
    """On the one page with the seal: the issuer's date, what the code is for, and some of what the notice says."""
    pages = _pages(html)
    sealed = [page for page in pages if any("seal" in within for within, _text in page)]
    assert len(sealed) == 1
    said = ["".join(text for within, text in sealed[0] if name in within) for name in ("seal", "qr")]
    assert "2026年11月2日" in said[0] and "（盖章）" in said[0]
    assert "扫码" in said[1]
    body = [text for within, text in sealed[0] if "sheet" in within and not BESIDES & set(within)]
    assert body, "the seal stands alone"
    return len(pages)


@SIZES
@pytest.mark.parametrize("kind", Kind.values)
def test_of_every_kind_the_seal_stands_beside_the_text(drawn: Drawn, kind: str, large: bool) -> None:
    pages = _assert_sealed_beside_text(drawn(kind=kind, large=large, **TEXTS[kind]))
    assert pages <= (2 if large or kind == "selection" else 1)


@SIZES
@pytest.mark.parametrize("rows", [0, 4, 8, 9, 10, 11, 12, 16, 30])
def test_whatever_the_length(drawn: Drawn, rows: int, large: bool) -> None:
    _assert_sealed_beside_text(drawn(large=large, table=[(f"第 {row} 项", "合格") for row in range(rows)]))


@SIZES
@pytest.mark.parametrize("lines", [9, 13, 15, 17, 19, 21, 40])
def test_also_of_a_long_paragraph(drawn: Drawn, lines: int, large: bool) -> None:
    _assert_sealed_beside_text(drawn(large=large, body="院里的事大家商量着办。" * 3 * lines))


def test_tighter_only_where_that_saves_a_page(drawn: Drawn) -> None:
    html = drawn(**TEXTS["initiation"])
    short, long = laid_out(drawn(body="院里的灯修好了。")), laid_out(html)
    assert short is not None and long is not None
    assert len(long.pages) == 1
    assert long.pages[0]._page_box.margin_top < short.pages[0]._page_box.margin_top
    longest = laid_out(drawn(body="院里的事大家商量着办。" * 200))
    assert longest is not None
    assert longest.pages[0]._page_box.margin_top == short.pages[0]._page_box.margin_top


def test_any_template_and_facts_make_a_form(rf: RequestFactory, settings: Any, tmp_path: Any) -> None:
    """Nothing is registered: a template that extends the sheet, and what it is drawn with."""
    page = '{% extends "printing/sheet.html" %}{% block sheet %}<h1>{{ title }}</h1>{% endblock %}'
    (tmp_path / "list.html").write_text(page)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [*settings.TEMPLATES[0]["DIRS"], tmp_path]}]
    address = "https://minshi.example/x/"
    facts = {"title": "签到表", "qr": sheets.qr_of(address), "back": "/x/", "page": "/x/print/", "file": "/x.pdf"}
    shown = sheets.as_page(rf.get("/x/print/?large=1"), "list.html", facts).content.decode()
    assert 'class="large"' in shown and 'href="/x.pdf?large=1"' in shown and "<h1>签到表</h1>" in shown
    made = sheets.as_file(rf.get("/x.pdf"), "list.html", facts, name="x", version=1, page="/x/print/")
    assert made.content.startswith(b"%PDF")
    assert made.headers["Content-Disposition"] == 'inline; filename="x.pdf"'


def test_without_pango_the_page_is_offered_in_the_same_size(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "as_pdf", lambda html: None)
    monkeypatch.setattr(sheets, "drawn", lambda template, facts: "")
    answers = [
        sheets.as_file(rf.get(f"/x.pdf{query}"), "x.html", {}, name=query, version=0, page="/x/print/")
        for query in ("", "?large=1")
    ]
    assert [answer.headers["Location"] for answer in answers] == ["/x/print/", "/x/print/?large=1"]
