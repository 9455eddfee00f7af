"""The program that opens an uploaded table, alone in a process of its own (trust.md, Uploads).

It knows no database, no settings and no secret; it takes bytes on its input and writes the cells as JSON to its
output, within the memory and time it binds itself to before it looks at them. ``minshi.intake.sheets`` starts it.
"""

import csv
import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

TOO_LARGE, NO_TABLE, LOCKED, UNSOLVED = 3, 4, 5, 6
"""How it ends when it writes nothing."""
ENCODINGS = ("utf-8-sig", "gb18030")
MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
SEPARATORS = ",\t;，"
LONGEST_CELL = 500
OLE = b"\xd0\xcf\x11\xe0"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""What the container of a workbook with a password holds."""
NO_RESULT = re.compile(rb"<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)(?:<v/>|<v></v>)?</c>")
"""A formula that no program has worked out yet."""
UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Signs that nobody sees, and those that turn the direction of writing."""


class Limits(NamedTuple):
    """Megabytes of memory, seconds of the processor, megabytes a packed file may unpack to, rows and columns, and the
    signs of all cells together."""

    memory: int
    seconds: int
    unpacked: int
    rows: int
    columns: int
    signs: int

    @property
    def words(self) -> list[str]:
        return [str(each) for each in self]


class TooLarge(Exception):
    """More than any register has."""


class NoTable(Exception):
    """Nothing that could be read as a table."""


class Locked(Exception):
    """It wants a password."""


class Unsolved(Exception):
    """It has formulas without a result."""


def bind(limits: Limits) -> None:
    """From here on: no more memory, no more time, no file written, no dump."""
    room = limits.memory * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def opened(content: bytes, limits: Limits) -> list[tuple[str, list[tuple[int, list[str]]]]]:
    """The sheets with their names; of each the rows that are not empty, with the number a person sees beside them."""
    is_book = content.startswith((b"PK", OLE))
    sheets = _of_book(content, limits) if is_book else [("", _of_text(content))]
    found, count, signs = [], 0, 0
    for name, rows in sheets:
        kept = []
        for number, cells in rows:
            row = [text(cell) for cell in cells[: limits.columns]]
            while row and not row[-1]:
                row.pop()
            if row:
                count += 1
                signs += sum(map(len, row))
                kept.append((number, row))
            if count > limits.rows or signs > limits.signs:
                raise TooLarge
        found.append((name, kept))
    return found


Rows = Iterator[tuple[int, list[object]]]


def _of_book(content: bytes, limits: Limits) -> Iterator[tuple[str, Rows]]:
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(each.file_size for each in packed.infolist()) > limits.unpacked * 1024 * 1024:
                raise TooLarge
            if any(NO_RESULT.search(packed.read(each)) for each in packed.infolist() if _is_sheet(each.filename)):
                raise Unsolved
    elif ENCRYPTED in content:
        raise Locked
    # A tenth of a second that only a workbook costs.
    from python_calamine import CalamineWorkbook, PasswordError, SheetVisibleEnum  # noqa: PLC0415

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    except PasswordError:
        raise Locked from None
    for sheet in book.sheets_metadata:
        if sheet.visible == SheetVisibleEnum.Visible:
            yield sheet.name, _of_sheet(book.get_sheet_by_name(sheet.name), limits)


def _is_sheet(name: str) -> bool:
    return name.startswith("xl/worksheets/") and name.endswith(".xml")


def _of_sheet(sheet: object, limits: Limits) -> Rows:
    """Row by row; a merged cell says what it says in each of its rows and columns."""
    merged: dict[tuple[int, int], tuple[int, int]] = {}
    first: dict[tuple[int, int], object] = {}
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():  # type: ignore[attr-defined]
        if right >= limits.columns or bottom - top > limits.rows:
            continue
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                merged[row, column] = (top, left)
    if sheet.height == 0:  # type: ignore[attr-defined]
        return
    aside = (sheet.start or (0, 0))[1]  # type: ignore[attr-defined]
    for row, cells in enumerate(sheet.iter_rows()):  # type: ignore[attr-defined]
        whole = [*([""] * aside), *cells][: limits.columns]
        for column in range(limits.columns):
            corner = merged.get((row, column))
            if corner is None:
                continue
            whole.extend([""] * (column + 1 - len(whole)))
            if corner == (row, column):
                first[corner] = whole[column]
            else:
                whole[column] = first.get(corner, "")
        yield row + 1, whole


def _of_text(content: bytes) -> Rows:
    written = _decoded(content)
    if "\0" in written:
        raise NoTable
    head = written[:4000]
    separator = max(SEPARATORS, key=head.count)
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(written, newline=""), delimiter=separator), start=1):
            yield number, list(cells)
    except csv.Error:
        raise NoTable from None


def _decoded(content: bytes) -> str:
    """As Chinese offices save it: UTF-8, GBK, or what the notepad calls Unicode."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return content.decode(encoding)
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NoTable


def text(cell: object) -> str:
    """A cell as people see it: 101.0 is 101, a day is 2026-01-31."""
    if cell is None or isinstance(cell, bool):
        return {None: "", True: "是", False: "否"}[cell]
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(round(cell, 6))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, (date, time, timedelta)):
        return str(cell)
    return " ".join(UNSEEN.sub("", str(cell)[:LONGEST_CELL]).split())


def main(words: list[str]) -> int:
    limits = Limits(*map(int, words))
    bind(limits)
    try:
        sys.stdout.buffer.write(json.dumps(opened(sys.stdin.buffer.read(), limits), ensure_ascii=False).encode())
    except (TooLarge, MemoryError):
        return TOO_LARGE
    except Locked:
        return LOCKED
    except Unsolved:
        return UNSOLVED
    except Exception:  # whatever a library makes of a broken or hostile file: it is no table
        return NO_TABLE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
