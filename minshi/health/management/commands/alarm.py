"""Try the way that alarms take, before one is needed; the district's lead office does the same at its desk."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from minshi.health import alarms


class Command(BaseCommand):
    help = "试发一次报警（MINSHI_ALARM_WEBHOOK、MINSHI_ALARM_MAIL）。"

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            alarms.send(["这是一次试发，没有出事。"])
        except alarms.NoAlarm as failure:
            raise CommandError(f"没有发出去：{failure}") from None
        self.stdout.write("发出去了，请看是不是有人收到。")
