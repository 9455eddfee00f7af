"""Put a demo back that was replayed before, into an empty database; exit code 1 when it does not hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.replay import restoring
from minshi.servers.dump import beside


class Command(BaseCommand):
    help = "载入随源码带的演示城区：还原、核验（守卫、审计链、账目、照片），时间接着走（只在演示环境）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dump", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.DEMO and settings.CLOCK_MOVABLE):
            raise CommandError("只有演示环境可以载入演示城区")
        if not restoring.is_empty():
            raise CommandError("数据库不是空的")
        dump: Path = options["dump"]
        try:
            restoring.restore(dump, beside(dump), self._report)
        except restoring.Spoiled as spoiled:
            raise CommandError(f"核验没有通过：{spoiled}") from None

    def _report(self, done: int, altogether: int) -> None:
        self.stdout.write(f"{done} / {altogether}")
        self.stdout.flush()
