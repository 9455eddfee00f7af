"""``manage.py check_release``: is the database the one this release makes? Exit code 1 when not."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from minshi.guards import release
from minshi.lifecycle.edges import wrong_edges


class Command(BaseCommand):
    help = "逐项核对数据库里的守卫、函数、约束、权限和办理步骤是否就是这一版的"

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = [f"{each.code} {each.name}" for each in release.differences(connection)]
        with connection.cursor() as cursor:
            wrong += [f"edge-{how} {edge}" for how, edge in wrong_edges(cursor)]
        for line in wrong:
            self.stderr.write(line)
        if wrong:
            sys.exit(1)
        self.stdout.write("数据库和这一版一致。")
