"""The second word on joining two accounts, where a district has nobody else who could give it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from minshi.refusals import Refused
from minshi.signin import joining
from minshi.signin.models import Joining


class Command(BaseCommand):
    help = "区里没有第二个人可以复核时，复核一份合并账号的申请（区里的工作人员都会知道）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", type=int, help="申请的编号，在工作台那一页的地址里")

    def handle(self, *args: Any, **options: Any) -> None:
        asked = Joining.objects.filter(pk=options["number"]).first()
        if asked is None:
            raise CommandError("没有这份申请")
        try:
            stays = joining.confirm_by_operator(asked)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"已合并，留下的是账号 {stays.pk}")
