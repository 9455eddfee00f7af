"""Fill an empty demo district: real cases and made-up neighbours walk the whole way, with the clock moved."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from evaluation.replay import district
from minshi.notifications.actions import in_the_past


class Command(BaseCommand):
    help = "载入演示城区：真实案例和演示补充走完全程（移动平台时间，只在演示和测试环境）"

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.CLOCK_MOVABLE:
            raise CommandError("这里的平台时间不能移动：只有演示和测试环境可以载入演示城区")
        if district.is_there():
            self.stdout.write("演示城区已经载入过，没有改动。")
            return
        if not district.is_empty():
            raise CommandError(
                "数据库里已有住户或项目，或者上次载入没有走完。请换一个空的数据库（run.py：删掉 var/ 再启动）。"
            )
        start = time.monotonic()
        with in_the_past():
            district.replay(self._report)
        self.stdout.write(f"\r载入完成，用时 {time.monotonic() - start:.0f} 秒。{' ' * 20}")

    def _report(self, done: int, altogether: int) -> None:
        """One line, written anew each time."""
        self.stdout.write(f"\r正在走 {done} / {altogether} 步", ending="")
        self.stdout.flush()
