"""No number of the policy is written out in words for people: it is asked, so a place's own rule is what they read."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
COUNTED = "[0-9一二三四五六七八九十两半]"
UNITS = "天内|日内|小时内|分钟内|天后|个?工作日|个月|万?元以下|万?元以上|户以上|户以下|秒后"
WRITTEN = re.compile(rf"(?:(?<![0-9]){COUNTED}{{1,4}} ?(?:{UNITS}))|只能[^，。]{{0,6}}{COUNTED}次")
FIXED = {
    # What domain.md itself fixes, or what is no rule of a place.
    "下一个工作日": "the law of resets: one working day without money (domain.md 6)",
    "只能登记一次": "one voucher is one payment; no rule of a place",
    "只能出现一次": "an account stands once in an entry of the books",
    "只能更正一次": "a household corrects its sheet once (domain.md 5)",
    "12小时内": "how long a fresh code holds (trust.md, Sign-in); no rule of a place",
    "只能再公示一次": "the same content is announced again once (domain.md 4)",
    "只能付一次": "one invoice is one payment; no rule of a place",
    "只能提请一次": "a tier-1 project escalates once while raising (domain.md 4.7)",
    "七天内": "how the desk groups what is due; nothing is decided by it",
}
SKIPPED = ("migrations/", "evaluation/replay/", "templates/components/all.html", "minshi/faces/samples.py")


def lines_for_people() -> list[tuple[str, int, str]]:
    trees = ("minshi", "proposals", "deliberation", "funding", "evaluation", "templates")
    files = [ROOT / "README.md", *(file for tree in trees for file in sorted((ROOT / tree).rglob("*.*")))]
    wanted = [str(file.relative_to(ROOT)) for file in files if file.suffix in (".py", ".html", ".sql", ".md")]
    return [
        (name, number, line)
        for name in wanted
        if not any(part in name for part in SKIPPED)
        for number, line in enumerate((ROOT / name).read_text().splitlines(), start=1)
    ]


def written_out(text: str) -> list[str]:
    for known in FIXED:
        text = text.replace(known, "")
    return [found[0] for found in WRITTEN.finditer(text)]


def test_no_number_of_the_policy_is_written_out() -> None:
    found = {f"{name}:{number}": written_out(line) for name, number, line in lines_for_people()}
    assert {where: words for where, words in found.items() if words} == {}


def test_what_was_written_out_before_is_found() -> None:
    for text in (
        "启用码 3 天内有效",
        "公示七个工作日",
        "登录记录留六个月",
        "30 天后自动清除",
        "只能退一次",
        "5万元以下",
        "20户以上",
    ):
        assert written_out(text), text
    for text in ("{{ days }} 天内", "%(days)d 天内有效", "下一个工作日结束以前", "{review.days} 个工作日"):
        assert written_out(text) == [], text
