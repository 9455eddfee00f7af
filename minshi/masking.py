"""Public text without the person in it: applied when the text is written, never in a template.

Every function is pure and may be applied twice: what is masked stays as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from itertools import pairwise

_TWO_CHARACTERS = """
欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台
皇甫 宗政 濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘
子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐
段干 百里 呼延 东郭 南门 羊舌 微生 公户 公玉 公仪 梁丘 公仲 公上 公门 公山 公坚
左丘 公伯 西门 公祖 第五 公乘 贯丘 公皙 南荣 东里 东宫 仲长 子书 子桑 即墨 达奚
褚师 纳兰 叶赫 完颜 耶律 爱新 那拉
"""
COMPOUND_SURNAMES = frozenset(_TWO_CHARACTERS.split())
_NAME_DOTS = re.compile(r"[·•・‧∙⋅･.]+")
_ASIDE = re.compile(r"[(\[【〔{<《「].*")


_LONGEST = 200
"""Of a name or number that is compared: one letter may stand for eighteen, so it is bounded first (trust.md, Input)."""

UNSEEN = frozenset({"Cf", "Cc", "Cs"})
"""Categories of characters that join or turn the line around and are not seen."""

BLANKS = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159")
"""What Unicode counts among letters and signs and nobody sees."""


def mask_name(name: str) -> str:
    """李迎新 → 李*新, 李新 → 李*, 欧阳娜娜 → 欧阳*娜, 阿依古丽·买买提 → 阿***·***, John Smith → J*** S****.

    The surname stays, and the last character of a given name of two or more; a name of one
    character, or none at all, is one star. So a whole given name never shows.
    """
    plain = re.sub(r"\d", "*", _ASIDE.sub("", _visible(unicodedata.normalize("NFKC", name[:_LONGEST]))))
    dotted = [part for part in map(_letters, _NAME_DOTS.split(plain)) if part]
    if not dotted:
        return "*"
    if len(dotted) > 1:
        return "·".join([_initial(dotted[0]), *("*" * len(part) for part in dotted[1:])])
    if all(ord(character) < 0x2E80 for character in dotted[0]):
        return " ".join(_initial(word) for word in map(_letters, plain.split()) if word)
    return _mask_chinese(dotted[0])


_BETWEEN_LETTERS = r"[\s·・.,，、_\-－*]{0,2}"


def mask_names(text: str, names: Iterable[str], *, by: str = "") -> str:
    """Without these people's whole names, also where something stands between their characters: 李 迎 新.

    Each becomes its masked form, or ``by``. A name of one character is left: it is a word of every other sentence.
    """
    for name in sorted(set(names), key=len, reverse=True):
        letters = re.sub(r"[\W_]", "", _visible(unicodedata.normalize("NFKC", name[:_LONGEST])))
        if len(letters) < 2:
            continue
        # A Latin name is no part of a longer word.
        edges = (r"(?<![A-Za-z])", r"(?![A-Za-z])") if letters.isascii() else ("", "")
        written = re.compile(_BETWEEN_LETTERS.join(map(re.escape, letters)).join(edges), re.IGNORECASE)
        text = (by or mask_name(name)).join(written.split(text))
    return text


_OF_UNIT = r"([\dA-Za-z一二三四五六七八九十]+)\s*(?:单元|门洞|[\-－—/])"
_LEAST_OF_A_DOOR = 3
"""Digits of a number that is known as a door after 2-: 11-30 is a day."""


def mask_door(text: str, door: str, *, by: str = "") -> str:
    """Without one's own door in the free text: 3栋2单元301, 2-301, 301室, 住301. ``by`` stands there then.

    ``door`` is what its register says (2单元301, 2-301, 301). A bare number that may be a price or a year stays.
    """
    number = re.search(r"(\d[\dA-Za-z]*)\D*$", _ascii_digits(door))
    if number is None:
        return text
    unit = re.search(_OF_UNIT, _ascii_digits(door[: number.start(1)]))
    digits = r"\s?".join(map(_any_script, number[1]))
    # After its unit, after a word that leads to a door (住, 家, 栋), after 2-, or before one that ends it (室, 户).
    ways = [
        rf"(?<=[住在家栋幢座楼元户])\s*{digits}",
        rf"(?<![\dA-Za-z.\-－—]){digits}(?=\s*(?:号?[室房户]|住|家|号(?!楼)))",
    ]
    if unit is not None:
        ways.insert(0, rf"第?{re.escape(unit[1])}\s*(?:单元|门洞|[\-－—/])\s*{digits}")
    elif len(number[1]) >= _LEAST_OF_A_DOOR:
        ways.insert(0, rf"(?<!\d)\d{{1,2}}\s*[\-－—/]\s*{digits}")
    door_of = re.compile(rf"(?:{'|'.join(ways)})(?![\dA-Za-z])(?:\s*号?[室房户])?")
    return door_of.sub(by, text)


def _any_script(digit: str) -> str:
    """３ and 三 are 3."""
    if not digit.isdigit():
        return re.escape(digit)
    said = "".join(sign for sign, value in _SAID_AS.items() if value == int(digit) and not sign.isascii())
    return f"[{digit}{chr(0xFF10 + int(digit))}{said}]"


def _mask_chinese(name: str) -> str:
    if len(name) == 1:
        return "*"
    shown = 2 if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else 1
    given = name[shown:]
    return name[:shown] + ("*" if len(given) == 1 else "*" * (len(given) - 1) + given[-1])


def _initial(word: str) -> str:
    """One letter is a whole name already."""
    return "*" if len(word) == 1 else word[0] + "*" * (len(word) - 1)


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum() or character == "*")


def _visible(text: str) -> str:
    """Without joiners, direction marks, variation selectors: they are counted as letters but not seen."""
    return "".join(
        character
        for character in text
        if character not in BLANKS and unicodedata.category(character) not in {"Cf", "Mn", "Me", "Cc"}
    )


_MOBILE = r"1[3-9]\d"


def mask_phone(phone: str) -> str:
    """138****5678; a landline keeps its area code and last two digits: 0871-*****45."""
    number = re.sub(r"[^\d*]", "", _ascii_digits(unicodedata.normalize("NFKC", phone[:_LONGEST])))
    if not number:
        return ""
    if mobile := re.fullmatch(rf"(?:0?0?86)?({_MOBILE})[\d*]{{4}}(\d{{4}})", number):
        return f"{mobile[1]}****{mobile[2]}"
    area = re.match(r"0(?:10|2\d|[3-9]\d\d)(?=[\d*]{7,8}$)", number)
    if area:
        rest = number[area.end() :]
        return f"{area[0]}-{'*' * (len(rest) - 2)}{rest[-2:]}"
    return "*" * max(len(number) - 2, 4) + (number[-2:] if len(number) > 6 else "")


_DIGITS = r"\d〇零一二三四五六七八九十百两"
_COUNT = rf"[A-Za-z甲乙丙丁东西南北{_DIGITS}]"
_BUILDING = re.compile(rf"{_COUNT}+(?:栋|幢|座|号楼|#楼?|栋楼)|[^\W第{_DIGITS}]楼(?!上|下|顶|道|层)")
_INSIDE = re.compile(rf"第?[\-A-Za-z{_DIGITS}]+(?:单元|层|楼|室|房|户|门)|{_COUNT}+单元")
_YARD = re.compile(r"\d号?(?:大院|院)")
_NUMBER = re.compile(r"\d号")
_ROOM = re.compile(r"[A-Za-z]?\d[\dA-Za-z\-—–_/.#*]*$")


def mask_address(address: str) -> str:
    """To the building: 东风巷14号院2栋1单元301 → 东风巷14号院2栋. Without one, to the yard or house number.

    Always a beginning of what was given, so nothing is shown that was not there.
    """
    plain = re.sub(r"\s", "", _ascii_digits(_visible(address)))
    plain = plain.replace("＃", "#").replace("－", "-")
    inside = _INSIDE.search(plain)
    outside = plain[: inside.start()] if inside else plain
    if building := _BUILDING.search(outside):
        return outside[: building.end()]
    for level in (_YARD, _NUMBER):
        if found := level.search(outside):
            return outside[: found.end()]
    return _ROOM.sub("", outside)


_SPACER = r"[ \u3000\-－—–.·_]?"
_EMAIL = re.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+", re.ASCII)
_IDENTITY = re.compile(
    r"(?<![\dA-Za-z])"
    r"(?:\d{17}[\dXx]|\d{15,19}|\d{6}[ \-]\d{8}[ \-]\d{3}[\dXx]|(?:\d{4} ){3,4}\d{1,7})"
    r"(?![\dA-Za-z])"
)
_LANDLINE_IN_TEXT = re.compile(rf"(?<![\d\-])\(?0\d{{2,3}}\)?{_SPACER}\d{{3,4}}{_SPACER}\d{{4}}(?![\d\-])")


def mask_text(text: str, *, landlines: bool = True) -> str:
    """Free text without mobile numbers, identity or bank card numbers and mail addresses, however they are spelled.

    ``landlines=False`` leaves 0871-… alone: in an office's own text that is where to ring.
    """
    seen = readable(text)
    seen = _hidden(_EMAIL, lambda found: "（邮箱已隐去）", seen)
    seen = _hidden(_IDENTITY, lambda found: "（号码已隐去）", seen)
    seen = _without_mobiles(seen)
    return _hidden(_LANDLINE_IN_TEXT, lambda found: mask_phone(found[0]), seen) if landlines else seen


def _hidden(pattern: re.Pattern[str], by: Callable[[re.Match[str]], str], text: str) -> str:
    """Looked for in any script's digits; what is not hidden stays as it was typed."""
    parts, shown_to = [], 0
    for found in pattern.finditer(_ascii_digits(text)):
        parts += [text[shown_to : found.start()], by(found)]
        shown_to = found.end()
    return "".join([*parts, text[shown_to:]]) if parts else text


_SAID_AS = {
    # How a digit is said or drawn to get past a filter.
    **{
        sign: digit
        for digit, signs in enumerate(
            ("〇零洞○", "一幺壹", "二两贰", "三叁", "四肆", "五伍", "六陆", "七柒拐", "八捌", "九玖勾")
        )
        for sign in signs
    },
    "O": 0,
    "o": 0,
    "l": 1,
    "I": 1,
    "|": 1,
}
_LEAST_DIGITS, _MOST_GROUPS, _MOST_BETWEEN, _MOST_LETTERS = 11, 5, 3, 7
_LISTED = frozenset("、，,;；")


def _without_mobiles(text: str) -> str:
    """Eleven digits in a row that ring a mobile, whatever stands between them: 138-001-38000, 一三八 0013 8000."""
    digits = [(place, digit) for place, sign in enumerate(text) if (digit := _digit(sign)) is not None]
    masked, shown_to, start = [], 0, 0
    while start + _LEAST_DIGITS <= len(digits):
        end = start + _LEAST_DIGITS
        if not _rings_a_mobile(text, digits, start, end):
            start += 1
            continue
        number = "".join(str(digit) for _place, digit in digits[start:end])
        first = _with_country(text, digits, start)
        masked += [text[shown_to : digits[first][0]].removesuffix("+" if first < start else ""), mask_phone(number)]
        shown_to, start = digits[end - 1][0] + 1, end
    return "".join([*masked, text[shown_to:]]) if masked else text


def _digit(sign: str) -> int | None:
    if sign.isascii() and sign.isdigit():
        return int(sign)
    if sign in _SAID_AS:
        return _SAID_AS[sign]
    return unicodedata.digit(sign, None)  # ①, ⁸ and ８


def _rings_a_mobile(text: str, digits: list[tuple[int, int]], start: int, end: int) -> bool:
    """Whether these digits stand together, alone, and in groups as a number is written and no list of numbers."""
    if digits[start][1] != 1 or digits[start + 1][1] < 3:
        return False
    between = [text[left + 1 : right] for (left, _one), (right, _next) in pairwise(digits[start:end])]
    if any(len(gap) > _MOST_BETWEEN or any(sign.isalnum() for sign in gap) for gap in between):
        return False
    gaps = [place for place, gap in enumerate(between, start=1) if gap]
    if _MOST_GROUPS <= len(gaps) < _LEAST_DIGITS - 1:
        return False
    if gaps and gaps[0] != 3 and len(gaps) < _LEAST_DIGITS - 1 and any(_LISTED & set(gap) for gap in between):
        return False
    letters = sum(text[place].isascii() and text[place].isalpha() for place, _digit in digits[start:end])
    # Latin letters are digits only among digits: lOOOOOOOOOO is none.
    return letters <= _MOST_LETTERS and _stands_alone(text, digits, start, end)


def _stands_alone(text: str, digits: list[tuple[int, int]], start: int, end: int) -> bool:
    """No digit touches it: a part of a longer number is none. 86 before it is the country."""
    first, last = digits[_with_country(text, digits, start)][0], digits[end - 1][0]
    return not (text[first - 1 : first].isdigit() or text[last + 1 : last + 2].isdigit())


def _with_country(text: str, digits: list[tuple[int, int]], start: int) -> int:
    """Where the number begins together with its +86 or 0086."""
    for code in ((0, 0, 8, 6), (8, 6)):
        first = start - len(code)
        if first >= 0 and tuple(digit for _place, digit in digits[first:start]) == code:
            gap = text[digits[start - 1][0] + 1 : digits[start][0]]
            if len(gap) <= 1 and digits[start - 1][0] - digits[first][0] == len(code) - 1:
                return first
    return start


def one_line(text: str) -> str:
    """A name or title as it is kept: no invisible characters, full-width letters and digits in their plain form.

    Chinese full-width punctuation and ①② stay: it is how a title is written. Of what nobody sees nothing is left.
    """
    composed = unicodedata.normalize("NFC", _visible(text.replace("\n", " ").replace("\t", " ")))
    return " ".join(_ascii_digits("".join(map(_half_width, composed))).split())


def _half_width(character: str) -> str:
    return chr(ord(character) - 0xFEE0) if "\uff01" <= character <= "\uff5e" and character.isalnum() else character


def seen(text: str) -> str:
    """What is left of a text for somebody to read; empty where only what nobody sees was typed."""
    return readable(text).strip()


def is_seen(text: str) -> bool:
    """Whether a reader sees any sign of it: a letter, a digit, a mark that stands by itself."""
    return any(sign not in BLANKS and unicodedata.category(sign)[0] in "LNPS" for sign in text)


def readable(text: str) -> str:
    """Lines and tabs stay, invisible and direction-changing characters go; all else is as it was typed."""
    return "".join(
        character
        for character in text
        if character in "\n\t" or (character not in BLANKS and unicodedata.category(character) not in UNSEEN)
    )


def _ascii_digits(text: str) -> str:
    """１３８ and ١٣٨ are 138: any script's digits can be dialled."""
    return "".join(
        str(unicodedata.digit(character)) if unicodedata.category(character) == "Nd" else character
        for character in text
    )
