"""Kunming's divisions as the statistics number them: city, districts, streets, communities."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.lifecycle.action import action
from minshi.masking import one_line
from minshi.refusals import Refused, refuse_if
from minshi.territory.actions import add_levels
from minshi.territory.models import Territory

DIVISIONS = Path(__file__).resolve().parent / "data" / "kunming_divisions.json"

DIGITS = {"city": 4, "district": 6, "street": 9, "community": 12}
"""How many digits of the statistical code name a place of each level; what lies below has no number there."""

NAME_LENGTH = 80
MOST_SAID = 10
"""Of what is wrong in a file: the rest follows from it, or shows the next time."""


def short_name(official: str) -> str:
    """What people say: the place, not its committee (佳园社区居委会 → 佳园社区, 白邑村委会 → 白邑村)."""
    name = re.sub(r"社区居(民委员|委)会$", "社区", official)
    return re.sub(r"村?村(民委员|委)会$", "村", name)


def published(file: Path = DIVISIONS) -> list[tuple[str, str]]:
    """(code, official name) from the city down; places the statistics made up say 虚拟 in their name.

    ``file`` is JSON of the statistics' form, or lines of code and name (CSV). Raises ``Refused``.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Refused(_("读不了 %(file)s：%(why)s") % {"file": file, "why": error.strerror}) from None
    except UnicodeDecodeError:
        raise Refused(_("%(file)s 不是 UTF-8 文字") % {"file": file}) from None
    return _of_json(text) if text.lstrip().startswith("{") else _of_lines(text)


def _of_json(text: str) -> list[tuple[str, str]]:
    try:
        data = json.loads(text)
        rows = [data["city"], *data.get("districts", ()), *data.get("streets", ()), *data.get("communities", ())]
        return [(str(code), str(name)) for code, name in rows]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Refused(_("这个 JSON 要有 city、districts、streets、communities，每项是 [代码, 名称]")) from None


def _of_lines(text: str) -> list[tuple[str, str]]:
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(text.splitlines()) if any(row)]
    except csv.Error:
        raise Refused(_("看不懂这个文件：每行写“代码,名称”")) from None
    if rows and not rows[0][0].isdecimal():
        rows = rows[1:]  # the heads of the columns
    short = next((row for row in rows if len(row) < 2), None)
    if short is not None:
        raise Refused(_("“%(line)s”这一行要有代码和名称，用逗号隔开") % {"line": short[0][:40]})
    return [(row[0], row[1]) for row in rows]


def _why_not(rows: list[tuple[str, str]], known: Iterable[str]) -> list[str]:
    """What is wrong with a file, each place once: a wrong code, no name, named twice, nowhere to stand."""
    lengths = list(DIGITS.values())
    wrong, codes = [], {code for code, _name in rows} | set(known)
    seen: set[str] = set()
    for code, name in rows:
        if len(code) not in lengths or not (code.isascii() and code.isdigit()):
            wrong.append(_("“%(code)s”不是 4、6、9 或 12 位的区划代码") % {"code": code[:20]})
        elif not one_line(name) or len(name) > NAME_LENGTH:
            wrong.append(_("%(code)s 没有名称，或名称太长") % {"code": code})
        elif code in seen:
            wrong.append(_("%(code)s 写了两次") % {"code": code})
        elif len(code) > lengths[0] and code[: lengths[lengths.index(len(code)) - 1]] not in codes:
            wrong.append(_("%(code)s %(name)s 的上一级不在文件里，也没有载入过") % {"code": code, "name": name})
        seen.add(code)
    return wrong if rows else [_("文件里没有地方")]


@action
def load(rows: list[tuple[str, str]], *, by: User | None) -> int:
    """Add the places that are not there yet, and all levels; returns how many. What is there stays as it is.

    All of the rows or none: raises ``Refused`` with what is wrong in them.
    """
    add_levels(by=by)
    level_of = {digits: code for code, digits in DIGITS.items()}
    lengths = list(DIGITS.values())
    above = dict(zip(lengths, [0, *lengths[:-1]], strict=True))
    known = {place.code: place for place in Territory.objects.filter(level_id__in=level_of.values())}
    refuse_if(_why_not(rows, known)[:MOST_SAID])
    added = 0
    for digits, group in groupby(sorted(rows, key=_digits), key=_digits):
        new = [
            _place(code, official, level_of[digits], known[code[: above[digits]]] if above[digits] else None)
            for code, official in group
            if code not in known
        ]
        known.update((place.code, place) for place in Territory.objects.bulk_create(new))
        added += len(new)
    return added


def _digits(row: tuple[str, str]) -> int:
    return len(row[0])


def _place(code: str, official: str, level: str, parent: Territory | None) -> Territory:
    name = short_name(official)
    return Territory(
        code=code,
        name=name,
        official_name=official,
        level_id=level,
        parent=parent,
        path=f"{parent.path if parent else ''}{code}/",
        full_name=f"{parent.full_name if parent else ''}{name}",
    )
