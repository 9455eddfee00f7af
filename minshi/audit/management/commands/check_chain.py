"""``manage.py check_chain``: does the chain hold, and is every row what its events say? Exit code 1 when not."""

from __future__ import annotations

import sys
from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from minshi.audit.chain import faults, holds_root
from minshi.audit.models import Link
from minshi.audit.roots import lost

MEANINGS = {
    "event-edited": "变更记录与封存时不符",
    "event-missing": "变更记录被删除",
    "event-added": "变更记录在封存之后被塞入",
    "event-by-another": "部署之外由别的数据库账号写入",
    "link-edited": "链上的散列被改动",
    "link-missing": "链上缺号",
    "root-edited": "每日根与链不符",
    "root-lost": "库外留存的根已经不在链上：链被重建或被截断",
    "root-missing": "缺少每日根",
    "clear-edited": "个人信息原文与摘要不符",
    "trigger-off": "此表的变更没有被记录",
    "row-edited": "此行被绕过记录改动",
    "row-added": "此行被绕过记录添加",
    "row-missing": "此行被绕过记录删除",
}


class Command(BaseCommand):
    help = "从头重算审计链，并逐行核对数据与记录是否一致"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--root", help="打印件上的根（64 位十六进制），核对它是否在链上")

    def handle(self, *args: Any, root: str | None, **options: Any) -> None:
        wrong = 0
        for fault in chain(faults(), lost()):
            wrong += 1
            self.stderr.write(f"{fault.code} {fault.where} {fault.detail}".rstrip() + f"：{MEANINGS[fault.code]}")
        if root and not holds_root(root):
            wrong += 1
            self.stderr.write(f"root-unknown {root}：此根不在链上")
        if wrong:
            sys.exit(1)
        self.stdout.write(f"审计链无误：{Link.objects.count()} 环。")
