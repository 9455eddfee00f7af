"""``manage.py check_archives``: is every sealed piece and picture what was sealed? Exit code 1 when not."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from evaluation.models import Archive
from evaluation.selectors import changed_pieces, spoiled_pictures


class Command(BaseCommand):
    help = "把每份档案封存的文件和照片逐一和封存时的校验值核对：缺失的、被改动的都列出来。"

    def handle(self, *args: Any, **options: Any) -> None:
        sealed = Archive.objects.select_related("proposal").order_by("pk")
        wrong = [(each, picture) for each in sealed.iterator() for picture in spoiled_pictures(each.proposal)]
        for each, picture in wrong:
            self.stderr.write(f"{each.proposal.number} {picture.state} {picture.name}（{picture.document}）")
        changed = changed_pieces()
        for number, ordinal in changed:
            self.stderr.write(f"{number} changed {ordinal}（封存的第 {ordinal} 份文件）")
        if wrong or changed:
            sys.exit(1)
        self.stdout.write(f"档案无误：{sealed.count()} 份，照片都和封存时一样。")
