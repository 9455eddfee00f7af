"""``manage.py look``: prove now what is proven each night. Exit code 1 when something is wrong."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from minshi.health import looking


class Command(BaseCommand):
    help = "现在就做每天夜里的核验：守卫、审计链、账目、时钟、封存的照片"

    def handle(self, *args: Any, **options: Any) -> None:
        seen = looking.look()
        if seen is None:
            self.stdout.write("正在核验，请等它做完。")
            return
        for line in seen.found:
            self.stderr.write(line)
        if seen.more:
            self.stderr.write(f"… 另有 {seen.more} 处")
        if seen.found:
            sys.exit(1)
        self.stdout.write("核验无误。")
