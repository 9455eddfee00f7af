"""A printed sheet, and what makes a form of one."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from minshi.printing import sheets

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _with_pango() -> None:
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError):
        pytest.skip("no pango here")


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
