"""Reversing an entry: the only correction there is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from minshi.accounts.models import User
from minshi.ledger.actions import post, reverse
from minshi.ledger.models import Account, Entry
from minshi.ledger.selectors import balance
from minshi.refusals import Refused

Spend = Callable[..., Entry]


def test_a_reversal_puts_every_fen_back(spend: Spend, cashier: User, pot: Account) -> None:
    entry = spend(30_000, "grant:1", subject=pot)
    undone = reverse(entry, by=cashier, reason="金额录错", key="grant:1:reversed")
    assert (balance("pot:1"), balance("project:1")) == (100_000, 0)
    assert (undone.reverses, undone.kind, undone.memo) == (entry, "grant", "金额录错")
    assert (undone.subject_type, undone.subject_id) == ("ledger.account", pot.pk)
    assert Entry.objects.get(pk=entry.pk).reversed_by == undone


def test_an_entry_is_reversed_once(spend: Spend, cashier: User) -> None:
    entry = spend(30_000, "grant:1")
    undone = reverse(entry, by=cashier, reason="金额录错", key="undo")
    assert reverse(entry, by=cashier, reason="金额录错", key="undo") == undone
    with pytest.raises(Refused, match="已经冲正过"):
        reverse(entry, by=cashier, reason="金额录错", key="undo-again")
    assert balance("pot:1") == 100_000


def test_a_reversal_is_not_reversed(spend: Spend, cashier: User) -> None:
    undone = reverse(spend(30_000, "grant:1"), by=cashier, reason="金额录错", key="undo")
    with pytest.raises(Refused, match="不能再冲正"):
        reverse(undone, by=cashier, reason="又错了", key="redo")


def test_money_that_was_spent_on_cannot_be_taken_back(
    spend: Spend, cashier: User, project: Account, outside: Account
) -> None:
    entry = spend(30_000, "grant:1")
    post(key="pay", kind="payment", postings=[(project, -1), (outside, 1)], memo="付款", by=cashier)
    with pytest.raises(Refused, match="余额不足"):
        reverse(entry, by=cashier, reason="金额录错", key="undo")


def test_a_reversal_needs_its_reason(spend: Spend, cashier: User) -> None:
    with pytest.raises(Refused, match="请写明摘要"):
        reverse(spend(30_000, "grant:1"), by=cashier, reason="", key="undo")
