"""Residents' years in browsers that stay open beside each other: what one does, and what the others then see.

What tests/journeys/test_years_of_a_resident.py asks for by request is done here by what somebody can press.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.residents.models import Residence, RoleGrant
from proposals.models import Proposal
from tests.cast import home_of
from tests.journeys.people import PHONE, Resident, Staff, last_code, settle
from tests.journeys.test_empty import Stranger
from tests.way import Way

pytestmark = [pytest.mark.drill(only=True), pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HIDDEN = "申*满"


class Newcomer(Stranger):
    """Signs in with a number nobody has used here, and says where they live."""

    def signs_in(self, phone: str) -> None:
        self.opens("/mine/")
        self.types(phone=phone)
        self.follows("获取验证码")
        self.types(code=last_code())
        self.follows("登录")

    def says_where(self, door: str, name: str) -> None:
        self.opens("/join/")
        self.types(q="样板巷")
        self.follows("找一找")
        self.follows("样板巷1号院")
        self.types(household=door, name=name, age="adult", consent="on")
        self.follows("登记")

    def reads_messages(self) -> str:
        self.opens("/messages/")
        return self.text


def not_on(person: Any, path: str, *words: str) -> None:
    """What somebody does not find on a page that they open."""
    answer = person.page.goto(person.site + path)
    assert answer and answer.status == 200, f"{path}: {answer and answer.status}"
    for each in words:
        expect(person.page.locator("body")).not_to_contain_text(each)


def confirms(judge: Any, name: str) -> None:
    judge.go("/residents/confirm/")
    judge.page.locator("form.card", has_text=name).get_by_role("button", name="是，住在这里").click()
    settle(judge.page)


def test_what_each_does_and_what_the_others_then_see(
    way: Way, resident: User, neighbour: User, chief: User, browser: Browser, live_server: LiveServer
) -> None:
    proposal, site = way.raising(), live_server.url
    way.planned(proposal)
    head, them, next_door = (Resident(browser, site, user) for user in (chief, resident, neighbour))
    clerk, anybody = Staff(browser, site, way.who("clerk")), Stranger(browser, site, PHONE)

    me = signs_up(Newcomer(browser, site, PHONE), head, them)
    becomes_the_voice(me, them)
    names_and_unnames(me, anybody, proposal, way)
    moves_out(me, them, next_door, head, proposal)
    is_revoked(head, clerk, Newcomer(browser, site, PHONE), way)
    takes_along_and_closes(me, anybody, clerk, proposal)
    has_anothers_number(head, clerk, Newcomer(browser, site, PHONE), Newcomer(browser, site, PHONE))


def signs_up(me: Newcomer, head: Resident, them: Resident) -> Newcomer:
    """A number, a door, a wait; the chief's word; and the household sees who came."""
    me.signs_in("13900777777")
    me.says_where("101", "申小满")
    me.sees("确认")
    not_on(them, "/represent/", HIDDEN)
    head.go("/residents/confirm/")
    head.sees("申小满")
    confirms(head, "申小满")
    not_on(head, "/residents/confirm/", "申小满")
    assert "您的住户身份已经确认" in me.reads_messages()
    me.opens("/mine/data/")
    me.sees("已经确认")
    them.go("/represent/")
    them.sees(HIDDEN)
    return me


def becomes_the_voice(me: Newcomer, them: Resident) -> None:
    """Asked for, and agreed to by who had it."""
    me.opens("/represent/")
    me.follows("申请由我当户代表")
    me.opens("/represent/")
    me.sees("您已经申请当户代表")
    them.go("/represent/")
    them.sees(f"同户的 {HIDDEN} 申请当户代表")
    them.press("同意")
    me.opens("/represent/")
    me.sees("您是您家的户代表")
    them.go("/represent/")
    them.sees(f"您家由户代表 {HIDDEN} 投票")


def names_and_unnames(me: Newcomer, anybody: Stranger, proposal: Proposal, way: Way) -> None:
    """A name in public beside an act, with consent; taken back, it is masked wherever it stood."""
    number, user = proposal.number, User.objects.get(phone="13900777777")
    me.opens(f"/projects/{number}/pledge/")
    me.page.locator("main [name='choice']").first.check(force=True)
    me.page.locator("main form button[type='submit']").first.click()
    settle(me.page)
    way.given(proposal, home_of(user).household, 5000, "收0009")
    books = f"/projects/{number}/books/"
    not_on(anybody, books, "申小满")
    me.opens(f"/projects/{number}/pledge/")
    me.follows("同意公开我的姓名")
    anybody.opens(books)
    anybody.sees("申小满")
    me.opens("/mine/data/names/")
    me.sees("现在公开姓名")
    me.follows("收回，不再公开")
    not_on(anybody, books, "申小满")
    me.opens("/mine/data/names/")
    me.sees("收回过的")


def moves_out(me: Newcomer, them: Resident, next_door: Resident, head: Resident, proposal: Proposal) -> None:
    """As the household says it of another, and as one says it oneself."""
    me.opens("/represent/")
    me.page.get_by_text("这个人搬走了").click()
    me.page.get_by_role("button", name="登记搬走").click()
    settle(me.page)
    them.go("/mine/data/")
    them.sees("登记我住的地方")
    them.go("/messages/")
    them.sees("搬")
    not_on(me, "/represent/", "这个人搬走了")
    head.go("/residents/find/?q=101")
    head.sees(HIDDEN)
    not_on(head, "/residents/find/?q=101", "甲*民")

    next_door.go("/mine/data/leave/")
    next_door.fill(sure=True)
    next_door.press("登记搬走")
    next_door.go("/mine/data/")
    next_door.sees("登记我住的地方")
    not_on(head, "/residents/find/?q=102", "乙*居")
    next_door.go(f"/projects/{proposal.number}/pledge/")
    next_door.sees("要先登记您住在哪一户")


def lets_in(clerk: Staff) -> None:
    """Who waits, as the desk leads there."""
    waiting = Residence.objects.claims().latest("pk")
    clerk.step(waiting, "确认住在这里")


def is_revoked(head: Resident, clerk: Staff, late: Newcomer, way: Way) -> None:
    """While the chief's page is open, and the button on it not yet pressed."""
    late.signs_in("13900666666")
    late.says_where("301", "酉新来")
    head.go("/residents/confirm/")
    head.sees("酉新来")
    post = RoleGrant.objects.get(user=way.who("chief"))
    clerk.step(post, "撤销任职")
    with head.page.expect_response(lambda answer: answer.request.method == "POST") as answered:
        head.page.get_by_role("button", name="是，住在这里").click()
    assert answered.value.status == 403, "the open page still works"
    not_on(late, "/mine/data/", "已经确认")
    not_on(head, "/mine/", "去确认")
    lets_in(clerk)
    late.opens("/mine/data/")
    late.sees("已经确认")


def takes_along_and_closes(me: Newcomer, anybody: Stranger, clerk: Staff, proposal: Proposal) -> None:
    me.opens("/mine/data/")
    me.follows("看全部、打印")
    for words in (proposal.number, "申小满", "13900777777"):
        me.sees(words)
    me.opens("/mine/data/")
    with me.page.expect_download() as taken:
        me.page.get_by_role("link", name="带走一份").click()
    said = taken.value.path().read_text()
    assert proposal.number in said and "13900777777" in said and "甲居民" not in said
    me.opens("/mine/data/")
    me.follows("注销账号")
    me.types(sure="on")
    me.page.get_by_role("button", name="注销账号").click()
    settle(me.page)
    me.sees("账号已注销")
    me.page.goto(me.site + "/mine/")
    assert "/signin/" in me.page.url
    not_on(anybody, f"/projects/{proposal.number}/books/", "申小满")
    anybody.sees("50")
    not_on(clerk, "/residents/find/?q=申小满", HIDDEN)


def has_anothers_number(former: Resident, clerk: Staff, new: Newcomer, again: Newcomer) -> None:
    """A number silent for ninety-one days belongs to somebody else by now, who learns nothing of who had it."""
    phone = str(former.user.phone)
    platform_clock.move(timedelta(days=91))
    new.signs_in(phone)
    new.sees("这个号码很久没有登录过")
    for _try in range(3):
        new.types(door="1栋 101", name="别人")
        new.page.get_by_role("button", name="确认").click()
        settle(new.page)
        new.sees("对不上")
    new.types(door="1栋 102", name="别人")
    new.follows("确认")
    not_on(new, "/mine/data/", "丙楼长", "103", phone)
    not_on(new, "/messages/", "103")
    new.says_where("302", "戌新机主")
    former.go("/mine/data/")
    former.sees(phone)
    lets_in(clerk)
    new.opens("/mine/data/")
    for words in ("已经确认", "302", phone):
        new.sees(words)
    not_on(former, "/mine/data/", phone)
    former.sees("103")
    for door, name in (("302", "戌**主"), ("103", "丙*长")):
        clerk.go(f"/residents/find/?q={door}")
        clerk.sees(name)
    platform_clock.move(timedelta(minutes=2))  # one code a minute
    again.signs_in(phone)
    again.opens("/mine/data/")
    again.sees("戌新机主")
