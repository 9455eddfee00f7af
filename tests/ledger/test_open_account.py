"""Opening an account."""

from __future__ import annotations

import pytest

from minshi.ledger.actions import open_account
from minshi.ledger.models import Account
from minshi.refusals import Refused


def test_an_account_begins_empty(pot: Account, project: Account) -> None:
    assert project.balance_fen == 0
    assert not project.may_be_negative


def test_an_account_is_opened_once(project: Account) -> None:
    assert open_account("project:1", Account.Kind.PROJECT, "另一个名称") == project
    assert Account.objects.get(key="project:1").title == "楼道灯"


def test_a_key_stays_what_it_was_opened_as(project: Account) -> None:
    with pytest.raises(Refused, match="已按另一种类别开立"):
        open_account("project:1", Account.Kind.PAYEE, "商家")
    with pytest.raises(Refused, match="已按另一种类别开立"):
        open_account("project:1", Account.Kind.PROJECT, "楼道灯", may_be_negative=True)
