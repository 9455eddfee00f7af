"""The workbooks that are handed out: the template to fill, and what became of each row."""

from __future__ import annotations

import io
from collections.abc import Iterable

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from minshi.intake.columns import EARLIEST, LABELS, LATEST, names_of
from minshi.intake.models import IntakeRow, Outcome
from minshi.masking import mask_name, mask_text

ROWS_CHECKED = 40_000
"""Rows of the template whose cells are checked while they are filled."""
EXAMPLES: tuple[dict[str, str], ...] = (
    {
        "yard": "东风巷14号院", "building": "3栋", "unit": "1", "door": "301", "floor": "3", "area": "82.50",
        "owners": "示例甲", "chief": "示例乙", "phone": "13800000000", "since": "2026-01-01", "until": "2029-01-01",
        "basis": "居民推选记录",
    },
    {"yard": "东风巷14号院", "building": "3栋", "unit": "1", "door": "302", "owners": "示例丙、示例丁"},
    {"yard": "东风巷14号院", "building": "4栋", "group": "1", "door": "101", "area": "56", "owners": "示例物业公司"},
)  # fmt: skip
PEOPLE = ("owners", "chief", "phone", "basis")
"""Columns that name somebody."""
NOTES = (
    gettext_lazy("一户一行。没有的可以空着；“小区或院落”和“门牌”每行都要写。"),
    gettext_lazy("同一栋楼的楼栋长写在任何一行都行；两位楼栋长共管一栋，姓名、电话各用顿号隔开。"),
    gettext_lazy("产权人几位的用顿号隔开；单位写全称。不要写身份证号，写了也不会收。"),
    gettext_lazy("已经登记过的户再交一次，只改写了的那几格；空着的不动。"),
)


def template() -> bytes:
    """The workbook to fill: heads, cells that check what is typed, and a second sheet with examples."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    head = book.add_format({"bold": True, "bg_color": "#E8F0EA", "border": 1})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    words = book.add_format({"num_format": "@"})
    names = list(LABELS)
    for title, rows in ((_("户册"), ()), (_("示例"), EXAMPLES)):
        sheet = book.add_worksheet(title)
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(names):
            sheet.set_column(column, column, 16, day if name in ("since", "until") else words)
            needed = name in ("yard", "door")
            sheet.write_string(0, column, f"{'*' if needed else ''}{LABELS[name]}", head)
        for at, row in enumerate(rows, start=1):
            for column, name in enumerate(names):
                sheet.write_string(at, column, row.get(name, ""))
        if not rows:
            _check_cells(sheet, names)
    sheet = book.add_worksheet(_("说明"))
    sheet.set_column(0, 0, 100)
    for at, note in enumerate(NOTES):
        sheet.write_string(at, 0, str(note))
    book.close()
    return out.getvalue()


def _check_cells(sheet: xlsxwriter.worksheet.Worksheet, names: list[str]) -> None:
    def check(name: str, **rule: object) -> None:
        column = names.index(name)
        sheet.data_validation(1, column, ROWS_CHECKED, column, {"ignore_blank": True, **rule})

    check("area", validate="custom", value="=AND(ISNUMBER(VALUE(G2)),VALUE(G2)>0)",
          error_title=_("面积"), error_message=_("写平方米数，例如 82.50"))  # fmt: skip
    check("phone", validate="length", criteria="between", minimum=11, maximum=60,
          error_title=_("手机号"), error_message=_("11 位手机号；两位楼栋长用顿号隔开"))  # fmt: skip
    for name in ("since", "until"):
        check(name, validate="date", criteria="between", minimum=EARLIEST, maximum=LATEST,
              error_title=_("日期"), error_message=_("例如 2026-01-31"))  # fmt: skip


def outcome(rows: Iterable[IntakeRow], *, is_masked: bool = False) -> bytes:
    """The same columns as they were read, each row with what comes of it and why. Every cell is text, also ``=1+1``."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    wrong = book.add_format({"font_color": "#B3261E"})
    head = book.add_format({"bold": True, "bg_color": "#E8F0EA"})
    sheet = book.add_worksheet(_("户册"))
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(LABELS), 14)
    titles = [*map(str, LABELS.values()), _("结果"), _("原因"), _("原来的表"), _("原来的行")]
    for column, title in enumerate(titles):
        sheet.write_string(0, column, title, head)
    for at, row in enumerate(rows, start=1):
        said = (_shown(name, row.line.get(name, ""), is_masked=is_masked) for name in LABELS)
        cells = [*said, str(Outcome(row.outcome).label), row.said, row.sheet, str(row.number)]
        for column, text in enumerate(cells):
            if text:
                sheet.write_string(at, column, text, wrong if row.outcome == Outcome.REFUSE else None)
    book.close()
    return out.getvalue()


def _shown(name: str, text: str, *, is_masked: bool) -> str:
    if not is_masked or not text or name not in PEOPLE:
        return text
    return "、".join(map(mask_name, names_of(text))) if name in ("owners", "chief") else mask_text(text)
