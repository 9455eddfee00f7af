"""A filtered page and a printed form that are added are walked with everything that can be asked of them."""

from __future__ import annotations

import re
from pathlib import Path

import django_filters
import pytest

from deliberation import urls as _deliberation  # noqa: F401  (every filter is loaded)
from evaluation import urls as _evaluation  # noqa: F401
from funding import urls as _funding  # noqa: F401
from minshi import urls as _minshi  # noqa: F401
from tests.access.addresses import addresses
from tests.access.table import TABLE

ROOT = Path(__file__).parents[2]
ASKED = [set(row.query.split("&")) for row in TABLE if row.query]
OWN_PARAMETERS = {"next", "large"}
"""Of every page and every form, not of one address."""
OF_THE_DESK = {"outcome": "tests/intake/test_rows_shown.py"}
"""Where one is tried that a page of the desk reads: those have no row of their own in the table."""

FILTERS = [each for each in django_filters.FilterSet.__subclasses__() if not each.__module__.startswith("django")]
FORMS = sorted(
    str(file.relative_to(ROOT / "templates"))
    for file in (ROOT / "templates").rglob("*.html")
    if 'extends "printing/sheet.html"' in file.read_text()
)
VIEWS = {
    file: file.read_text()
    for app in ("minshi", "proposals", "deliberation", "funding", "evaluation")
    for file in (ROOT / app).rglob("*.py")
}


def test_there_are_filters_and_forms_to_look_at() -> None:
    assert FILTERS
    assert FORMS


@pytest.mark.parametrize("filtered", FILTERS, ids=lambda each: each.__name__)
def test_one_row_of_the_table_of_access_asks_for_everything_it_filters_by(filtered: type) -> None:
    wanted = set(filtered.base_filters)  # type: ignore[attr-defined]
    assert any(wanted <= asked for asked in ASKED), f"add to `query` in tests/access/table.py: {sorted(wanted)}"


def test_what_a_view_reads_from_its_address_is_in_the_table_of_access() -> None:
    read = {name for text in VIEWS.values() for name in re.findall(r'request\.GET(?:\.get\(|\[)"(\w+)"', text)}
    unasked = read - set().union(*ASKED) - OWN_PARAMETERS - OF_THE_DESK.keys()
    assert not unasked, f"add to `query` in tests/access/table.py: {sorted(unasked)}"


@pytest.mark.parametrize("template", FORMS)
def test_a_form_has_its_page_and_its_file(template: str) -> None:
    for answer in ("as_page", "as_file"):
        assert any(f'{answer}(request, "{template}"' in text for text in VIEWS.values()), f"{answer} {template}"


def test_every_page_to_print_has_its_file_beside_it() -> None:
    names = {name for name, _pattern in addresses()}
    pages = {name.removesuffix("_print") for name in names if name.endswith("_print")}
    files = {name.removesuffix("_pdf") for name in names if name.endswith("_pdf")}
    assert pages == files
