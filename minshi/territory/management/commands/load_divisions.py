"""Load the districts, streets and communities of a city; a second time adds only what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from minshi.refusals import Refused
from minshi.territory import divisions


class Command(BaseCommand):
    help = "载入行政区划和各层级；不写文件就载入昆明市（14个区县、150个街道乡镇、1738个社区和村）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file",
            nargs="?",
            type=Path,
            default=divisions.DIVISIONS,
            help="自己的区划：每行“代码,名称”（4、6、9、12 位统计代码）的 CSV，或同样内容的 JSON",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            added = divisions.load(divisions.published(options["file"]), by=None)
        except Refused as refusal:
            raise CommandError("没有载入：" + "；".join(refusal.reasons)) from None
        self.stdout.write(f"新增地方 {added} 个")
