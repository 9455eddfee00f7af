"""Posting an entry."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from minshi import refusals
from minshi.accounts.models import User
from minshi.clock import as_owner
from minshi.ledger.actions import post
from minshi.ledger.models import Account, Entry, Posting
from minshi.ledger.selectors import balance
from minshi.refusals import Refused

Spend = Callable[..., Entry]


def test_money_moves_from_one_account_to_another(spend: Spend, cashier: User, approver: User, clock) -> None:
    entry = spend(30_000, "grant:1", confirmed_by=approver, voucher="记-2026-018")
    assert (balance("pot:1"), balance("project:1")) == (70_000, 30_000)
    entry.refresh_from_db()
    assert (entry.by, entry.confirmed_by, entry.voucher) == (cashier, approver, "记-2026-018")
    assert abs((clock.now() - entry.at).total_seconds()) < 60
    assert entry.xid is not None


def test_an_entry_may_have_many_postings(pot: Account, project: Account, outside: Account, cashier: User) -> None:
    post(
        key="split", kind="grant", memo="拨付并留尾款", by=cashier,
        postings=[("pot:1", -10_000), ("project:1", 9_700), ("outside", 300)],
    )  # fmt: skip
    assert balance("project:1") == 9_700
    assert Posting.objects.filter(entry__key="split").count() == 3


def test_a_repeat_returns_the_entry_that_is_there(spend: Spend) -> None:
    first = spend(30_000, "grant:1")
    assert spend(30_000, "grant:1") == first
    assert balance("pot:1") == 70_000


def test_a_repeat_is_not_refused_for_want_of_money(spend: Spend) -> None:
    first = spend(100_000, "grant:1")
    assert spend(100_000, "grant:1") == first


@pytest.mark.parametrize(
    "other", [{"fen": 30_001}, {"memo": "别的"}, {"kind": "payment"}, {"voucher": "记-2"}, {"by": None}]
)
def test_the_same_key_with_other_parameters_is_a_conflict(spend: Spend, other: dict) -> None:
    spend(30_000, "grant:1")
    with pytest.raises(Refused, match="已经记过另一笔账"):
        spend(**{"fen": 30_000, "key": "grant:1", **other})
    assert balance("pot:1") == 70_000


def test_an_overdraft_is_refused_and_says_how_much_there_is(spend: Spend) -> None:
    with pytest.raises(Refused, match=r"余额不足：“甲街道资金池”现有 1,000\.00 元，需要 1,000\.01 元"):
        spend(100_001, "grant:1")
    assert not Entry.objects.filter(key="grant:1").exists()


def test_the_last_fen_can_be_spent(spend: Spend) -> None:
    spend(100_000, "grant:1")
    assert balance("pot:1") == 0


@pytest.mark.parametrize(
    ("postings", "reason"),
    [
        ([("pot:1", -300), ("project:1", 299)], "分录不平"),
        ([("pot:1", -300)], "至少涉及两个账户"),
        ([], "至少涉及两个账户"),
        ([("pot:1", 0), ("project:1", 0)], "金额不能为零"),
        ([("pot:1", -300), ("pot:1", 300)], "只能出现一次"),
        ([("pot:1", -300), ("nowhere", 300)], "没有账户 nowhere"),
    ],
)
def test_what_is_no_entry_is_refused(pot: Account, project: Account, cashier: User, postings, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        post(key="bad", kind="grant", postings=postings, memo="错", by=cashier)
    assert not Entry.objects.filter(key="bad").exists()
    assert balance("pot:1") == 100_000


@pytest.mark.parametrize("fen", [1.0, True, "1", None])
def test_fen_are_whole_numbers(spend: Spend, pot: Account, project: Account, cashier: User, fen) -> None:
    with pytest.raises(TypeError):
        post(key="bad", kind="grant", postings=[(pot, fen), (project, fen)], memo="错", by=cashier)


def test_nobody_confirms_their_own_entry(spend: Spend, cashier: User) -> None:
    with pytest.raises(Refused, match="必须是两个人"):
        spend(300, "grant:1", confirmed_by=cashier)


def test_a_memo_is_needed_and_has_an_end(spend: Spend) -> None:
    with pytest.raises(Refused, match="请写明摘要"):
        spend(300, "grant:1", memo=" ")
    with pytest.raises(Refused, match="最多 300 个字"):
        spend(300, "grant:1", memo="长" * 301)


def test_all_reasons_come_at_once(pot: Account, project: Account, cashier: User) -> None:
    with pytest.raises(Refused) as refusal:
        post(
            key="bad", kind="grant", memo="", by=cashier, confirmed_by=cashier,
            postings=[("pot:1", -999_999), ("project:1", 1)],
        )  # fmt: skip
    assert len(refusal.value.reasons) == 4


def test_the_callers_transaction_goes_on_as_before(spend: Spend, pot: Account, project: Account) -> None:
    # Checked at once inside, but afterwards an entry may again be written line by line.
    spend(100, "grant:1")
    entry = Entry.objects.create(key="by hand", kind="grant", memo="逐行")
    Posting.objects.create(entry=entry, account=pot, amount_fen=-5)
    Posting.objects.create(entry=entry, account=project, amount_fen=5)
    spend(200, "grant:2")
    assert balance("project:1") == 305


def test_a_trigger_of_a_higher_app_refuses_with_its_sentence(
    spend: Spend, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(refusals._sentences, "within_approval", "拨付超过批准金额。")
    with as_owner() as owner:
        owner.execute(
            "CREATE FUNCTION test_cap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'beyond approval'"
            " USING ERRCODE = 'check_violation', CONSTRAINT = 'within_approval';"
            " END $$;"
            " CREATE TRIGGER test_cap BEFORE INSERT ON ledger_posting FOR EACH ROW"
            " WHEN (NEW.amount_fen = 777) EXECUTE FUNCTION test_cap()"
        )
    try:
        with pytest.raises(Refused, match="拨付超过批准金额。"):
            spend(777, "grant:1")
        spend(778, "grant:2")
    finally:
        with as_owner() as owner:
            owner.execute("DROP TRIGGER test_cap ON ledger_posting; DROP FUNCTION test_cap()")
    assert balance("project:1") == 778
