"""A street's pot of 1,000 yuan, filled from outside, and a project it may pay into."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from minshi.accounts.models import User
from minshi.ledger.actions import open_account, post
from minshi.ledger.models import Account, Entry

POT_FEN = 100_000


@pytest.fixture
def outside(db: None) -> Account:
    return open_account("outside", Account.Kind.OUTSIDE, "平台之外", may_be_negative=True)


@pytest.fixture
def pot(outside: Account, cashier: User) -> Account:
    pot = open_account("pot:1", Account.Kind.POT, "甲街道资金池")
    post(key="fill", kind="fill", postings=[(outside, -POT_FEN), (pot, POT_FEN)], memo="年初拨入", by=cashier)
    return pot


@pytest.fixture
def project(db: None) -> Account:
    return open_account("project:1", Account.Kind.PROJECT, "楼道灯")


@pytest.fixture
def spend(pot: Account, project: Account, cashier: User) -> Callable[..., Entry]:
    """Move fen from the pot to the project; whatever is given replaces a parameter."""

    def spend(fen: int, key: str, **others: object) -> Entry:
        parameters = {"kind": "grant", "memo": "拨给项目", "by": cashier, **others}
        return post(key=key, postings=[(pot, -fen), (project, fen)], **parameters)  # type: ignore[arg-type]

    return spend
