"""Load Kunming's districts, streets and communities; a second time adds only what is missing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from minshi.territory import divisions


class Command(BaseCommand):
    help = "载入昆明市行政区划（14个区县、150个街道乡镇、1738个社区和村）"

    def handle(self, *args: Any, **options: Any) -> None:
        added = divisions.load(divisions.published(), by=None)
        self.stdout.write(f"新增地方 {added} 个")
