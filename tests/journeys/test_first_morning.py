"""An empty installation becomes an open community by a file: a chief of it reviews what a resident of it proposes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from minshi.intake import actions
from minshi.territory.models import Household, Territory
from tests.drills.test_register import DOORS, MISTAKES, Row, doors, spoiled
from tests.intake.files import book
from tests.journeys.people import PHONE, last_code, settle
from tests.journeys.test_empty import (
    Neighbour,
    Official,
    Stranger,
    first_account,
    only_places,
    opens_for_residents,
)

__all__ = ["only_places"]
pytestmark = [pytest.mark.drill(only=True), pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HEADS = ("小区", "楼栋", "单元", "门牌", "楼层", "面积", "产权人", "楼栋长", "楼栋长电话")
MINE: Row = ("柳树巷5号院", "", "", "1号", 1, 60.5, "", "柳大爷", "13700000001")


class Keeper(Official):
    def hands_in(self, rows: list[Row], file: Path) -> None:
        file.write_bytes(book([HEADS, *rows]))
        self.opens("/admin/intake/intake/")
        self.page.get_by_role("link", name="导入户册", exact=True).last.click()
        settle(self.page)
        self.page.locator("[name=file]").set_input_files(file)
        self.page.locator(".desk-actions button").click()
        self.page.wait_for_url("**/change/", timeout=60_000)


@pytest.mark.usefixtures("only_places")
def test_a_file_opens_a_community(browser: Browser, live_server: LiveServer, clock: Any, tmp_path: Path) -> None:
    clock.set("2026-03-02 09:00")
    site = live_server.url
    lead = Official(browser, site, "lead", first_account())
    lead.follows("样板区开办清单")
    lead.sees("还没有人")
    street = {"place": "甲街道"}
    approver = lead.opens_account("approver", person="审批乙", phone="13700000012", role="街道审批", **street)
    clerk = approver.opens_account("clerk", person="社工丙", phone="13700000013", role="社区工作人员", place="一社区")
    clerk.__class__ = Keeper
    clerk.opens("/admin/")
    clerk.sees("还没有门牌")

    rows = [*doors(DOORS), MINE]
    clerk.hands_in([*spoiled(rows[:-1])[0], MINE], tmp_path / "有错.xlsx")
    clerk.sees(f"不能导入 {MISTAKES}")
    assert not Household.objects.exists()
    clerk.hands_in(rows, tmp_path / "改好.xlsx")
    clerk.sees(f"新增 {DOORS + 1}")
    clerk.does("导入")
    clerk.sees("可以关掉这一页")
    actions.carry_out()
    clerk.page.reload()
    clerk.sees("已导入")
    assert Household.objects.count() == DOORS + 1
    clerk.opens("/admin/")
    assert "还没有门牌" not in clerk.text

    chief = Stranger(browser, site, PHONE)
    chief.opens("/mine/")
    chief.types(phone="13700000001")
    chief.follows("获取验证码")
    chief.types(code=last_code())
    chief.follows("登录")
    proposer = Neighbour(browser, site, "13700000002", "李小妹", "1号")
    chief.opens("/mine/")
    chief.follows("去确认")
    chief.follows("是，住在这里")
    opens_for_residents(approver, clerk)
    proposer.opens("/mine/")
    proposer.follows("我来提一件事")
    proposer.follows("想在一页上填完的，点这里")
    proposer.types(
        place="柳树巷5号院", title="院门口装一盏灯", need="晚上黑，老人摔过", plan="装一盏太阳能灯", spot="院门口",
        kind="works", category="safety", cost="2000", self_raised="2000", keeper="楼栋长", liable="no", private="no",
    )  # fmt: skip
    proposer.follows("交上去")
    chief.opens("/mine/")
    chief.follows("开始审")
    chief.types(verdict="pass_review", reason="确实需要")
    chief.page.locator("main form button[type='submit']:not([name='fill'])").last.click()
    settle(chief.page)
    proposer.opens("/mine/")
    proposer.sees("附议")
    assert Territory.objects.get(name="柳树巷5号院").level_id == "yard"
