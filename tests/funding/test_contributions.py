"""Money that arrived: by voucher, two people, each voucher once; a mistake is reversed, never edited."""

from __future__ import annotations

import pytest

from funding import actions as funding
from funding.models import Contribution, ContributionStage
from funding.selectors import books, coverage
from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines.models import Deadline
from minshi.ledger.actions import post
from minshi.ledger.checks import findings
from minshi.ledger.selectors import balance
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Residence
from proposals.models import Proposal, Source
from tests.cast import home_of, make_resident
from tests.way import Way, a_picture

pytestmark = pytest.mark.walked("raising")


@pytest.fixture
def proposal(way: Way) -> Proposal:
    proposal = way.raising()
    way.planned(proposal)
    return proposal


def test_two_people_make_it_count(way: Way, proposal: Proposal, whole, refused_sql) -> None:
    clerk = way.who("clerk")
    given = funding.record_contribution(
        proposal, household=way.households[0], amount_fen=10_000, voucher=" 收据 001 ", photo=a_picture(), by=clerk
    )
    assert given.voucher == "收据 001"
    assert coverage(proposal).sure.get(Source.SELF_RAISED, 0) == 0
    assert Deadline.objects.open().get(kind="funding.contribution").role == "supervisor"
    with pytest.raises(Refused, match="不能自己复核"):
        funding.confirm_contribution(given, by=clerk)
    sql = "UPDATE funding_contribution SET stage = 'confirmed', confirmed_by_id = %s WHERE id = %s"
    refused_sql("contribution_takes_two_people", sql, clerk.pk, given.pk)
    refused_sql("no record of", sql, way.who("supervisor").pk, given.pk)
    for name in ("resident", "chief", "stranger_clerk", "cashier"):
        with pytest.raises(NotAllowed):
            funding.confirm_contribution(given, by=way.who(name))
    funding.confirm_contribution(given, by=way.who("supervisor"))
    whole()
    assert balance(f"project:{proposal.number}") == 10_000
    proposal.card.refresh_from_db()
    assert proposal.card.self_raised_fen == 10_000
    line = books(proposal).income[0]
    assert (line.what, line.fen, line.voucher) == ("居民自筹", 10_000, "收据 001")


def test_one_voucher_is_one_contribution(way: Way, proposal: Proposal, refused_sql) -> None:
    clerk = way.who("clerk")
    first = funding.record_contribution(
        proposal, household=way.households[0], amount_fen=10_000, voucher="收据1", photo=a_picture(), by=clerk
    )
    with pytest.raises(Refused, match="只能登记一次"):
        funding.record_contribution(
            proposal, household=way.households[1], amount_fen=5, voucher="收据1", photo=a_picture(), by=clerk
        )
    funding.reject_contribution(first, by=way.who("party"), reason="流水上是一百一十元")
    assert first.stage == ContributionStage.REJECTED
    again = funding.record_contribution(
        proposal, household=way.households[0], amount_fen=11_000, voucher="收据1", photo=a_picture(), by=clerk
    )
    refused_sql("append-only|permission", "UPDATE funding_contribution SET amount_fen = 9 WHERE id = %s", again.pk)
    refused_sql("append-only|permission", "UPDATE funding_contribution SET voucher = '' WHERE id = %s", again.pk)


def test_a_mistake_is_reversed_and_both_stay_in_the_books(way: Way, proposal: Proposal, whole) -> None:
    given = way.given(proposal, way.households[0], 10_000, "收据1")
    with pytest.raises(Refused, match="理由"):
        funding.reverse_contribution(given, by=way.who("party"), reason="")
    funding.reverse_contribution(given, by=way.who("party"), reason="记错了户")
    whole()
    found = books(proposal)
    assert [(line.what, line.fen) for line in found.income] == [("居民自筹", 10_000), ("冲正：居民自筹", -10_000)]
    assert (found.by_source(), dict(found.sources())["居民自筹"]) == ({"self_raised": 0}, 0)
    assert (found.balance_fen, balance(f"project:{proposal.number}")) == (0, 0)
    assert list(findings()) == []
    way.given(proposal, way.households[1], 10_000, "收据1")


def test_a_units_money_goes_by_its_agreement(way: Way, proposal: Proposal) -> None:
    clerk = way.who("clerk")
    quiet = funding.add_sponsor(
        proposal, name="隔壁小卖部", agreement="协议1", promised_fen=50_000, publishes_name=False, by=clerk
    )
    assert (quiet.name_public, coverage(proposal).promised[Source.SPONSOR]) == ("某单位", 50_000)
    with pytest.raises(Refused, match="已经登记过"):
        funding.add_sponsor(proposal, name="隔壁小卖部", agreement="协议2", by=clerk)
    given = funding.record_contribution(
        proposal, sponsor=quiet, amount_fen=50_000, voucher="转账7", photo=a_picture(), by=clerk
    )
    funding.confirm_contribution(given, by=way.who("supervisor"))
    found = coverage(proposal)
    assert (found.sure[Source.SPONSOR], found.promised[Source.SPONSOR]) == (50_000, 0)
    with pytest.raises(Refused, match="哪一户，或哪个单位"):
        funding.record_contribution(proposal, amount_fen=1, voucher="x", photo=a_picture(), by=clerk)


def test_nothing_enters_the_purse_without_a_confirmed_row(way: Way, proposal: Proposal) -> None:
    given = funding.record_contribution(
        proposal,
        household=way.households[0],
        amount_fen=10_000,
        voucher="收据1",
        photo=a_picture(),
        by=way.who("clerk"),
    )
    funding.confirm_contribution(given, by=way.who("supervisor"))
    purse = proposal.purse.account
    giver = f"giver:{proposal.number}:{given.giver_id}"
    for key in (f"contribution:{given.pk + 1}", "contribution:0", "gift", f"payment:{given.pk}"):
        with pytest.raises(Refused, match="没有对应的批准记录"):
            post(key=key, kind="x", postings=[(giver, -10_000), (purse, 10_000)], memo="无", by=way.who("clerk"))
    with pytest.raises(Refused, match="没有对应的批准记录"):
        post(key="out", kind="x", postings=[(giver, 5), (purse, -5)], memo="无", by=way.who("clerk"))


def test_what_is_given_in_kind_takes_two_people_too(way: Way, proposal: Proposal, refused_sql) -> None:
    given = funding.record_in_kind(proposal, who="王大力", what="出工", hours=8, value_fen=80_000, by=way.who("chief"))
    assert given.name_public == "王*力"
    with pytest.raises(NotAllowed):
        funding.confirm_in_kind(given, by=way.who("chief"))
    sql = "UPDATE funding_inkind SET confirmed_by_id = recorded_by_id, confirmed_at = minshi_now() WHERE id = %s"
    refused_sql("in_kind_takes_two_people", sql, given.pk)
    funding.confirm_in_kind(given, by=way.who("supervisor"))
    assert books(proposal).in_kind_fen == 80_000
    assert books(proposal).income_fen == 0


def test_money_of_who_moved_in_is_not_credited_to_who_moved_away(way: Way, neighbour: User, client_of) -> None:
    """It would go back to somebody else than whoever gave it."""
    proposal = way.raising()
    way.planned(proposal)
    door = way.households[1]
    former = way.given(proposal, door, 100_000, "旧1").giver
    Residence.objects.filter(person__user=neighbour).update(until=now(), is_representative=False)
    newcomer = make_resident("未新来", door, represents=True, since=now())
    words = {"household": door, "amount_fen": 50_000, "by": way.who("clerk")}
    with pytest.raises(Refused, match="换过住户"):
        funding.record_contribution(proposal, voucher="新1", photo=a_picture(), **words)
    given = funding.record_contribution(proposal, voucher="新1", photo=a_picture(), by_former=False, **words)
    assert given.giver == home_of(newcomer)
    again = funding.record_contribution(proposal, voucher="新2", photo=a_picture(), by_former=True, **words)
    assert again.giver == former
    url = f"/admin/funding/purse/{proposal.purse.pk}/do/contribution/"
    sent = {"household": door.door, "amount": "3.00", "voucher": "新3", "photo": a_picture()}
    page = client_of(way.who("clerk")).post(url, sent).content.decode()
    assert "这一户换过住户，请选这笔钱是谁出的" in page
    client_of(way.who("clerk")).post(url, {**sent, "photo": a_picture(), "former": "now"})
    assert Contribution.objects.get(voucher="新3").giver == home_of(newcomer)
