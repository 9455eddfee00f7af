"""Reading the books."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from minshi.accounts.models import User
from minshi.ledger.actions import reverse
from minshi.ledger.models import Account, Entry
from minshi.ledger.selectors import balance, balances, books, statement

Spend = Callable[..., Entry]


def read(subject: Account) -> list[tuple[str, dict[str, int]]]:
    return [
        (entry.key, {line.account.title: line.amount_fen for line in entry.postings.all()}) for entry in books(subject)
    ]


def test_the_books_of_a_subject_are_in_order_and_whole(spend: Spend, cashier: User, project: Account) -> None:
    first = spend(100, "grant:1", subject=project)
    spend(5, "grant:other")
    spend(200, "grant:2", subject=project)
    reverse(first, by=cashier, reason="错", key="undo")
    assert read(project) == [
        ("grant:1", {"甲街道资金池": -100, "楼道灯": 100}),
        ("grant:2", {"甲街道资金池": -200, "楼道灯": 200}),
        ("undo", {"甲街道资金池": 100, "楼道灯": -100}),
    ]


@pytest.mark.parametrize("length", [1, 20])
def test_the_books_take_two_queries_whatever_their_length(spend: Spend, project: Account, length: int) -> None:
    for number in range(length):
        spend(1, f"grant:{number}", subject=project)
    with CaptureQueriesContext(connection) as queries:
        for entry in books(project):
            assert len(entry.postings.all()) == 2
            assert entry.reverses is None and not hasattr(entry, "reversed_by")
    assert len(queries) == 2


def test_a_balance_is_zero_before_the_account_is_opened(spend: Spend) -> None:
    spend(100, "grant:1")
    assert balance("project:1") == 100
    assert balance("project:2") == 0
    assert balances(["project:1", "project:2"]) == {"project:1": 100, "project:2": 0}


def test_a_statement_is_newest_first(spend: Spend) -> None:
    spend(100, "grant:1")
    spend(200, "grant:2")
    assert [(line.entry.key, line.amount_fen) for line in statement("pot:1")] == [
        ("grant:2", -200),
        ("grant:1", -100),
        ("fill", 100_000),
    ]
