"""The table of who is told what, as the apps' own tables say it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from minshi.notifications.table import PLACE, written


class Command(BaseCommand):
    help = "把“谁听到什么”的表写进 docs/told.md；表里的每一行都来自各应用的 told.py。"

    def handle(self, *args: Any, **options: Any) -> None:
        PLACE.write_text(written(), encoding="utf-8")
        self.stdout.write(f"{PLACE.name}\n")
