"""``manage.py check_archives``: is every sealed picture what was sealed? Exit code 1 when not."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from evaluation.models import Archive
from evaluation.selectors import spoiled_pictures


class Command(BaseCommand):
    help = "把每份档案封存的照片逐张和封存时的校验值核对：缺失的、被改动的都列出来。"

    def handle(self, *args: Any, **options: Any) -> None:
        sealed = Archive.objects.select_related("proposal").order_by("pk")
        wrong = [(each, picture) for each in sealed.iterator() for picture in spoiled_pictures(each.proposal)]
        for each, picture in wrong:
            self.stderr.write(f"{each.proposal.number} {picture.state} {picture.name}（{picture.document}）")
        if wrong:
            sys.exit(1)
        self.stdout.write(f"档案无误：{sealed.count()} 份，照片都和封存时一样。")
