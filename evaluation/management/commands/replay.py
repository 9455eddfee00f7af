"""Fill an empty demo district: real cases and made-up neighbours walk the whole way, with the clock moved."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "载入演示片区：真实案例和演示补充走完全程（移动平台时间，只在演示环境可用）"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("还没有写好")
