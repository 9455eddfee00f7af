"""What raw SQL cannot do to the books, whichever role sends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from minshi.accounts.models import User
from minshi.clock import as_owner
from minshi.ledger.actions import reverse
from minshi.ledger.models import Account, Entry
from minshi.ledger.selectors import balance

Spend = Callable[..., Entry]

EDITS = [
    "UPDATE ledger_entry SET memo = '改过'",
    "UPDATE ledger_entry SET at = at - interval '1 day'",
    "UPDATE ledger_posting SET amount_fen = amount_fen * 2",
    "DELETE FROM ledger_posting",
    "DELETE FROM ledger_entry",
    "UPDATE ledger_account SET balance_fen = balance_fen + 1",
    "UPDATE ledger_account SET may_be_negative = true",
    "UPDATE ledger_account SET key = 'pot:9' WHERE key = 'pot:1'",
    "DELETE FROM ledger_account",
]


def write(*statements: str) -> None:
    """Send statements as the application role, in one transaction, and let it end."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def an_entry(key: str, **columns: str) -> str:
    given = {
        "key": f"'{key}'",
        "digest": "''",
        "kind": "'grant'",
        "memo": "'手写'",
        "voucher": "''",
        **columns,
    }
    given.setdefault("subject_type", "''")
    return f"INSERT INTO ledger_entry ({', '.join(given)}) VALUES ({', '.join(given.values())})"


def a_posting(entry: str, account: str, fen: int) -> str:
    return (
        "INSERT INTO ledger_posting (entry_id, account_id, amount_fen) SELECT e.id, a.id, "
        f"{fen} FROM ledger_entry e, ledger_account a WHERE e.key = '{entry}' AND a.key = '{account}'"
    )


@contextmanager
def refused(reason: str = "") -> Iterator[None]:
    with pytest.raises((IntegrityError, ProgrammingError, psycopg.Error), match=reason):
        yield


def test_a_whole_entry_by_raw_sql_counts(pot: Account, project: Account) -> None:
    write(an_entry("raw"), a_posting("raw", "pot:1", -300), a_posting("raw", "project:1", 300))
    assert (balance("pot:1"), balance("project:1")) == (99_700, 300)


@pytest.mark.parametrize("edit", EDITS)
def test_the_application_cannot_edit_the_books(spend: Spend, edit: str) -> None:
    spend(300, "grant:1")
    with refused("permission denied"):
        write(edit)


@pytest.mark.parametrize("edit", EDITS)
def test_the_owner_cannot_edit_the_books(spend: Spend, transactional_db: None, edit: str) -> None:
    spend(300, "grant:1")
    with as_owner() as owner, pytest.raises(psycopg.errors.CheckViolation):
        owner.execute(edit)


@pytest.mark.parametrize("table", ["ledger_account", "ledger_entry", "ledger_posting"])
def test_the_application_cannot_empty_the_books(pot: Account, table: str) -> None:
    with refused("permission denied"):
        write(f"TRUNCATE {table} CASCADE")


def test_a_title_and_a_place_may_change(pot: Account) -> None:
    write("UPDATE ledger_account SET title = '甲街道资金池（2026）', place_path = '5301/'")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "fewer than two postings"),
        ([("pot:1", -300)], "fewer than two postings"),
        ([("pot:1", -300), ("project:1", 299)], "does not balance"),
        ([("pot:1", -300), ("project:1", 0)], "posting_moves_something"),
        ([("pot:1", -300), ("pot:1", 300)], "one_posting_per_account"),
        ([("pot:1", -100_001), ("project:1", 100_001)], "account_is_not_overdrawn"),
    ],
)
def test_an_entry_that_is_none_is_refused(pot: Account, project: Account, lines: list, reason: str) -> None:
    with refused(reason):
        write(an_entry("raw"), *(a_posting("raw", account, fen) for account, fen in lines))
    assert balance("pot:1") == 100_000


def test_an_unbalanced_entry_does_not_survive_its_commit(pot: Account, transactional_db: None) -> None:
    with refused("does not balance"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(an_entry("raw"))
        cursor.execute(a_posting("raw", "pot:1", -300))
        cursor.execute(a_posting("raw", "outside", 299))
    assert not Entry.objects.filter(key="raw").exists()


def test_checking_early_does_not_open_the_entry_again(pot: Account, project: Account) -> None:
    with refused("does not balance"):
        write(
            an_entry("raw"),
            a_posting("raw", "pot:1", -300),
            a_posting("raw", "project:1", 300),
            "SET CONSTRAINTS ALL IMMEDIATE",
            a_posting("raw", "outside", 1),
        )


def test_a_posting_cannot_join_an_entry_later(spend: Spend, outside: Account, transactional_db: None) -> None:
    spend(300, "grant:1")
    later = (a_posting("grant:1", "outside", 5), a_posting("grant:1", "extra", -5))
    insert = "INSERT INTO ledger_account (key, kind, title, place_path, may_be_negative, balance_fen) VALUES "
    extra = insert + "('extra', 'outside', '', '', true, 0)"
    with refused("own transaction only"):
        write(extra, *later)
    with as_owner() as owner, refused("own transaction only"):
        owner.execute(later[0])


def test_nobody_chooses_when_an_entry_was_made(pot: Account, project: Account, clock) -> None:
    write(
        an_entry("raw", at="'2020-01-01'", xid="1"),
        a_posting("raw", "pot:1", -1),
        a_posting("raw", "project:1", 1),
    )
    entry = Entry.objects.get(key="raw")
    assert abs((clock.now() - entry.at).total_seconds()) < 60
    assert entry.xid != 1


def test_an_account_is_not_opened_with_money_in_it(db: None) -> None:
    with refused("begins empty"):
        Account.objects.create(key="rich", kind="pot", title="凭空", balance_fen=1)


def test_a_key_is_used_once(spend: Spend) -> None:
    spend(300, "grant:1")
    with refused("one_entry_per_key"):
        write(an_entry("grant:1"))


def test_the_same_person_does_not_confirm(pot: Account, project: Account, cashier: User) -> None:
    with refused("entry_has_two_people"):
        write(an_entry("raw", by_id=str(cashier.pk), confirmed_by_id=str(cashier.pk)))


@pytest.mark.parametrize("fen", [299, 301])
def test_a_reversal_undoes_exactly(spend: Spend, fen: int) -> None:
    entry = spend(300, "grant:1")
    with refused("does not undo"):
        write(
            an_entry("undo", reverses_id=str(entry.pk)),
            a_posting("undo", "pot:1", fen),
            a_posting("undo", "project:1", -fen) if fen < 300 else a_posting("undo", "outside", -fen),
        )


def test_a_reversal_is_not_reversed_by_raw_sql(spend: Spend, cashier: User) -> None:
    undone = reverse(spend(300, "grant:1"), by=cashier, reason="错", key="undo")
    with refused("reverses a reversal"):
        write(
            an_entry("redo", reverses_id=str(undone.pk)),
            a_posting("redo", "pot:1", -300),
            a_posting("redo", "project:1", 300),
        )


def test_an_entry_is_not_reversed_twice_by_raw_sql(spend: Spend, cashier: User) -> None:
    entry = spend(300, "grant:1")
    reverse(entry, by=cashier, reason="错", key="undo")
    with refused("ledger_entry_reverses_id_key"):
        write(an_entry("again", reverses_id=str(entry.pk)))


def test_the_owners_trigger_cannot_be_borrowed(pot: Account) -> None:
    with refused("permission denied"):
        write(
            "CREATE TEMP TABLE made_up (entry_id bigint, account_id bigint, amount_fen bigint)",
            "CREATE TRIGGER borrowed AFTER INSERT ON made_up REFERENCING NEW TABLE AS added"
            " FOR EACH STATEMENT EXECUTE FUNCTION ledger_move_balances()",
        )


def test_a_temporary_table_does_not_answer_for_the_books(pot: Account, project: Account) -> None:
    with refused("fewer than two postings"):
        write(
            an_entry("raw"),
            a_posting("raw", "pot:1", -300),
            "CREATE TEMP TABLE ledger_posting AS SELECT id AS entry_id, 1 AS amount_fen FROM ledger_entry",
        )
