"""Publish a year's holidays from a file in the form of ``minshi/policy/data/calendar.toml``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from minshi.policy import actions, defaults
from minshi.policy.models import CalendarVersion
from minshi.refusals import Refused


class Command(BaseCommand):
    help = "录入国务院办公厅公布的节假日安排，并重新计算暂定的期限"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=defaults.DATA / "calendar.toml")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        loaded = set(CalendarVersion.objects.values_list("source", flat=True))
        for arrangement in defaults.arrangements(file):
            if arrangement.source in loaded:
                continue
            try:
                version = actions.publish_calendar(arrangement, by=None)
            except Refused as refusal:
                raise CommandError(str(refusal)) from refusal
            self.stdout.write(f"已录入第{version.number}版：{version.source}")
        self.stdout.write(f"重新计算后确定的期限：{actions.recompute_provisional(by=None)}")
