"""Who the demo can be walked as, and how each signs in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from evaluation.replay import people
from minshi.signin.demo import PASSWORD


class Command(BaseCommand):
    help = "列出演示人物和登录办法（只在演示环境）"

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("只有演示环境有演示人物")
        residents, staff = people.cast()
        if not staff:
            raise CommandError("演示城区还没有载入：先运行 manage.py replay")
        site = settings.SITE_URL
        self.stdout.write(f"居民和楼栋长：在 {site}/signin/ 填手机号，验证码见 {site}/demo/codes/")
        for phone, who in residents:
            self.stdout.write(f"  {phone}  {who}")
        self.stdout.write(
            f"工作人员：在 {site}/staff/signin/ 用下面的登录名，密码 {PASSWORD}，动态码见 {site}/demo/codes/"
        )
        for username, who in staff:
            self.stdout.write(f"  {username:<11}  {who}")
