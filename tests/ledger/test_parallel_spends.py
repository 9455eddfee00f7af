"""Many spenders, one pot: what is granted is exactly what was there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from django.db import connection, transaction
from django.db.models.expressions import RawSQL

from minshi.accounts.models import User
from minshi.clock import as_owner
from minshi.ledger.actions import open_account, post
from minshi.ledger.checks import findings
from minshi.ledger.models import Account, Entry
from minshi.ledger.selectors import balance
from minshi.refusals import Refused
from tests.meanwhile import meanwhile

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill]

DRILL = os.environ.get("MINSHI_DRILL") == "1"
SPENDS, POT_FEN = (1_000, 100_000) if DRILL else (90, 9_000)
PRICE_FEN = 300
THREADS = 8


def storm(spend: Callable[[int], bool], spends: int = SPENDS) -> int:
    """Spend from all threads at once; how many were granted."""

    def one(number: int) -> bool:
        try:
            return spend(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        return sum(threads.map(one, range(spends)))


@pytest.fixture
def full_pot(cashier: User) -> Account:
    outside = open_account("outside", Account.Kind.OUTSIDE, "平台之外", may_be_negative=True)
    pot = open_account("pot:1", Account.Kind.POT, "甲街道资金池")
    open_account("project:1", Account.Kind.PROJECT, "楼道灯")
    post(key="fill", kind="fill", postings=[(outside, -POT_FEN), (pot, POT_FEN)], memo="拨入", by=cashier)
    return pot


@pytest.fixture
def naive_pot() -> Iterator[None]:
    with as_owner() as owner:
        owner.execute("CREATE TABLE naive_pot (balance_fen bigint NOT NULL)")
        owner.execute("INSERT INTO naive_pot VALUES (%s)", [POT_FEN])
    yield
    with as_owner() as owner:
        owner.execute("DROP TABLE naive_pot")


def test_a_pot_grants_what_it_holds_and_not_one_more(full_pot: Account, cashier: User) -> None:
    def spend(number: int) -> bool:
        lines: list[tuple[Account | str, int]] = [("pot:1", -PRICE_FEN), ("project:1", PRICE_FEN)]
        try:
            post(key=f"spend:{number}", kind="grant", postings=lines, memo="拨付", by=cashier)
        except Refused as refusal:
            assert "余额不足" in str(refusal)
            return False
        return True

    granted = storm(spend)
    assert granted == POT_FEN // PRICE_FEN
    assert Entry.objects.filter(kind="grant").count() == granted
    assert balance("project:1") == granted * PRICE_FEN
    assert balance("pot:1") == POT_FEN - granted * PRICE_FEN
    assert list(findings()) == []


def test_read_then_write_grants_too_much(naive_pot: None) -> None:
    """The naive twin: the same storm against a balance that is read, compared and written back."""

    def spend(number: int) -> bool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT balance_fen FROM naive_pot")
            (left,) = cursor.fetchone()
            if left < PRICE_FEN:
                return False
            cursor.execute("UPDATE naive_pot SET balance_fen = %s", [left - PRICE_FEN])
            return True

    assert storm(spend) > POT_FEN // PRICE_FEN


def test_a_repeated_request_is_one_entry(full_pot: Account, cashier: User) -> None:
    """A button pressed many times: everybody gets the same entry, the money moves once."""

    def spend(number: int) -> bool:
        lines: list[tuple[Account | str, int]] = [("pot:1", -PRICE_FEN), ("project:1", PRICE_FEN)]
        return post(key="once", kind="grant", postings=lines, memo="拨付", by=cashier).key == "once"

    assert storm(spend, THREADS * 4) == THREADS * 4
    assert balance("project:1") == PRICE_FEN


def test_one_key_for_different_accounts_is_one_entry(full_pot: Account, cashier: User) -> None:
    """Nothing shared to wait for: the unique key decides, the others are told of the conflict."""
    for number in range(THREADS):
        for side in ("from", "to"):
            open_account(f"{side}:{number}", Account.Kind.OUTSIDE, "外", may_be_negative=True)

    def spend(number: int) -> bool:
        lines: list[tuple[Account | str, int]] = [(f"from:{number}", -1), (f"to:{number}", 1)]
        try:
            post(key="once", kind="grant", postings=lines, memo="拨付", by=cashier)
        except Refused as refusal:
            assert "已经记过另一笔账" in str(refusal)
            return False
        return True

    assert storm(spend, THREADS) == 1


def test_crossing_transfers_do_not_deadlock(full_pot: Account, cashier: User) -> None:
    """Whoever comes second waits at the first account, with empty hands."""
    below = open_account("z", Account.Kind.OUTSIDE, "外", may_be_negative=True)
    above = open_account("a", Account.Kind.OUTSIDE, "外", may_be_negative=True)
    # Rewritten, so behind the other one in the table as well as by its key: only by its id does it come first.
    post(key="rewrite", kind="move", postings=[("outside", -1), (below, 1)], memo="外来", by=cashier)
    assert list(Account.objects.filter(key__in="az").order_by(RawSQL("ctid", []))) == [above, below]
    lines: list[tuple[Account | str, int]] = [(above, -1), (below, 1)]

    def cross() -> None:
        post(key="cross", kind="move", postings=lines, memo="对转", by=cashier)

    held = Account.objects.select_for_update(no_key=True)
    with transaction.atomic():
        held.get(pk=below.pk)
        second = meanwhile(cross)
        assert not second.done()
        held.get(pk=above.pk)
    second.result(20)
    assert balance("z") == 2


def test_a_storm_of_crossing_transfers_loses_nothing(full_pot: Account, cashier: User) -> None:
    post(
        key="half", kind="grant", memo="一半", by=cashier,
        postings=[("pot:1", -POT_FEN // 2), ("project:1", POT_FEN // 2)],
    )  # fmt: skip
    directions = count()

    def spend(number: int) -> bool:
        here, there = ("pot:1", "project:1") if next(directions) % 2 else ("project:1", "pot:1")
        post(key=f"cross:{number}", kind="move", postings=[(here, -1), (there, 1)], memo="对转", by=cashier)
        return True

    assert storm(spend, SPENDS) == SPENDS
    assert balance("pot:1") + balance("project:1") == POT_FEN
