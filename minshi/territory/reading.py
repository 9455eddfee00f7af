"""A door as people write it (1单元301, 1-301, 一单元 三〇一室), read into building, unit and number.

Two spellings of one door are one reading, so the register can hold it once. What is no door is refused with the reason:
a pasted row with a name or a telephone would be shown to everybody who looks for their own door.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext as _

_SIGNS = ("〇零", "一", "二两", "三", "四", "五", "六", "七", "八", "九")
_DIGIT = {sign: value for value, signs in enumerate(_SIGNS) for sign in signs}
_NUMERAL = re.compile(r"[〇零一二两三四五六七八九十百]+")
_DASH = re.compile(r"[-‐‑‒–—―−_/.·]+")
_BUILDING = re.compile(r"号楼|[栋幢]楼?|座|#楼?")
_UNIT = re.compile(r"单元|门洞")
_FLOOR = re.compile(r"[楼层]")
_ROOM = re.compile(r"号房?|[室户房]")
_LANE = re.compile(r"^[^\W\d]{1,12}?(?:巷|路|街|里|弄|村|组|坊|寨)(?=\d+号)|^\d{1,3}组(?=\d)")
_WORD = r"(?:\d{1,3}[A-Z]?|[A-Z]\d{0,2}|[甲乙丙丁戊己庚辛东西南北前后中新老])"
_SIDE = r"[左右东西南北前后中]"
_NUMBER = rf"(?:[A-Z]?\d{{1,5}}(?:[A-Z]|{_SIDE})?(?:r?附\d{{1,3}})?)"
_DOOR = re.compile(
    rf"(?:(?P<building>{_WORD})b-?)?(?:(?P<unit>{_WORD})(?:u-?|-))?(?:(?P<floor>\d{{1,2}})f-?)?(?P<number>{_NUMBER})r?"
    rf"|(?P<building3>{_WORD})b?-(?P<unit3>{_WORD})(?:u-?|-)(?P<number3>{_NUMBER})r?"
    rf"|(?:(?P<building4>{_WORD})b-?)?(?:(?P<unit4>{_WORD})(?:u-?|-))?(?P<number4>\d{{1,2}}f{_SIDE})r?"
)


class NoDoor(ValueError):
    """Why this is no door, in a sentence for whoever typed it."""


@dataclass(frozen=True)
class Door:
    """What was read. ``lane`` is a lane or group of a village, where doors have no building."""

    lane: str
    building: str
    unit: str
    number: str

    @property
    def key(self) -> str:
        """The same for every spelling of one door; unique in its place."""
        return f"{self.lane}{self.building}/{self.unit}/{self.number}"


def plain_numbers(text: str) -> str:
    """Chinese numerals as digits: 十二单元三〇一 → 12单元301."""
    return _NUMERAL.sub(lambda found: _value(found[0]), text)


def _value(numeral: str) -> str:
    if not set(numeral) & set("十百"):
        return "".join(str(_DIGIT[sign]) for sign in numeral)
    total, last = 0, 1 if numeral[0] in "十百" else 0
    for sign in numeral:
        if sign in "十百":
            total, last = total + last * (10 if sign == "十" else 100), 0
        else:
            last = _DIGIT[sign]
    return str(total + last)


def read(text: str, *, within: tuple[str, ...] = ()) -> Door:
    """The door that was written; raises ``NoDoor``.

    ``within`` names the places it stands in, from the yard down to the building (东风巷14号院, 2栋): what repeats them
    is taken away, another building than theirs is refused.
    """
    if why := _why_more_than_a_door(text):
        raise NoDoor(why)
    plain, building = _below(re.sub(r"\s", "", _folded(text)), within)
    plain = plain_numbers(plain)
    lane = found[0] if (found := _LANE.match(plain)) else ""
    for sign, words in (("b", _BUILDING), ("u", _UNIT), ("f", _FLOOR), ("r", _ROOM)):
        plain = words.sub(sign, plain)
    match = _DOOR.fullmatch(_DASH.sub("-", plain[len(lane) :]).strip("-"))
    if match is None:
        raise NoDoor(_("看不出是哪一户，请写成 1单元301、1-301 或 12号"))
    part = match.groupdict(default="")
    door = Door(
        lane=_trimmed(lane),
        building=_trimmed(part["building"] + part["building3"] + part["building4"]),
        unit=_trimmed(part["unit"] + part["unit3"] + part["unit4"]),
        number=_number(part["floor"], part["number"] + part["number3"] + part["number4"]),
    )
    return _inside(door, building)


def _why_more_than_a_door(text: str) -> str:
    """A pasted row: the door and then a name or a telephone."""
    plain = _folded(text).strip()
    if re.search(r"[\t\n\r,;、|]", plain):
        return _("一行只写一户的门牌，不要带姓名、电话")
    if re.search(r"\d{7}", re.sub(r"\W", "", plain)):
        return _("里面像是有电话号码；只写门牌，姓名和电话不要写在这里")
    return ""


def _folded(text: str) -> str:
    """Full-width forms and lower case as one; a tab or a line's end stays what it is."""
    return unicodedata.normalize("NFKC", text[:200]).upper()


def _below(plain: str, within: tuple[str, ...]) -> tuple[str, str]:
    """Without the names of the places it stands in; and the building it stands in, as it is read."""
    names = [re.sub(r"\s", "", _folded(name)) for name in within]
    for name in names:
        if name and plain.startswith(name) and len(plain) > len(name):
            plain = plain[len(name) :]
    return plain, building_of(names[-1]) if names else ""


def building_of(name: str) -> str:
    """A building's name as it is read in an address: 二栋 → 2; empty for what is called otherwise."""
    plain = plain_numbers(re.sub(r"\s", "", _folded(name)))
    found = re.fullmatch(rf"({_WORD})(?:{_BUILDING.pattern})", plain)
    return _trimmed(found[1]) if found else ""


def _inside(door: Door, building: str) -> Door:
    """As it stands in its building: that is not said twice, and no other one is."""
    if not door.building or not building:
        return door
    if door.building != building:
        raise NoDoor(_("写的是 %(said)s 栋，这里是 %(here)s 栋") % {"said": door.building, "here": building})
    return Door(door.lane, "", door.unit, door.number)


def _trimmed(word: str) -> str:
    """01 is 1."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", word)


def _number(floor: str, number: str) -> str:
    """3楼301 is 301; 3楼1号 is neither 1 nor 301."""
    number = _trimmed(re.sub(r"[rf]", "", number))
    floor = _trimmed(floor)
    return number if not floor or (number.startswith(floor) and len(number) > len(floor) + 1) else f"{floor}F{number}"
