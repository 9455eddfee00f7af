"""A register as offices keep it, read: a title, one row of heads or two, the doors, and a line of totals.

Nothing here knows the database. What cannot be read is said of its row; a column nobody needs is not kept, an ID
number least of all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from minshi.masking import mask_name, mask_text

HEADS: dict[str, tuple[str, ...]] = {
    "yard": ("小区", "院落", "小区名称", "院落名称", "小区院落", "院落小区", "院子", "网格", "居民小组", "小组"),
    "building": ("楼栋", "栋", "幢", "栋号", "幢号", "楼号", "楼栋号", "楼幢", "楼", "座", "楼宇"),
    "group": ("十户", "十户组", "十户名称", "联户组"),
    "unit": ("单元", "单元号", "门洞"),
    "door": ("门牌", "门牌号", "房号", "室号", "房间号", "户号", "房屋号", "室", "房", "房屋地址", "地址", "住址"),
    "floor": ("楼层", "层", "所在层", "所在楼层", "层数"),
    "area": ("面积", "建筑面积", "房屋面积", "产权面积", "住房面积", "房屋建筑面积"),
    "owners": ("产权人", "业主", "业主姓名", "产权人姓名", "房主", "产权单位", "业主名称", "所有权人"),
    "chief": ("楼栋长", "楼栋长姓名", "楼长", "楼长姓名", "十户长", "十户长姓名"),
    "phone": ("楼栋长电话", "楼栋长手机", "楼栋长手机号", "楼栋长联系电话", "楼长电话", "十户长电话", "楼栋长联系方式"),
    "since": ("任期开始", "任期起", "任职起", "任期自", "任职开始", "任职时间", "楼栋长任期开始", "楼栋长任期起"),
    "until": ("任期结束", "任期止", "任期至", "任职止", "任期到", "任期届满", "楼栋长任期结束", "楼栋长任期止"),
    "basis": ("依据", "推选记录", "任命记录", "推选或任命记录", "推选依据", "楼栋长依据"),
}  # fmt: skip
"""What a column is called in the files of offices."""
LABELS = {
    "yard": gettext_lazy("小区或院落"),
    "building": gettext_lazy("楼栋"),
    "group": gettext_lazy("十户组"),
    "unit": gettext_lazy("单元"),
    "door": gettext_lazy("门牌"),
    "floor": gettext_lazy("楼层"),
    "area": gettext_lazy("建筑面积"),
    "owners": gettext_lazy("产权人"),
    "chief": gettext_lazy("楼栋长姓名"),
    "phone": gettext_lazy("楼栋长电话"),
    "since": gettext_lazy("任期开始"),
    "until": gettext_lazy("任期结束"),
    "basis": gettext_lazy("推选或任命记录"),
}
"""What the template calls it, in its order."""
OF_CHIEF = {"姓名": "chief"} | dict.fromkeys(("电话", "联系电话", "手机", "手机号", "联系方式"), "phone")
"""The second row of heads beneath a first that says 楼栋长."""
NEEDED = ("yard", "door")
PASSED_OVER = ("示例", "说明", "填写说明")
"""Sheets of the template that hold no register."""
HEADS_WITHIN = 12
"""Rows in which the heads are looked for."""
TOTALS = re.compile(r"^(合计|总计|小计|共计|总户数|合 计|总 计)")
REMARKS = re.compile(r"^(填表|制表|审核|备注|说明|注[:：]|联系人|填报|负责人|单位[:：]|日期[:：])")
PHONE = re.compile(r"1[3-9][0-9]{9}")
ID_NUMBER = re.compile(r"(?<!\d)(?:(?:\d[ -]?){17}[\dXx]|\d{15})(?!\d)")
"""As 18 signs, or 15 in old files. It is nowhere kept, not even beside the reason for which its row is refused."""
NO_ID_NUMBER = "〔身份证号不收〕"
_BARE_UNIT = re.compile(r"[0-9A-Za-z〇零一二三四五六七八九十甲乙丙丁东西南北]+")
LONGEST_NAME = 40
MOST_AREA = Decimal("99999.99")
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)
LOWEST, HIGHEST = -9, 150
"""Floors."""


class NoRegister(Exception):
    """Why the file is none, as a sentence."""


@dataclass
class Line:
    """One door as the file says it: ``said`` to the letter, the rest as it was read.

    ``area_m2`` in m² with two places; ``wrong`` are sentences on this row.
    """

    number: int
    sheet: str = ""
    said: dict[str, str] = field(default_factory=dict)
    yard: str = ""
    building: str = ""
    group: str = ""
    unit: str = ""
    door: str = ""
    floor: int | None = None
    area_m2: Decimal | None = None
    owners: list[str] = field(default_factory=list)
    chiefs: list[tuple[str, str]] = field(default_factory=list)
    since: date | None = None
    until: date | None = None
    basis: str = ""
    wrong: list[str] = field(default_factory=list)
    is_passed_over: str = ""

    @property
    def address(self) -> str:
        """As it is written on the door: the unit before the number, once."""
        unit = f"{self.unit}单元" if _BARE_UNIT.fullmatch(self.unit) else self.unit
        return self.door if not unit or unit in self.door or "单元" in self.door else f"{unit}{self.door}"


@dataclass
class Table:
    """What was found in a file, and the heads of columns that nothing was made of."""

    lines: list[Line]
    unused: list[str]
    sheets: list[str]


def read(sheets: Iterable[tuple[str, list[tuple[int, list[str]]]]]) -> Table:
    """Every sheet that has heads; raises ``NoRegister`` where none has what a door needs."""
    table, missing = Table([], [], []), [*NEEDED]
    for name, rows in sheets:
        if name in PASSED_OVER:
            continue
        heads, below = _heads(rows)
        lacks = [each for each in NEEDED if each not in heads]
        if lacks:
            missing = min(missing, lacks, key=len)
            continue
        table.sheets.append(name)
        table.unused += [head for head in _unused(rows, below, heads) if head not in table.unused]
        table.lines += [_line(number, name, cells, heads) for number, cells in rows[below:]]
    if not table.sheets:
        raise NoRegister(_no_heads(missing))
    if not any(not line.is_passed_over for line in table.lines):
        raise NoRegister(_("表里只有表头，没有住户。一行写一户"))
    return table


def _no_heads(missing: list[str]) -> str:
    names = "、".join(f"“{LABELS[each]}”" for each in missing)
    return _("没有找到这一列：%(names)s。请照模板的表头写，一行一户") % {"names": names}


# --- Heads -----------------------------------------------------------------------------------------


def head_of(text: str) -> str:
    """What stands in a head, without stars, units and what is said in brackets: *面积（㎡） → 面积."""
    plain = unicodedata.normalize("NFKC", text)
    return re.sub(r"\(.*?\)|\[.*?\]|[\s*:、/_\-]", "", plain)


_KNOWN = {head: name for name, heads in HEADS.items() for head in (*heads, str(LABELS[name]))}


def _named(above: str, head: str) -> str:
    """The column that is meant, by its own head, the one above, or both."""
    above, head = head_of(above), head_of(head)
    if head in OF_CHIEF and above in HEADS["chief"]:
        return OF_CHIEF[head]
    for words in (f"{above}{head}" if above != head else head, head, above if not head else ""):
        if words in _KNOWN:
            return _KNOWN[words]
    return ""


def _heads(rows: list[tuple[int, list[str]]]) -> tuple[dict[str, int], int]:
    """Column → where it stands, and how many rows go before the first door."""
    best: dict[str, int] = {}
    below = 0
    for at in range(min(HEADS_WITHIN, len(rows))):
        for height in (1, 2):
            if at + height > len(rows):
                continue
            above = rows[at][1] if height == 2 else []
            found: dict[str, int] = {}
            for column, head in enumerate(_as_wide(rows[at + height - 1][1], above)):
                name = _named(above[column] if column < len(above) else "", head)
                if name and name not in found:
                    found[name] = column
            if len(found) > len(best):
                best, below = found, at + height
    return best, below


def _as_wide(row: list[str], other: list[str]) -> list[str]:
    return [*row, *([""] * (len(other) - len(row)))]


def _unused(rows: list[tuple[int, list[str]]], below: int, heads: dict[str, int]) -> list[str]:
    used = set(heads.values())
    return [head for column, head in enumerate(rows[below - 1][1]) if head and column not in used]


# --- Rows ------------------------------------------------------------------------------------------


def _line(number: int, sheet: str, cells: list[str], heads: dict[str, int]) -> Line:
    cells = [ID_NUMBER.sub(NO_ID_NUMBER, cell) for cell in cells]
    said = {name: cells[column].strip() if column < len(cells) else "" for name, column in heads.items()}
    line = Line(number, sheet)
    first = next((cell.strip() for cell in cells if cell.strip()), "")
    if TOTALS.match(first):
        line.is_passed_over = _("合计行，不登记")
    elif REMARKS.match(first) and not _is_a_door(said.get("door", "")):
        line.is_passed_over = _("说明行，不登记")
    elif [cell.strip() for cell in cells if cell.strip()] == [head for head in said.values() if head] and all(
        _KNOWN.get(head_of(text)) == name for name, text in said.items() if text
    ):
        line.is_passed_over = _("表头，不登记")
    line.said = {name: text for name, text in said.items() if text}
    return line if line.is_passed_over else line_of(number, sheet, line.said)


def line_of(number: int, sheet: str, said: dict[str, str]) -> Line:
    """What a row says, read: the same each time it is asked."""
    line = Line(number, sheet, said)
    for name in ("yard", "building", "group", "unit", "door"):
        setattr(line, name, folded(said.get(name, "")))
    line.basis = said.get("basis", "")[:200]
    for reader in (_read_needed, _read_floor, _read_area, _read_owners, _read_chiefs, _read_term):
        line.wrong += reader(line, said)
    return line


def _is_a_door(text: str) -> bool:
    return bool(re.search(r"[0-9A-Za-z〇零一二三四五六七八九十]", text))


def folded(text: str) -> str:
    """Full-width as plain, no space inside, nothing nobody sees."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in plain if not sign.isspace() and unicodedata.category(sign)[0] != "C")


def _read_needed(line: Line, _said: dict[str, str]) -> Iterator[str]:
    for name in NEEDED:
        if not getattr(line, name):
            yield _("没有写“%(name)s”") % {"name": LABELS[name]}


def _read_floor(line: Line, said: dict[str, str]) -> Iterator[str]:
    text = folded(said.get("floor", ""))
    if not text:
        return
    found = re.fullmatch(r"(?:第)?(-?\d{1,3}|[Bb]\d|负\d)(?:[层楼Ff])?(?:/\d{1,3}[层楼]?)?", text)
    floor = int(re.sub(r"^[Bb负]", "-", found[1])) if found else None
    if floor is None or not LOWEST <= floor <= HIGHEST or floor == 0:
        yield _("楼层“%(text)s”看不出是几层") % {"text": mask_text(text)[:20]}
    else:
        line.floor = floor


def _read_area(line: Line, said: dict[str, str]) -> Iterator[str]:
    text = folded(said.get("area", "")).replace(",", "")
    if not text:
        return
    plain = re.sub(r"(平方米|平米|平方|㎡|m2|M2|m²)$", "", text)
    try:
        area = Decimal(plain) if re.fullmatch(r"\d+(\.\d+)?", plain) else None
    except InvalidOperation:  # pragma: no cover - the pattern lets no such thing through
        area = None
    if area is None or not 0 < area <= MOST_AREA:
        yield _("面积“%(text)s”看不出是多少平方米") % {"text": mask_text(text)[:20]}
    else:
        line.area_m2 = area.quantize(Decimal("0.01"))


def names_of(text: str) -> list[str]:
    names = [each for each in re.split(r"[、,;/\n]+", unicodedata.normalize("NFKC", text)) if each.strip()]
    return [" ".join(each.split()) for each in names]


def _read_owners(line: Line, said: dict[str, str]) -> Iterator[str]:
    for name in names_of(said.get("owners", "")):
        if NO_ID_NUMBER in name:
            yield _("产权人一栏写了身份证号，请去掉，只写姓名")
        elif len(name) > LONGEST_NAME or re.search(r"\d{6}", name):
            yield _("产权人只写姓名或单位名称，几位用顿号隔开；这里写得太长，或者写了号码")
        elif name not in line.owners:
            line.owners.append(name)


def _read_chiefs(line: Line, said: dict[str, str]) -> Iterator[str]:
    """Several share a building: as many numbers as names, in the same order."""
    names = names_of(said.get("chief", ""))
    phones = [re.sub(r"[\s\-]|^\+?86", "", each) for each in names_of(said.get("phone", ""))]
    if not names and not phones:
        return
    if not names:
        yield _("写了楼栋长的电话，没有写姓名")
    elif len(names) != len(phones):
        yield _("每位楼栋长要有自己的手机号：写了 %(names)d 个姓名、%(phones)d 个电话") % {
            "names": len(names),
            "phones": len(phones),
        }
    for name, phone in zip(names, phones, strict=False):
        if not PHONE.fullmatch(phone):
            yield _("楼栋长%(name)s的电话不是 11 位手机号") % {"name": mask_name(name)}
        elif len(name) > LONGEST_NAME or re.search(r"\d", name):
            yield _("楼栋长的姓名不像姓名：太长，或者写了数字")
        else:
            line.chiefs.append((name, phone))


def _read_term(line: Line, said: dict[str, str]) -> Iterator[str]:
    for name in ("since", "until"):
        text = folded(said.get(name, ""))
        if not text:
            continue
        day = day_of(text)
        if day is None:
            yield _("“%(name)s”写的“%(text)s”看不出是哪一天，例如 2026-01-31") % {
                "name": LABELS[name],
                "text": mask_text(text)[:20],
            }
        else:
            setattr(line, name, day)
    if line.since and line.until and line.until <= line.since:
        yield _("任期结束要在任期开始之后")


def day_of(text: str) -> date | None:
    """2026-1-31, 2026/1/31, 2026.1.31, 2026年1月31日, 20260131, and the number Excel keeps for a day."""
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text) or re.fullmatch(
        r"((?:19|20)\d{2})(\d{2})(\d{2})", text
    )
    try:
        if found:
            day = date(int(found[1]), int(found[2]), int(found[3]))
        elif re.fullmatch(r"\d{5}", text):
            day = date(1899, 12, 30) + timedelta(days=int(text))
        else:
            return None
    except ValueError:
        return None
    return day if EARLIEST <= day < LATEST else None
