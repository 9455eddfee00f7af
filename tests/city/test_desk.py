"""A desk among the desks of a city: it reads what waits in its own places, however it is narrowed or searched."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from bench.plans import Plan, listening, plans_of
from funding.models import Payment
from minshi import paging
from minshi.deadlines.models import Deadline
from minshi.ledger.models import Account
from minshi.residents.models import Role
from minshi.residents.rules import roles_of
from tests.city.conftest import ELSEWHERE
from tests.world import World, browser_of

NARROWED = ("", "?holder=all", "?q=不知所云&holder=all")


def read_of(asked: list[Plan], table: str) -> int:
    """The most rows of the table that one statement looked at."""
    return max((rows for plan in asked for each, _how, rows in plan.scans if each == table), default=0)


@pytest.mark.parametrize("query", NARROWED)
@pytest.mark.parametrize("who", ["next_clerk", "district_officer"])
def test_a_desk_reads_what_waits_in_its_places(crowd: World, who: str, query: str) -> None:
    user = crowd.who(who)
    browser: Client = browser_of(user)
    here = Deadline.objects.tasks().filter(place_path__startswith=roles_of(user)[0].path).count()
    asked = plans_of(lambda: browser.get(f"/admin/{query}"), by_index=True, about="deadlines_deadline")
    assert read_of(asked, "deadlines_deadline") <= here + 100
    assert here < 5000 < Deadline.objects.filter(place_path=ELSEWHERE).count()


def test_a_word_that_few_have_is_found_without_reading_the_others(crowd: World) -> None:
    Deadline.objects.filter(subject_type="elsewhere", subject_id=77).update(title="亭子漏雨了")
    found = Deadline.objects.filter(Deadline.named("漏雨"))
    (plan,) = plans_of(lambda: list(found[:1]), by_index=True)
    assert [row.subject_id for row in found] == [77]
    inner = [rows for table, how, rows in plan.scans if table == "deadlines_deadline" and how == "Bitmap Heap Scan"]
    assert inner == [1]


def test_a_word_that_everybody_has_misses_none_of_mine(crowd: World) -> None:
    mine = Deadline.objects.tasks().filter(role=Role.CLERK).exclude(place_path=ELSEWHERE).order_by("due").first()
    assert mine
    Deadline.objects.filter(pk=mine.pk).update(title="我这里的栏杆")
    found = Deadline.objects.waiting_for([(Role.CLERK, mine.place_path)]).filter(Deadline.named("栏杆"))
    assert mine in found
    assert Deadline.objects.filter(Deadline.named("栏")).count() == 6001


def test_a_list_at_the_desk_is_searched_by_the_cards_index(crowd: World) -> None:
    browser: Client = browser_of(crowd.who("case_officer"))
    title = crowd["delivering"].title
    for query in (title[:4], "不知所云", crowd["delivering"].number):
        asked = plans_of(
            lambda query=query: browser.get("/admin/proposals/proposal/", {"q": query}), about="proposals_card"
        )
        listed = [plan for plan in asked if "proposals_card" in plan.statement.sql]
        assert listed
        assert "UPPER" not in "".join(plan.statement.sql for plan in listed)
    page = browser.get("/admin/proposals/proposal/", {"q": crowd["delivering"].number}).content.decode()
    assert title in page


@pytest.mark.parametrize(
    ("page", "model"), [("deadlines/deadline", Deadline), ("ledger/account", Account)], ids=["deadlines", "accounts"]
)
def test_a_list_by_place_reads_what_is_there(crowd: World, page: str, model: Any) -> None:
    user = crowd.who("next_clerk")
    browser: Client = browser_of(user)
    here = model.objects.filter(place_path__startswith=roles_of(user)[0].path).count()
    table = model._meta.db_table
    asked = plans_of(lambda: browser.get(f"/admin/{page}/"), by_index=True, about=table)
    assert read_of(asked, table) <= here + 100 < model.objects.count() / 2


SEARCHED = (
    ("deliberation/motion", "deliberation_motion"),
    ("funding/contribution", "funding_contribution"),
    ("funding/inkind", "funding_inkind"),
    ("funding/refund", "funding_refund"),
    ("funding/payment", "funding_payment"),
)


@pytest.mark.parametrize(("address", "table"), SEARCHED)
def test_a_word_that_nobody_wrote_is_looked_up_and_read_for_nowhere(crowd: World, address: str, table: str) -> None:
    browser: Client = browser_of(crowd.who("district_officer"))
    asked = plans_of(lambda: browser.get(f"/admin/{address}/", {"q": "不知所云"}), by_index=True)
    assert max(read_of(asked, each) for each in (table, "proposals_card", "funding_supplier")) < 20


def test_a_word_is_found_in_whatever_a_list_is_searched_by(crowd: World) -> None:
    browser: Client = browser_of(crowd.who("district_officer"))
    paid = Payment.objects.exclude(voucher="").select_related("contract__supplier", "contract__proposal").latest("pk")
    for word in (paid.invoice, paid.voucher, paid.contract.supplier.name, paid.contract.proposal.number):
        for part in paging.words_of(word)[:1]:
            found = browser.get("/admin/funding/payment/", {"q": part}).context["cl"].result_list  # type: ignore[attr-defined]
            assert paid in list(found), (word, part)


@pytest.mark.parametrize("address", ["proposals/proposal", "proposals/handling", "deliberation/decision",
                                     "funding/pledge", "signin/securityevent"])  # fmt: skip
def test_a_list_asks_as_much_for_many_rows_as_for_few(crowd: World, address: str) -> None:
    browser: Client = browser_of(crowd.who("district_officer"))
    with listening() as heard:
        listed: Any = browser.get(f"/admin/{address}/").context["cl"]  # type: ignore[attr-defined]
    assert len(listed.result_list) > 3
    assert len(heard) <= 12
