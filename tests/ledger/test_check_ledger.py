"""``manage.py check_ledger`` finds what somebody did behind the guards."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.management import call_command

from minshi.accounts.models import User
from minshi.clock import as_owner
from minshi.ledger.actions import reverse
from minshi.ledger.models import Entry

Spend = Callable[..., Entry]

GUARDS = [
    ("ledger_account", "guard_account"),
    ("ledger_entry", "append_only"),
    ("ledger_entry", "ledger_entry_is_balanced"),
    ("ledger_posting", "append_only"),
    ("ledger_posting", "move_balances"),
    ("ledger_posting", "ledger_posting_is_balanced"),
]


@pytest.fixture
def behind_the_guards(transactional_db: None) -> Iterator[Callable[[str], None]]:
    """Run SQL as an owner who first switched the guards off, and later on again."""

    def switch(how: str) -> None:
        with as_owner() as owner:
            for table, guard in GUARDS:
                owner.execute(f"ALTER TABLE {table} {how} TRIGGER {guard}")  # type: ignore[arg-type]

    def run(statement: str) -> None:
        switch("DISABLE")
        with as_owner() as owner:
            owner.execute(statement)  # type: ignore[arg-type]
        switch("ENABLE")

    yield run
    switch("ENABLE")


def codes(capsys: pytest.CaptureFixture[str]) -> set[str]:
    with pytest.raises(SystemExit) as exit_:
        call_command("check_ledger")
    assert exit_.value.code == 1
    return {line.split()[0] for line in capsys.readouterr().err.splitlines()}


def test_whole_books_are_whole(spend: Spend, cashier: User, approver: User, capsys) -> None:
    entry = spend(300, "grant:1", confirmed_by=approver, voucher="记-1", subject=cashier)
    reverse(entry, by=cashier, reason="错", key="undo")
    call_command("check_ledger")
    assert "账本无误：3 笔分录，3 个账户" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "UPDATE ledger_posting SET amount_fen = 299 WHERE amount_fen = 300",
            {"L001", "L003", "L008", "L005"},
        ),
        ("DELETE FROM ledger_posting WHERE amount_fen = 200", {"L001", "L002", "L003", "L008"}),
        ("UPDATE ledger_account SET balance_fen = balance_fen + 1 WHERE key = 'pot:1'", {"L003"}),
        ("UPDATE ledger_account SET may_be_negative = false WHERE balance_fen >= 0", set()),
        ("UPDATE ledger_entry SET memo = '改过' WHERE key = 'grant:2'", {"L008"}),
        ("UPDATE ledger_entry SET reverses_id = NULL WHERE key = 'undo'", {"L008"}),
        (
            "UPDATE ledger_entry SET reverses_id = (SELECT id FROM ledger_entry WHERE key = 'undo')"
            " WHERE key = 'grant:2'",
            {"L005", "L006", "L008"},
        ),
    ],
)
def test_an_edit_behind_the_guards_is_named(
    behind_the_guards: Callable[[str], None],
    spend: Spend,
    cashier: User,
    capsys,
    statement: str,
    expected: set[str],
) -> None:
    entry = spend(300, "grant:1")
    reverse(entry, by=cashier, reason="错", key="undo")
    spend(200, "grant:2")
    behind_the_guards(statement)
    if expected:
        assert codes(capsys) == expected
    else:
        call_command("check_ledger")


def test_dropped_constraints_are_caught_by_the_numbers(
    behind_the_guards: Callable[[str], None], spend: Spend, cashier: User, capsys
) -> None:
    spend(300, "grant:1")
    with as_owner() as owner:
        (two_people,) = owner.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'entry_has_two_people'"
        ).fetchone() or [""]
        owner.execute("ALTER TABLE ledger_account DROP CONSTRAINT account_is_not_overdrawn")
        owner.execute("ALTER TABLE ledger_entry DROP CONSTRAINT entry_has_two_people")
    try:
        behind_the_guards(
            "UPDATE ledger_account SET may_be_negative = false; UPDATE ledger_entry SET confirmed_by_id = by_id"
        )
        assert codes(capsys) == {"L004", "L007", "L008"}
    finally:
        with as_owner() as owner:
            owner.execute("TRUNCATE ledger_account, ledger_entry, ledger_posting CASCADE")
            owner.execute(
                "ALTER TABLE ledger_account ADD CONSTRAINT account_is_not_overdrawn"
                " CHECK (balance_fen >= 0 OR may_be_negative)"
            )
            owner.execute(f"ALTER TABLE ledger_entry ADD CONSTRAINT entry_has_two_people {two_people}")


@pytest.mark.parametrize(("table", "guard"), GUARDS)
def test_a_guard_switched_off_is_named(transactional_db: None, capsys, table: str, guard: str) -> None:
    with as_owner() as owner:
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER {guard}")  # type: ignore[arg-type]
        try:
            assert codes(capsys) == {"L009"}
        finally:
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER {guard}")  # type: ignore[arg-type]
