"""An empty installation: from the first account to a resident's counted vote, through pages alone, as eight people.

Nothing is written here but by a command of the operator and by what somebody types into a page. Only time is moved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from minshi.notifications.actions import deliver
from minshi.notifications.models import Outbox, TextTrial
from minshi.notifications.sealing import unseal
from minshi.residents.models import Person
from minshi.territory.models import Household, Territory
from tests.journeys.people import DESK, PHONE, a_photo, last_code, settle
from tests.journeys.test_muling_post import sweep_until
from tests.signin.test_staff import present

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CITY = """代码,名称
9901,样板市
990101,样板区
990101001,甲街道
990101001001,一社区居委会
"""
OWN_PASSWORD = "women-xiaoqu-2026"


class Stranger:
    """Somebody the platform does not know yet, with a browser and nothing else."""

    def __init__(self, browser: Browser, site: str, size: Mapping[str, int]) -> None:
        context = browser.new_context(viewport=dict(size), locale="zh-CN")  # type: ignore[arg-type]
        context.add_cookies([{"name": "elder", "value": "0", "url": site}])
        self.page: Page = context.new_page()
        self.page.set_default_timeout(20_000)
        self.site = site

    def opens(self, path: str) -> None:
        answer = self.page.goto(self.site + path)
        assert answer and answer.status < 400, f"{path}: {answer and answer.status}"

    def follows(self, words: str) -> None:
        """A link or button that says so."""
        exact = re.compile(f"^\\s*{re.escape(words)}")
        link, button = (self.page.get_by_role(role, name=exact) for role in ("link", "button"))  # type: ignore[arg-type]
        found = button.or_(link).first
        assert found.count(), f"no {words} on {self.page.url}: {self.text[:600]}"
        found.click()
        settle(self.page)
        assert not self.page.locator(".errors, .desk-errors").count(), f"{self.page.url}: {self.text[:600]}"

    def types(self, **values: str) -> None:
        folded = self.page.locator("main form details:not([open]) > summary")
        while folded.count():  # one that is open now is none of them any more
            folded.first.click()
        for name, value in values.items():
            field = self.page.locator(f"main [name='{name}'], #content [name='{name}']")
            assert field.count(), f"no {name} on {self.page.url}: {self.text[:600]}"
            kind = field.first.get_attribute("type") or field.first.evaluate("node => node.tagName").lower()
            if kind == "checkbox":
                field.first.check(force=True)
            elif kind == "radio":
                self.page.locator(f"[name='{name}'][value='{value}']").first.check(force=True)
            elif kind in ("select", "select-one"):
                named = field.first.locator("option", has_text=value)
                chosen = named.first.get_attribute("value") if named.count() else value
                field.first.select_option(chosen)
            else:
                field.first.fill(value)

    @property
    def text(self) -> str:
        return self.page.locator("body").inner_text()

    def sees(self, words: str) -> None:
        expect(self.page.locator("body")).to_contain_text(words)


class Official(Stranger):
    def __init__(self, browser: Browser, site: str, username: str, code: str) -> None:
        """``code`` came to their own phone, or from the operator's screen."""
        super().__init__(browser, site, DESK)
        self.opens("/staff/activate/")
        self.types(username=username, code=code, password1=OWN_PASSWORD, password2=OWN_PASSWORD)
        self.follows("启用")
        self.types(login=username, password=OWN_PASSWORD)
        self.follows("下一步")
        self.types(code=present(self.page.locator("main code").inner_text()))
        self.follows("绑定")
        self.opens("/admin/")

    def lists(self, what: str, row: str) -> None:
        """From a list of the desk to one row's page."""
        self.opens(f"/admin/{what}/")
        self.page.locator("#result_list, .result-list, table").get_by_role("link", name=row, exact=True).first.click()
        settle(self.page)

    def does(self, label: str, **values: str) -> None:
        self.page.locator(".desk-steps").get_by_role("link", name=label, exact=True).click()
        settle(self.page)
        self.types(**values)
        self.page.locator(".desk-actions button").click()
        settle(self.page)
        assert not self.page.locator(".desk-errors").count(), f"{label}: {self.text[:800]}"

    def opens_account(self, username: str, **values: str) -> Official:
        """Opened here, started by its holder with the code from the text message."""
        self.opens("/admin/residents/rolegrant/add/")
        self.types(basis="任命文件一号", username=username, **values)
        self.page.locator(".desk-actions button").click()
        settle(self.page)
        self.sees("已开户")
        newest = Outbox.objects.filter(message=None).order_by("-id").first()
        found = newest and re.search(r"启用码是 (\w+)", unseal(newest.sealed))
        assert found
        browser = self.page.context.browser
        assert browser
        return Official(browser, self.site, username, found[1])


class Neighbour(Stranger):
    """Signs in with a phone for the first time and says where they live."""

    def __init__(self, browser: Browser, site: str, phone: str, name: str, door: str) -> None:
        super().__init__(browser, site, PHONE)
        self.name = name
        self.opens("/mine/")
        self.types(phone=phone)
        self.follows("获取验证码")
        self.types(code=last_code())
        self.follows("登录")
        self.follows("我住在……")
        self.types(q="柳树巷")
        self.follows("找一找")
        self.follows("柳树巷5号院")
        self.types(household=door, name=name, age="adult", consent="on")
        self.follows("登记")
        self.sees("确认")


@pytest.fixture
def only_places(transactional_db: None, tmp_path: Path) -> None:
    """What the operator loads: a file of places."""
    file = tmp_path / "places.csv"
    file.write_text(CITY, encoding="utf-8")
    call_command("load_divisions", str(file), stdout=StringIO())
    assert not Household.objects.exists() and not Person.objects.exists()


def first_account() -> str:
    out = StringIO()
    who = {"name": "区办主任", "phone": "13700000010"}
    call_command("add_staff", "lead", **who, place="990101", basis="区委文件", stdout=out)
    found = re.search(r"启用码 (\w+)", out.getvalue())
    assert found, out.getvalue()
    return found[1]


def opens_for_residents(approver: Official, clerk: Official) -> None:
    """What the list of the community still misses, and then the word that it is open."""
    for number, (username, role) in enumerate((("party", "社区党组织"), ("supervisor", "居务监督委员会"))):
        approver.opens_account(username, person="干部丁", phone=f"1370000002{number}", role=role, place="一社区")
    clerk.opens("/admin/")
    clerk.follows("一社区开办清单")
    clerk.sees("还缺 3 项")
    clerk.page.locator("li.missing a", has_text="试发短信").click()
    settle(clerk.page)
    clerk.page.locator(".desk-actions button").click()
    settle(clerk.page)
    while deliver():  # as the worker does it; a register's chiefs have their texts before it
        pass
    clerk.opens("/admin/")
    clerk.follows("一社区开办清单")
    clerk.page.locator("li.missing a", has_text="试发短信").click()
    settle(clerk.page)
    clerk.types(code=TextTrial.objects.latest("pk").code)
    clerk.page.locator(".desk-actions button").click()
    settle(clerk.page)
    clerk.opens("/admin/")
    clerk.follows("一社区开办清单")
    clerk.page.locator("li.missing a", has_text="办公电话").click()
    settle(clerk.page)
    clerk.types(phone="0871-12345678", organisation_code="686175779")
    clerk.page.locator(".desk-actions button").click()
    settle(clerk.page)
    clerk.opens("/admin/")
    clerk.follows("一社区开办清单")
    clerk.page.locator("li.missing a", has_text="公示栏").click()
    settle(clerk.page)
    clerk.page.locator(".desk-actions button").click()
    settle(clerk.page)
    clerk.opens("/notices/")
    clerk.follows("一社区民生小实事开通公告")
    clerk.follows("记录张贴照片")
    clerk.types(where="院门口公示栏")
    clerk.page.locator("#id_photos_album").set_input_files([a_photo()])
    clerk.page.locator("main form button").last.click()
    settle(clerk.page)
    clerk.opens("/admin/")
    clerk.follows("一社区开办清单")
    clerk.sees("都齐了")
    clerk.follows("现在开通")
    clerk.page.locator(".desk-actions button").click()
    settle(clerk.page)
    clerk.sees("已开通")


@pytest.mark.usefixtures("only_places")
def test_eight_strangers_come_to_a_counted_vote(browser: Browser, live_server: LiveServer, clock: Any) -> None:
    clock.set("2026-03-02 09:00")
    site = live_server.url
    Stranger(browser, site, PHONE).opens("/")
    lead = Official(browser, site, "lead", first_account())
    street = {"place": "甲街道"}
    case_officer = lead.opens_account("caseworker", person="经办甲", phone="13700000011", role="街道经办", **street)
    approver = lead.opens_account("approver", person="审批乙", phone="13700000012", role="街道审批", **street)
    clerk = approver.opens_account("clerk", person="社工丙", phone="13700000013", role="社区工作人员", place="一社区")

    case_officer.lists("territory/territory", "一社区")
    case_officer.does("添小区、楼栋或十户", title="柳树巷5号院", level="院落")
    clerk.lists("territory/territory", "柳树巷5号院")
    clerk.does("添小区、楼栋或十户", title="1栋", level="楼栋")
    clerk.lists("territory/territory", "1栋")
    clerk.does("登记门牌", addresses="101\n102\n201\n202")
    clerk.opens("/admin/")
    clerk.sees("没有人担任的岗位")

    chief = Neighbour(browser, site, "13700000001", "柳大爷", "101")
    clerk.opens("/admin/")
    clerk.follows("确认住户：")
    clerk.does("确认住在这里")
    clerk.does("授予角色", role="楼栋长", place="柳树巷5号院", basis="居民推选")
    proposer = Neighbour(browser, site, "13700000002", "李小妹", "1-102")
    others = [
        Neighbour(browser, site, "13700000003", "王师傅", "201"),
        Neighbour(browser, site, "13700000004", "赵阿姨", "1栋202"),
    ]
    for _each in range(3):
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
    for neighbour in (proposer, *others, chief):
        neighbour.opens("/mine/")
        if "等您家附议" in neighbour.text:
            neighbour.follows("去看看")
            neighbour.follows("代表我家附议")

    clerk.opens("/admin/")
    clerk.follows("等待表决：院门口装一盏灯")
    clerk.does("开始居民表决", question="院门口装一盏灯，您家同意吗？")
    for neighbour, choice in ((chief, "agree"), (proposer, "agree"), (others[0], "agree"), (others[1], "against")):
        neighbour.opens("/mine/")
        neighbour.follows("去投票")
        neighbour.types(choice=choice)
        neighbour.follows("交票")

    sweep_until(clock.now().replace(month=3, day=20))
    anybody = Stranger(browser, site, PHONE)
    anybody.opens("/projects/")
    anybody.follows("院门口装一盏灯")
    anybody.sees("通过")
    votes = anybody.page.locator("a[href$='/votes/']").first.get_attribute("href") or ""
    anybody.opens(votes)
    for words in ("同意 3", "不同意 1"):
        assert re.search(words.replace(" ", r"\s*(?:票|户)?\s*"), anybody.text), anybody.text[:1500]
    assert Territory.objects.get(name="柳树巷5号院").level_id == "yard"
