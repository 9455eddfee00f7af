"""From a link to a ballot, and from a link to "waiting for the chief": every tap and every field is counted."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from deliberation.models import Ballot
from minshi.accounts.models import User
from minshi.residents.models import Residence
from tests.journeys.people import PHONE, last_code
from tests.way import Way

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Counted:
    """Somebody with a phone who was sent a link; ``taps`` and ``fields`` are all they had to do since."""

    def __init__(self, browser: Browser, site: str) -> None:
        self.page: Page = browser.new_context(viewport=PHONE, locale="zh-CN").new_page()  # type: ignore[arg-type]
        self.site, self.taps, self.fields = site, 0, 0

    def opens(self, path: str) -> None:
        self.page.goto(self.site + path)

    def taps_on(self, words: str, role: Any = None) -> None:
        pattern = re.compile(words)
        found: Locator = (
            self.page.get_by_role(role, name=pattern)
            if role
            else self.page.get_by_role("button", name=pattern).or_(self.page.get_by_role("link", name=pattern))
        )
        found.first.click()
        self.taps += 1

    def fills(self, label: str, text: str) -> None:
        self.page.get_by_label(re.compile(label)).first.fill(text)
        self.fields += 1

    def signs_in(self, phone: str) -> None:
        self.fills("手机号", phone)
        self.taps_on("获取验证码")
        self.fills("验证码", last_code())
        self.taps_on("^登录$", "button")

    def says_where(self, door: str) -> None:
        self.fills("门牌", door)
        self.fills("姓名", "新住户")
        self.page.get_by_label("已满 18 岁").check()
        self.page.get_by_label("我知道并同意").check()
        self.taps += 2
        self.taps_on("^登记$", "button")


def test_a_registered_resident_votes_in_five_taps_and_two_fields(
    way: Way, resident: User, live_server: LiveServer, browser: Browser
) -> None:
    proposal = way.voting()
    person = Counted(browser, live_server.url)
    person.opens(proposal.get_absolute_url())
    person.taps_on("代表我家投票")
    person.signs_in(str(resident.phone))
    person.page.get_by_label("同意", exact=True).check()
    person.taps += 1
    person.taps_on("交票")
    expect(person.page.locator("h1")).to_be_visible()
    assert Ballot.objects.filter(by=resident).exists()
    assert person.taps <= 5 and person.fields <= 2, (person.taps, person.fields)


def test_a_newcomer_waits_for_the_chief_after_nine_taps_and_five_fields(
    way: Way, live_server: LiveServer, browser: Browser
) -> None:
    proposal = way.voting()
    person = Counted(browser, live_server.url)
    person.opens(proposal.get_absolute_url())
    person.taps_on("代表我家投票")
    person.signs_in("13712345678")
    person.taps_on("我住在……")
    person.says_where("302")
    expect(person.page.get_by_text("正等楼栋长和社区确认")).to_be_visible()
    assert person.page.url.endswith(reverse("vote", args=[proposal.number]))
    assert Residence.objects.claims().filter(person__user__phone="13712345678").exists()
    assert person.taps <= 9 and person.fields <= 5, (person.taps, person.fields)


def test_the_same_where_the_yard_must_be_found_first(way: Way, live_server: LiveServer, browser: Browser) -> None:
    assert way.households
    person = Counted(browser, live_server.url)
    person.opens(reverse("make_wish"))
    person.signs_in("13712345679")
    person.taps_on("我住在……")
    person.fills("院名", "样板巷")
    person.taps_on("找一找")
    person.taps_on("样板巷1号院")
    person.says_where("1-302")
    expect(person.page.get_by_text("正等楼栋长确认")).to_be_visible()
    assert person.page.url.endswith(reverse("make_wish"))
    assert person.taps <= 9 and person.fields <= 5, (person.taps, person.fields)
