"""What was decided about an entry has one digest, whether the platform writes it or the check reads it."""

from __future__ import annotations

import pytest
from django.db import connection

from minshi.accounts.models import User
from minshi.ledger import checks
from minshi.ledger.actions import open_account, post
from minshi.ledger.models import Account, Entry

pytestmark = pytest.mark.django_db

TEXTS = (
    "修路灯",
    '“引号”和 "quotes" 和 \\ 反斜线',
    "第一行\n第二行\t制表\r\f\b",
    "\x01\x1f\x7f\u0085\u2028\u2029",
    "💡 Ünï </script> & '",
    "/斜线/",
)


@pytest.mark.parametrize("text", TEXTS)
def test_whatever_the_text_the_check_reads_what_was_written(text: str, cashier: User, approver: User) -> None:
    for key in ("a", "Z", "甲", "𠀀", "é"):
        open_account(key, Account.Kind.OUTSIDE, key, may_be_negative=True)
    moved = [("a", 5), ("Z", -2), ("甲", -1), ("𠀀", -1), ("é", -1)]
    post(
        key="1",
        kind="grant",
        memo=text,
        voucher=text,
        by=cashier,
        confirmed_by=approver,
        subject=cashier,
        postings=moved,
    )
    post(key="2", kind="grant", memo=text, by=None, postings=[("a", 5), ("Z", -5)])
    assert list(checks.findings()) == []


def test_entries_are_looked_at_piece_by_piece(cashier: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "AT_ONCE", 2)
    open_account("a", Account.Kind.OUTSIDE, "甲", may_be_negative=True)
    open_account("b", Account.Kind.OUTSIDE, "乙", may_be_negative=True)
    for number in range(5):
        post(key=str(number), kind="grant", memo="款", by=cashier, postings=[("a", 5), ("b", -5)])
    assert list(checks.findings()) == []
    with connection.cursor() as cursor:
        cursor.execute(checks.EDITED.replace("'null')", "'nil')"), {"after": 0, "upto": 2**40})
        assert len(cursor.fetchall()) == Entry.objects.count()
