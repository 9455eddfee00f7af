"""What offices keep as a register is read as they mean it, and what is none is refused with a sentence."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from minshi.intake import books, columns, sheets
from minshi.intake.columns import Line, NoRegister
from minshi.refusals import Refused
from tests.intake.files import HEADS, book, text


def lines(content: bytes) -> list[Line]:
    return columns.read(sheets.opened(content)).lines


def doors(content: bytes) -> list[str]:
    return [line.address for line in lines(content) if not line.is_passed_over and not line.wrong]


def test_a_title_two_rows_of_heads_and_a_total_are_no_doors() -> None:
    content = book(
        [
            ("东风社区住户名册（2026年）",),
            ("小区", "楼栋", "门牌", "楼栋长", "", "任期起"),
            ("", "", "", "姓名", "联系电话", ""),
            ("东风巷14号院", "3栋", "1单元301", "示例甲", 13800000001, "2026-01-01"),
            ("合计", "", 1),
            ("填表人：示例乙",),
        ],
        merged=[(1, 3, 1, 4, "楼栋长")],
    )
    first, total, note = lines(content)
    assert (first.address, first.chiefs, first.since) == (
        "1单元301",
        [("示例甲", "13800000001")],
        date(2026, 1, 1),
    )
    assert (total.is_passed_over, note.is_passed_over) == ("合计行，不登记", "说明行，不登记")


def test_a_building_merged_over_its_doors_is_said_of_each() -> None:
    content = book([HEADS, ("院", "", 1, 101, 50), ("院", "", 1, 102, 50)], merged=[(1, 1, 2, 1, "3栋")])
    assert [line.building for line in lines(content)] == ["3栋", "3栋"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_a_text_file_is_read_however_the_office_saved_it(encoding: str) -> None:
    assert doors(text([HEADS, ("东风巷14号院", "3栋", "1", "301", "82.5")], encoding)) == ["1单元301"]


def test_numbers_full_width_digits_and_dates_mean_what_they_mean() -> None:
    head = (*HEADS, "任期起", "任期止", "楼层", "楼栋长", "楼栋长电话")
    row = ("院", 3.0, 1.0, 101.0, "８２．５平方米", "2026年1月31日", 47484, "3层", "示例甲", "１３８ 0000-0001")
    (line,) = lines(book([head, row]))
    assert (line.building, line.address, line.area_m2, line.floor) == ("3", "1单元101", Decimal("82.50"), 3)
    assert (line.since, line.until, line.chiefs) == (date(2026, 1, 31), date(2030, 1, 1), [("示例甲", "13800000001")])


def test_what_cannot_be_read_is_said_of_its_row() -> None:
    head = (*HEADS, "任期起", "楼栋长", "楼栋长电话", "产权人")
    (line,) = lines(book([head, ("", "3栋", 1, 101, "很大", "明年", "示例甲", "12345", "530102199001011234")]))
    assert line.wrong == [
        "没有写“小区或院落”",
        "面积“很大”看不出是多少平方米",
        "产权人一栏写了身份证号，请去掉，只写姓名",
        "楼栋长示*甲的电话不是 11 位手机号",
        "“任期开始”写的“明年”看不出是哪一天，例如 2026-01-31",
    ]


@pytest.mark.parametrize(
    "number", ["53010219900101123X", "530102900101123", "５３０１０２１９９００１０１１２３４", "530102 19900101 1234"]
)
def test_an_id_number_is_kept_nowhere(number: str) -> None:
    head, row = (*HEADS, "身份证号", "产权人"), ("院", "3栋", 1, 101, 50, number, f"示例甲{number}")
    table = columns.read(sheets.opened(text([head, row])))
    assert "0102" not in unicodedata.normalize("NFKC", str(table.lines)) and table.unused == ["身份证号"]
    assert table.lines[0].wrong == ["产权人一栏写了身份证号，请去掉，只写姓名"]


def test_what_nobody_sees_is_not_kept() -> None:
    (line,) = lines(text([HEADS, ("金沙\u200b小区\x07", "3栋", 1, "1\u202e01", 50)]))
    assert (line.said["yard"], line.said["door"]) == ("金沙小区", "101")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (text([("姓名", "电话"), ("示例甲", "1")]), "没有找到这一列：“小区或院落”、“门牌”"),
        (text([HEADS]), "只有表头"),
        (text([("小区", "楼栋"), ("院", "3栋")]), "没有找到这一列：“门牌”"),
    ],
)
def test_a_file_without_the_columns_is_told_which_are_missing(content: bytes, why: str) -> None:
    with pytest.raises(NoRegister, match=why):
        lines(content)


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


def workbook(sheet: bytes) -> bytes:
    """The smallest that is one, around a sheet written by hand."""
    main = b"http://schemas.openxmlformats.org/"
    kind = b'Type="' + main + b"officeDocument/2006/relationships/"
    relations = b'<Relationships xmlns="' + main + b'package/2006/relationships"><Relationship Id="r1" '
    return packed(**{
        "[Content_Types].xml": b'<Types xmlns="' + main + b'package/2006/content-types"/>',
        "_rels/.rels": relations + kind + b'officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": relations + kind + b'worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/workbook.xml": b'<workbook xmlns="' + main + b'spreadsheetml/2006/main" xmlns:r="' + main
        + b'officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": b'<worksheet xmlns="' + main + b'spreadsheetml/2006/main"><sheetData>' + sheet
        + b"</sheetData></worksheet>",
    })  # fmt: skip


def row_of(number: int, *cells: str) -> bytes:
    said = "".join(
        f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{cell}</t></is></c>' for at, cell in enumerate(cells)
    )
    return f'<row r="{number}">{said}</row>'.encode()


REGISTER = row_of(1, *HEADS) + row_of(2, "院", "3栋", "1", "101", "50")


def test_forty_megabytes_of_blanks_behind_the_doors_are_no_rows() -> None:
    blanks = b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (at, at) for at in range(3, 1_000_000))
    assert len(blanks) > 40_000_000 and doors(workbook(REGISTER + blanks)) == ["1单元101"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            workbook(REGISTER + b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'),
            "表太大",
        ),
        (workbook(REGISTER + b'<row r="3"><c r="A3"><f>A2&amp;1</f></c></row>'), "公式还没有算出结果"),
        (b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600), "设了密码"),
        (packed(a=b"0" * 400_000_000), "表太大"),
        (b" " * (sheets.MOST_BYTES + 1), "表太大"),
        (packed(a=b"no workbook"), "不是能打开的表格"),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 4000, "不是能打开的表格"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 4000, "不是能打开的表格"),
    ],
    ids=["far corner", "formula", "password", "bomb", "blanks", "other zip", "picture", "broken"],
)
def test_a_hostile_file_is_refused_with_a_sentence(content: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        sheets.opened(content)


def test_the_template_is_read_as_what_it_asks_for_and_its_examples_are_none() -> None:
    with pytest.raises(NoRegister, match="只有表头"):
        lines(books.template())
