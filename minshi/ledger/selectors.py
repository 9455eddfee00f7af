"""Reading the books: the same number of queries whatever their length."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models import QuerySet

from minshi.ledger.models import Account, Entry, Posting


def books(subject: models.Model) -> QuerySet[Entry]:
    """Every entry about ``subject``, oldest first, with its postings and their accounts; two queries."""
    return Entry.objects.of(subject).in_order().with_postings()


def balance(key: str) -> int:
    """Fen in this account; nothing in one that nobody has opened yet."""
    return Account.objects.filter(key=key).values_list("balance_fen", flat=True).first() or 0


def balances(keys: Iterable[str]) -> dict[str, int]:
    """Fen by account key, in one query; 0 for accounts nobody has opened yet."""
    wanted = dict.fromkeys(keys, 0)
    return wanted | dict(Account.objects.filter(key__in=wanted).values_list("key", "balance_fen"))


def statement(key: str) -> QuerySet[Posting]:
    """What came into and went out of an account, newest first, with the entries; one query."""
    return Posting.objects.filter(account__key=key).select_related("entry").order_by("-pk")
