"""``manage.py growth``: what the data take of the disk, by the rule they are kept by, and what the chain will take."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from minshi.health.actions import kept
from minshi.health.selectors import Taken, taken

MB, KB = 1024 * 1024, 1024
YEARS = 15
"""For which changes are kept at the least (domain.md 9)."""
NAMES = {
    "purged": "到期就删",
    "purged_by": "到期就删（有自己的任务）",
    "bounded": "不会多",
    "audit": "审计链（至少十五年，不拆）",
    "people": "人和住处",
    "rules": "参数",
    "votes": "表决",
    "notices": "公示和办理记录",
    "projects": "项目",
    "money": "账目",
    "results": "评议和归档",
}


class Command(BaseCommand):
    help = "各类数据占多少磁盘、按什么规则留存；审计链每位居民每年要多少"

    def handle(self, *args: Any, **options: Any) -> None:
        found = taken()
        of_rules = by_rule(found.bytes)
        for name, size in sorted(of_rules.items(), key=lambda each: -each[1]):
            each = f"，每位居民 {size / KB / found.residents:.1f} KB" if found.residents else ""
            self.stdout.write(f"{NAMES.get(name, name)}：{size / MB:.1f} MB{each}")
        self.stdout.write(f"合计：{sum(of_rules.values()) / MB:.1f} MB，{found.residents} 位居民")
        for line in of_the_chain(found, of_rules["audit"]):
            self.stdout.write(line)


def by_rule(sizes: dict[str, int]) -> dict[str, int]:
    """Rule → bytes of the tables that it is the rule of."""
    rules = kept()
    tables = {name: list(rules[name]) for name in ("purged", "purged_by", "bounded")}
    tables |= {name: said.split() for name, said in rules["law"].items()}
    return {name: sum(sizes.get(table, 0) for table in found) for name, found in tables.items()}


def of_the_chain(found: Taken, size: int) -> list[str]:
    if not found.changes:
        return []
    each = size / found.changes
    lines = [f"审计链：{found.changes} 次变动，每次 {each:.0f} 字节"]
    if found.days and found.residents:
        a_year = found.of_late / found.days * 365 * each
        lines.append(
            f"最近 {found.days} 天 {found.of_late} 次：每位居民每年 {a_year / KB / found.residents:.1f} KB，"
            f"照这样 {YEARS} 年 {a_year * YEARS / MB:.0f} MB"
        )
    return lines
