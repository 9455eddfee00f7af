"""``manage.py check_ledger``: is every fen where the postings say? Exit code 1 when not."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from minshi.ledger.checks import findings
from minshi.ledger.models import Account, Entry


class Command(BaseCommand):
    help = "由记账逐笔核对账本：每笔分录平衡、余额相符、冲正相抵、保护在位。"

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = list(findings())
        for finding in wrong:
            self.stderr.write(f"{finding.code} {finding.what}")
        if wrong:
            sys.exit(1)
        self.stdout.write(f"账本无误：{Entry.objects.count()} 笔分录，{Account.objects.count()} 个账户。")
