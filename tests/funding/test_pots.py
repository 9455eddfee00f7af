"""Pots: opened by those who keep them, filled by two people."""

from __future__ import annotations

import pytest

from funding import actions as funding
from funding.models import Allocation, Pot
from minshi.accounts.models import User
from minshi.ledger.actions import open_account, post
from minshi.ledger.selectors import balance
from minshi.refusals import NotAllowed, Refused
from minshi.territory.models import Territory


@pytest.fixture
def pot(street: Territory, cashier: User) -> Pot:
    return funding.open_pot(place=street, year=2026, title="民生小实事资金", document="甲街〔2026〕1号", by=cashier)


@pytest.fixture
def allocation(pot: Pot, cashier: User) -> Allocation:
    return funding.allocate(pot, amount_fen=5_000_000, document="区财拨〔2026〕8号", by=cashier)


def test_money_is_in_the_pot_once_a_second_person_has_confirmed_it(
    pot: Pot, allocation: Allocation, approver: User, whole
) -> None:
    assert balance(pot.account.key) == 0
    funding.confirm_allocation(allocation, by=approver)
    whole()
    assert balance(pot.account.key) == 5_000_000
    with pytest.raises(Refused, match="已经复核过"):
        funding.confirm_allocation(allocation, by=approver)


def test_the_person_who_recorded_it_cannot_confirm_it(allocation: Allocation, cashier: User, refused_sql) -> None:
    with pytest.raises(Refused, match="不能自己复核"):
        funding.confirm_allocation(allocation, by=cashier)
    sql = "UPDATE funding_allocation SET confirmed_by_id = %s, confirmed_at = minshi_now() WHERE id = %s"
    refused_sql("allocation_takes_two_people", sql, cashier.pk, allocation.pk)


def test_a_pot_belongs_to_a_street_or_district_and_to_its_own_people(
    street: Territory, community: Territory, case_officer: User, cashier: User, district_finance: User
) -> None:
    words = {"year": 2026, "title": "资金", "document": "文1"}
    with pytest.raises(NotAllowed):
        funding.open_pot(place=street, by=case_officer, **words)
    with pytest.raises(Refused, match="街道或区"):
        funding.open_pot(place=community, by=cashier, **words)
    funding.open_pot(place=street, by=district_finance, **words)
    with pytest.raises(Refused, match="同名"):
        funding.open_pot(place=street, by=district_finance, **words)


def test_a_street_does_not_keep_the_districts_pot(district: Territory, cashier: User) -> None:
    with pytest.raises(NotAllowed):
        funding.open_pot(place=district, year=2026, title="区级资金", document="文2", by=cashier)


def test_one_document_is_one_allocation(pot: Pot, allocation: Allocation, cashier: User) -> None:
    with pytest.raises(Refused, match="已经登记过"):
        funding.allocate(pot, amount_fen=1, document="区财拨〔2026〕8号", by=cashier)


def test_nothing_enters_or_leaves_a_pot_without_a_warrant(
    pot: Pot, allocation: Allocation, approver: User, cashier: User, refused_sql
) -> None:
    """Neither by another key, nor by the right key with another sum, nor by a confirmation without the entry."""
    outside = open_account("elsewhere", "outside", "别处", may_be_negative=True)
    for key, fen in (("fill", 100), (f"allocation:{allocation.pk}", 5_000_000), ("allocation:x", 1)):
        with pytest.raises(Refused, match="没有对应的批准记录"):
            post(key=key, kind="x", postings=[(outside, -fen), (pot.account, fen)], memo="无", by=cashier)
    sql = "UPDATE funding_allocation SET confirmed_by_id = %s, confirmed_at = minshi_now() WHERE id = %s"
    refused_sql("not in the books", sql, approver.pk, allocation.pk)
    refused_sql("append-only|permission", "UPDATE funding_allocation SET amount_fen = 1 WHERE id = %s", allocation.pk)
    refused_sql("append-only|permission", "DELETE FROM funding_allocation WHERE id = %s", allocation.pk)
