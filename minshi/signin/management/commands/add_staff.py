"""The first account of a district: nobody there could open it yet."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from minshi.accounts.models import User
from minshi.clock import today
from minshi.refusals import Refused
from minshi.residents.models import STAFF_ROLES, Role
from minshi.signin import staff
from minshi.territory.models import Territory


class Command(BaseCommand):
    help = "给工作人员开户并打印初始密码；登录名已有时加 --reset 重设密码和动态口令"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="登录名，例如 wangli")
        parser.add_argument("--name", help="姓名")
        parser.add_argument("--role", choices=[role.value for role in STAFF_ROLES], default=Role.DISTRICT_OFFICER.value)
        parser.add_argument("--place", help="地方代码，例如 530103")
        parser.add_argument("--basis", default="", help="任命依据")
        parser.add_argument("--reset", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            password = self._reset(options["username"]) if options["reset"] else self._open(options)
        except Refused as refusal:
            raise CommandError("；".join([*refusal.reasons, *refusal.fields.values()])) from None
        self.stdout.write(f"登录名 {options['username']}，初始密码 {password}，第一次登录时绑定动态口令、换掉密码")

    def _open(self, options: dict[str, Any]) -> str:
        place = Territory.objects.filter(code=options["place"] or "").first()
        if place is None:
            raise CommandError("没有这个地方：先运行 load_divisions，再用 --place 写它的代码，例如 530103")
        _held, password = staff.open_account(
            username=options["username"],
            name=options["name"] or "",
            role=options["role"],
            place=place,
            since=today(),
            basis=options["basis"],
            by=None,
        )
        return password

    def _reset(self, username: str) -> str:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError("没有这个登录名")
        return staff.reset_access(user, by=None)
