"""Whoever had the first part of a thing reads of its second as of another's work, and is not offered it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from evaluation.actions import accounts
from funding import actions as funding
from minshi.accounts.models import User
from minshi.clock import today
from minshi.desk import views as desk_views
from minshi.disclosure.actions import object_to
from minshi.mydata import actions as mydata
from minshi.residents.models import Role
from minshi.residents.striking import ask_to_strike
from minshi.signin import joining, lostnumbers
from proposals import actions as proposals
from proposals.selectors import looks_waiting_for
from tests.cast import grant, home_of, make_resident, make_staff
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
MINE = ("overdue", "week", "later")
THEIRS = "others"

Made = tuple[User, User, str, str, Any]
"""Who had the first part, who has the second, the row, whose it is, and on which page which step."""


def rows(client: Client, **asked: str) -> dict[str, list[tuple[str, str]]]:
    """By group of the desk (title, holder) of each row."""
    page = client.get("/admin/", asked).content.decode()
    found = {}
    for name, section in re.findall(r'<h2 id="desk-(\w+)">(.*?)</section>', page, re.DOTALL):
        found[name] = re.findall(r'<td><a href="[^"]*">([^<]+)</a>.*?</td>\s*<td>([^<]*)</td>', section, re.DOTALL)
    return found


def titled(groups: dict[str, list[tuple[str, str]]], names: tuple[str, ...], title: str) -> list[tuple[str, str]]:
    return [row for name in names for row in groups.get(name, []) if title in row[0]]


def _look(way: Way) -> Made:
    clerk, second = way.who("clerk"), way.who("second_clerk")
    place = way.households[0].place.at_level("community")
    assert place
    lines = [proposals.Written(way.households[6], "申老伯", "楼道灯不亮了")]
    proposals.enter_wishes(place, lines, photo=a_picture(), receipt_id=uuid4(), by=clerk)
    return clerk, second, "请对照纸质原件", "一社区工作人员（另一位）", None


def _chief_of_the_supervisors(way: Way) -> User:
    """Records money as a chief, and would confirm it as a supervisor."""
    user = way.who("supervisor")
    grant(user, Role.CHIEF, way.yard)
    return User.objects.get(pk=user.pk)


def _contribution(way: Way) -> Made:
    proposal = way.raising()
    way.planned(proposal)
    by = _chief_of_the_supervisors(way)
    given = funding.record_contribution(
        proposal, household=way.households[3], amount_fen=100, voucher="收据甲", photo=a_picture(), by=by
    )
    return by, way.who("clerk"), "复核到账", "社区工作人员", (given, "confirm")


def _pledge(way: Way) -> Made:
    proposal = way.raising()
    way.planned(proposal)
    by = _chief_of_the_supervisors(way)
    promised = funding.pledge_on_paper(proposal, way.households[6], amount_fen=3000, photo=a_picture(), by=by)
    return by, way.who("clerk"), "核对纸质认缴", "社区工作人员", (promised, "read")


def _allocation(way: Way) -> Made:
    street = way.yard.at_level("street")
    assert street
    by, second = way.who("cashier"), way.who("approver")
    grant(by, Role.APPROVER, street)
    by = User.objects.get(pk=by.pk)
    pot = funding.open_pot(place=street, year=today().year, title="小实事资金", document="甲街〔2026〕1号", by=by)
    given = funding.allocate(pot, amount_fen=5_000_000, document="区财拨〔2026〕8号", by=by)
    return by, second, "请复核拨入", "甲街道审批（另一位）", (given, "confirm")


def _grant(way: Way) -> Made:
    proposal = way.raising()
    plan = way.planned(proposal)
    street = way.yard.at_level("street")
    assert street
    by, second = way.who("case_officer"), make_staff("case-2", "又经办", Role.CASE_OFFICER, street)
    pot = way.pot(plan.amounts()["subsidy"], level="street")
    asked = funding.ask(proposal, "subsidy", pot, by=by, reason="按商定的方案申请")
    return by, second, "资金申请", "甲街道经办（另一位）", (asked, "examine")


def _accounts(way: Way) -> Made:
    proposal = way.paid_up()
    street = way.yard.at_level("street")
    assert street
    second = way.who("case_officer")
    grant(way.who("clerk"), Role.CASE_OFFICER, street)
    by = User.objects.get(pk=way.who("clerk").pk)
    made = accounts.make_accounts(proposal, by=by)
    return by, second, "请复核结算", "甲街道经办（另一位）", (made, "confirm")


def _strike(way: Way) -> Made:
    clerk, second = way.who("clerk"), way.who("second_clerk")
    ask_to_strike(way.households[7], reason="没有这一户", by=clerk)
    return clerk, second, "确认注销门牌", "一社区工作人员（另一位）", None


def _objection(way: Way) -> Made:
    clerk, second = way.who("clerk"), way.who("second_clerk")
    notice = way.announced().gate_notice
    assert notice
    object_to(
        notice, facts="灯会照到卧室里。", channel="paper", name="某人", household=way.households[6],
        photo=a_picture(), by=clerk,
    )  # fmt: skip
    return clerk, second, "核对书面异议", "一社区工作人员（另一位）", None


def _own_objection(way: Way) -> Made:
    """A clerk who lives there objects, and does not answer it."""
    user = make_resident("申社工", way.households[6], represents=True)
    community = way.yard.at_level("community")
    assert community
    user.is_staff = True
    user.save()
    grant(user, Role.CLERK, community)
    notice = way.announced().gate_notice
    assert notice
    objection = object_to(notice, facts="灯会照到卧室里。", by=user)
    return user, way.who("clerk"), "答复异议", "一社区工作人员（另一位）", (objection, "answer")


def _lost_number(way: Way) -> Made:
    clerk, second = way.who("clerk"), way.who("second_clerk")
    home = home_of(make_resident("申丢号", way.households[6], represents=True))
    lostnumbers.ask(home, phone="13711112222", reason="手机丢了", basis="当面核对", by=clerk)
    return clerk, second, "换手机号", "一社区工作人员（另一位）", None


def _joining(way: Way) -> Made:
    by, district = way.who("district_officer"), way.yard.at_level("district")
    assert district
    second = make_staff("district-2", "又区办", Role.DISTRICT_OFFICER, district)
    one, other = make_resident("申一人", way.households[6]), make_resident("申一人", None)
    joining.ask(one, other, reason="同一个人换过号码", basis="当面核对", by=by)
    return by, second, "合并同一个人的两个账号", "样板区牵头部门（另一位）", None


def _correction(way: Way) -> Made:
    user = make_resident("申社工", way.households[6], represents=True)
    community = way.yard.at_level("community")
    assert community
    user.is_staff = True
    user.save()
    grant(user, Role.CLERK, community)
    mydata.correct_name("申士工", by=User.objects.get(pk=user.pk))
    return user, way.who("clerk"), "更正申请", "一社区工作人员（另一位）", None


KINDS = {
    "second look": _look, "contribution": _contribution, "pledge": _pledge, "allocation": _allocation,
    "grant": _grant, "accounts": _accounts, "strike": _strike, "objection on paper": _objection,
    "own objection": _own_objection, "lost number": _lost_number, "joining": _joining, "correction": _correction,
}  # fmt: skip


@pytest.fixture(params=KINDS)
def made(request: pytest.FixtureRequest, way: Way) -> Made:
    return KINDS[request.param](way)


def test_it_waits_for_another_by_name_of_the_post_and_is_not_ones_own_work(made: Made, client_of: ClientOf) -> None:
    first, second, title, holder, page = made
    mine = rows(client_of(first))
    assert not titled(mine, MINE, title), mine
    assert [whose for _title, whose in titled(mine, (THEIRS,), title)] == [holder]
    theirs = rows(client_of(second))
    assert not titled(theirs, (THEIRS,), title)
    if "另一位" in holder:
        assert titled(theirs, MINE, title), theirs
    if page:
        thing, what = page
        name = f"{thing._meta.app_label}_{thing._meta.model_name}"
        step, whole = (
            reverse(f"admin:{name}_do", args=[thing.pk, what]),
            reverse(f"admin:{name}_change", args=[thing.pk]),
        )
        assert step not in client_of(first).get(whole).content.decode()
        assert "由另一个人办理" in client_of(first).get(step).content.decode()
        assert step in client_of(second).get(whole).content.decode()
        assert client_of(second).get(step).status_code == 200


def test_of_all_that_waits_here_it_is_named_too(way: Way, client_of: ClientOf) -> None:
    first, _second, title, holder, _page = _look(way)
    groups = rows(client_of(first), holder="all")
    assert [whose for _title, whose in titled(groups, MINE, title)] == [holder]
    alone = rows(client_of(first), show="others")
    assert titled(alone, (THEIRS,), title) and set(alone) == {THEIRS}


def test_where_nothing_waits_for_another_nothing_is_said_of_it(way: Way, client_of: ClientOf) -> None:
    way.cosigned()
    assert THEIRS not in rows(client_of(way.who("clerk")))


def test_what_differs_is_put_right_by_whoever_typed_it(way: Way, client_of: ClientOf) -> None:
    first, second, *_rest = _look(way)
    look, _due = looks_waiting_for(second)[0]
    proposals.look_at_sheet(look, difference="名字写错了", by=second)
    assert titled(rows(client_of(first)), MINE, "请照纸质原件更正")
    assert looks_waiting_for(User.objects.get(pk=first.pk))


NO_ROW_OF_ITS_OWN = {
    "paper_line": "its pledge, objection or list has the row, or the page of second readings",
    "ledger_entry": "what it books has the row",
    "disclosure_ruling": "the project has the row",
    "disclosure_remark": "the objection has the row",
    "funding_inkind": "stands beside the project's money, without a day",
    "signin_accessreset": "stands on the page of the post",
    "deliberation_checkletter": "a list of its own, of letters one may print",
    "evaluation_callback": "the household says whether it was mended",
}


def test_every_table_of_two_hands_that_waits_on_a_desk_is_known_there() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname = 'refuse_one_human'"
        )
        tables = {name for (name,) in cursor.fetchall()}
    known = {each.model._meta.db_table for each in desk_views.seconds()}
    assert tables - known == set(NO_ROW_OF_ITS_OWN)
