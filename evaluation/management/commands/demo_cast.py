"""Who can sign in to the demo as what; printed by ``run.py`` when it has started."""

from __future__ import annotations

from typing import Any
from unicodedata import east_asian_width

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from minshi.signin import demo


class Command(BaseCommand):
    help = "列出演示城区里谁可以用什么身份登录（只在演示环境）"

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("只有演示环境有已知密码的演示人物")
        residents, staff = demo.residents(), demo.staff()
        if not residents and not staff:
            self.stdout.write("还没有演示人物：先运行 manage.py replay")
            return
        self.stdout.write(f"  居民和楼栋长：用手机号登录，验证码看 {settings.SITE_URL}{reverse('demo_codes')}")
        self._table([(one["phone"], one["name"], one["roles"] or f"{one['place']}居民") for one in residents])
        self.stdout.write(f"  工作人员：密码都是 {demo.PASSWORD}，动态验证码也看那一页")
        self._table([(one["username"], one["roles"]) for one in staff])

    def _table(self, rows: list[tuple[str, ...]]) -> None:
        """Columns that stand under each other: a Chinese character is as wide as two letters."""
        widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = [text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)]
            self.stdout.write(f"    {'  '.join(cells).rstrip()}")


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
