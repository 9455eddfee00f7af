"""Registers as files, made for the tests."""

from __future__ import annotations

import io
from collections.abc import Sequence

import xlsxwriter

HEADS = ("小区", "楼栋", "单元", "房号", "建筑面积（㎡）")


def book(rows: Sequence[Sequence[object]], *, merged: Sequence[tuple[int, int, int, int, str]] = ()) -> bytes:
    """A workbook of one sheet; ``merged`` are ranges (row, column, row, column) with what they say."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        sheet = made.add_worksheet("户册")
        for top, left, bottom, right, text in merged:
            sheet.merge_range(top, left, bottom, right, text)
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell != "":
                    sheet.write(at, column, cell)
    return out.getvalue()


def text(rows: Sequence[Sequence[object]], encoding: str = "utf-8") -> bytes:
    return "\r\n".join(",".join(map(str, row)) for row in rows).encode(encoding)
