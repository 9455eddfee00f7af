"""Seal the chain now, without the broker."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from minshi.audit import actions


class Command(BaseCommand):
    help = "把已完成的变更记录封入链中"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"封入 {actions.seal()} 条")
