"""What the library shows, as a file: CSV, XLSX or JSON, with what everybody may read and nothing else."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import xlsxwriter
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from minshi.clock import CHINA
from minshi.ledger.money import yuan
from proposals import selectors
from proposals.models import Card
from proposals.views.library import chosen_cards

MOST_ROWS = 5_000
"""Of one file; the file says so where there are more."""

COLUMNS: tuple[tuple[str, Any, Callable[[Card], Any]], ...] = (
    ("number", gettext_lazy("编号"), lambda card: card.number),
    ("title", gettext_lazy("名称"), lambda card: card.title),
    ("place", gettext_lazy("地方"), lambda card: card.place_full_name),
    ("category", gettext_lazy("类别"), lambda card: card.get_category_display()),
    ("kind", gettext_lazy("类型"), lambda card: card.get_kind_display()),
    ("tier", gettext_lazy("级别"), lambda card: card.get_tier_display() if card.tier else ""),
    ("stage", gettext_lazy("阶段"), lambda card: card.get_stage_display()),
    ("submitted", gettext_lazy("提出日期"), lambda card: card.submitted_at.astimezone(CHINA).date().isoformat()),
    ("households", gettext_lazy("受益户"), lambda card: card.households),
    ("cosigns", gettext_lazy("附议户"), lambda card: card.cosigns),
    ("budget", gettext_lazy("预算（元）"), lambda card: float(yuan(card.budget_fen))),
    ("subsidy", gettext_lazy("街道补助（元）"), lambda card: float(yuan(card.subsidy_fen))),
    ("district", gettext_lazy("区级财政（元）"), lambda card: float(yuan(card.district_fen))),
    ("self_raised", gettext_lazy("居民自筹（元）"), lambda card: float(yuan(card.self_raised_fen))),
    ("sponsor", gettext_lazy("单位赞助（元）"), lambda card: float(yuan(card.sponsor_fen))),
    ("spent", gettext_lazy("已支出（元）"), lambda card: float(yuan(card.spent_fen))),
    ("answers", gettext_lazy("评价户"), lambda card: card.rating_answers),
    ("satisfied", gettext_lazy("满意户"), lambda card: card.rating_satisfied),
)

Rows = list[list[Any]]
FORMULAS = "=+-@\t\r＝＋－＠"


def as_text(text: str) -> str:
    """A cell that no spreadsheet takes for a formula, without control characters."""
    plain = "".join(letter for letter in text if unicodedata.category(letter) != "Cc")
    return f"'{plain}" if text[:1] in FORMULAS else plain


@require_safe
def projects_file(request: HttpRequest, form: str) -> HttpResponse:
    """The cards that the page with the same address shows, all its pages."""
    if form not in WRITE:
        raise Http404
    place = selectors.home_place(request.GET.get("place") or None)
    cards = list(chosen_cards(request, place).qs[: MOST_ROWS + 1])
    rows = [[value(card) for _name, _label, value in COLUMNS] for card in cards[:MOST_ROWS]]
    kind, write = WRITE[form]
    response = HttpResponse(write(rows, len(cards) > MOST_ROWS), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="projects.{form}"'
    return response


def _left_off() -> str:
    return _("只有前 %(most)d 个，请把条件再缩小") % {"most": MOST_ROWS}


def _labels() -> list[str]:
    return [str(label) for _name, label, _value in COLUMNS]


def _csv(rows: Rows, more: bool) -> bytes:
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerows(_in_text([_labels(), *rows, *([[_left_off()]] if more else [])]))
    return out.getvalue().encode("utf-8-sig")


def _in_text(rows: Iterable[Sequence[Any]]) -> Iterable[list[Any]]:
    return ([as_text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)


def _xlsx(rows: Rows, more: bool) -> bytes:
    """Every text is text, also ``=1+1``; numbers are numbers."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    sheet = book.add_worksheet(_("项目库"))
    sheet.freeze_panes(1, 0)
    for at, row in enumerate([_labels(), *rows, *([[_left_off()]] if more else [])]):
        for column, cell in enumerate(row):
            write = sheet.write_string if isinstance(cell, str) else sheet.write_number
            write(at, column, cell)
    book.close()
    return out.getvalue()


def _json(rows: Rows, more: bool) -> bytes:
    names = [name for name, _label, _value in COLUMNS]
    told = {"projects": [dict(zip(names, row, strict=True)) for row in rows], "left_off": more}
    return json.dumps(told, ensure_ascii=False).encode()


WRITE: dict[str, tuple[str, Callable[[Rows, bool], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", _csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
    "json": ("application/json", _json),
}
