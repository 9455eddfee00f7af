"""The first account of a district: nobody there could open it yet."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from minshi.accounts.models import User
from minshi.clock import today
from minshi.refusals import Refused
from minshi.residents.models import STAFF_ROLES, Role
from minshi.signin import staff
from minshi.signin.phones import plain_phone
from minshi.territory.models import Territory


class Command(BaseCommand):
    help = "给工作人员开户并打印启用码；登录名已有时加 --reset 重设密码和动态口令（区里的工作人员都会知道）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="登录名，例如 wangli")
        parser.add_argument("--name", help="姓名")
        parser.add_argument("--phone", default="", help="本人手机号，启用码发到那里；没有接短信网关时显示在屏幕上")
        parser.add_argument("--role", choices=[role.value for role in STAFF_ROLES], default=Role.DISTRICT_OFFICER.value)
        parser.add_argument("--place", help="地方代码，例如 530103")
        parser.add_argument("--basis", default="", help="任命依据")
        parser.add_argument("--reset", action="store_true")
        parser.add_argument("--reason", default="运维命令", help="为什么重设")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = self._reset(options) if options["reset"] else self._open(options)
        except Refused as refusal:
            raise CommandError("；".join([*refusal.reasons, *refusal.fields.values()])) from None
        if settings.SMS_GATEWAY_URL:
            self.stdout.write(f"登录名 {options['username']}，启用码已发到本人手机")
            return
        self.stdout.write(
            f"登录名 {options['username']}，启用码 {code}，{staff.activation_days()} 天内有效："
            "本人在 /staff/activate/ 定密码，再绑定动态口令"
        )

    def _open(self, options: dict[str, Any]) -> str:
        place = Territory.objects.filter(code=options["place"] or "").first()
        if place is None:
            raise CommandError("没有这个地方：先运行 load_divisions，再用 --place 写它的代码，例如 530103")
        _held, code = staff.open_account(
            username=options["username"],
            name=options["name"] or "",
            phone=options["phone"],
            role=options["role"],
            place=place,
            since=today(),
            basis=options["basis"],
            by=None,
        )
        return code

    def _reset(self, options: dict[str, Any]) -> str:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError("没有这个登录名")
        if not user.phone and not plain_phone(options["phone"]):
            raise CommandError("这个登录还没有手机号：用 --phone 写本人的手机号，启用码发到那里")
        return staff.reset_by_operator(user, reason=options["reason"], phone=options["phone"])
