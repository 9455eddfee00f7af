"""Random entries against a plain dictionary: the books and the dictionary agree, and so do the sums."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minshi.ledger.actions import open_account, post, reverse
from minshi.ledger.checks import findings
from minshi.ledger.models import Account, Entry, Posting
from minshi.ledger.selectors import balances
from minshi.refusals import Refused

OVERDRAWN = "outside"
KEYS = [OVERDRAWN, "pot", "project", "payee"]
ANYTHING = st.lists(st.tuples(st.sampled_from(KEYS), st.integers(-500, 500)), max_size=4)


@st.composite
def _transfers(draw: st.DrawFn) -> list[tuple[str, int]]:
    """Balanced lines, often from outside, to one account or several: most of them can be posted."""
    source = draw(st.sampled_from([OVERDRAWN, OVERDRAWN, *KEYS]))
    others = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True))
    lines = [(key, draw(st.integers(1, 300))) for key in others if key != source]
    return [(source, -sum(fen for _key, fen in lines)), *lines]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("post"), _transfers(), st.integers(0, 12)),
        st.tuples(st.just("post"), _transfers(), st.integers(0, 12)),
        st.tuples(st.just("post"), ANYTHING, st.integers(0, 12)),
        st.tuples(st.just("reverse"), st.integers(0, 12), st.just(0)),
    ),
    min_size=3,
    max_size=15,
)


class Books:
    """What the ledger ought to say: balances, and the entries by key."""

    def __init__(self) -> None:
        self.fen = dict.fromkeys(KEYS, 0)
        self.entries: dict[str, list[tuple[str, int]]] = {}

    def would_take(self, lines: list[tuple[str, int]]) -> bool:
        keys = [key for key, _fen in lines]
        return (
            len(lines) >= 2
            and len(set(keys)) == len(keys)
            and all(fen for _key, fen in lines)
            and sum(fen for _key, fen in lines) == 0
            and all(key == OVERDRAWN or self.fen[key] + fen >= 0 for key, fen in lines)
        )

    def take(self, name: str, lines: list[tuple[str, int]]) -> None:
        self.entries[name] = lines
        for key, fen in lines:
            self.fen[key] += fen


def posted(books: Books, name: str, lines: list[tuple[str, int]]) -> bool:
    """Whether posting should succeed; keeps the dictionary."""
    if name in books.entries:
        return sorted(books.entries[name]) == sorted(lines)
    if books.would_take(lines):
        books.take(name, lines)
        return True
    return False


def reversed_(books: Books, name: str) -> bool:
    undo = f"undo {name}"
    if undo in books.entries:
        return True
    lines = [(key, -fen) for key, fen in books.entries[name]]
    if books.would_take(lines):
        books.take(undo, lines)
        return True
    return False


def tried(step: tuple, books: Books) -> tuple[bool, bool]:
    """Take one step on the ledger; whether it was taken, and whether it should have been."""
    if step[0] == "post":
        _verb, lines, number = step
        expected = posted(books, f"e{number}", lines)
        return _taken(lambda: post(key=f"e{number}", kind="k", postings=lines, memo="随机", by=None)), expected
    there = [name for name in books.entries if not name.startswith("undo")]
    if not there:
        return True, True
    name = there[step[1] % len(there)]
    entry = Entry.objects.get(key=name)
    expected = reversed_(books, name)
    return _taken(lambda: reverse(entry, by=None, reason="随机", key=f"undo {name}")), expected


def _taken(act) -> bool:
    try:
        act()
    except Refused as refusal:
        assert refusal.reasons
        return False
    return True


@pytest.mark.django_db
@given(STEPS)
@settings(
    max_examples=60,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_books_agree_with_a_dictionary(steps: list[tuple]) -> None:
    books = Books()
    with transaction.atomic():
        for key in KEYS:
            open_account(key, Account.Kind.OUTSIDE, key, may_be_negative=key == OVERDRAWN)
        for step in steps:
            taken, expected = tried(step, books)
            assert taken == expected, step
            assert balances(KEYS) == books.fen
        assert Entry.objects.count() == len(books.entries)
        assert (Posting.objects.aggregate(all=Sum("amount_fen"))["all"] or 0) == 0
        for sums in Entry.objects.annotate(fen=Sum("postings__amount_fen")):
            assert sums.fen == 0
        assert list(findings()) == []
        transaction.set_rollback(True)
