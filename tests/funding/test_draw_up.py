"""The funding plan: who pays what, bounded by the tier, adding up to the agreed cost."""

from __future__ import annotations

import pytest

from funding import actions as funding
from minshi.deadlines.models import Deadline
from minshi.refusals import NotAllowed, Refused
from proposals.models import Source
from tests.way import Way


@pytest.mark.walked("raising")
def test_the_clerk_draws_up_the_plan_of_the_agreed_version(way: Way) -> None:
    proposal = way.raising()
    waiting = Deadline.objects.open().get(kind="funding.plan")
    assert (waiting.role, waiting.url) == ("clerk", f"/admin/funding/purse/{proposal.pk}/change/")
    plan = way.planned(proposal)
    assert plan.amounts() == {Source.SUBSIDY: 1_200_000, Source.SELF_RAISED: 800_000}
    assert (plan.number, plan.cash_fen, plan.public_fen) == (1, 2_000_000, 1_200_000)
    assert not Deadline.objects.open().filter(kind="funding.plan").exists()
    again = way.planned(proposal, {Source.SUBSIDY: 1_000_000, Source.SELF_RAISED: 900_000, Source.SPONSOR: 100_000})
    assert again.number == 2


@pytest.mark.walked("raising")
def test_the_sources_must_make_the_cost(way: Way) -> None:
    proposal = way.raising()
    with pytest.raises(Refused, match=r"合计 19,999\.99 元，商定的费用是 20,000\.00 元"):
        way.planned(proposal, {Source.SUBSIDY: 1_199_999, Source.SELF_RAISED: 800_000})


@pytest.mark.walked("consulting")
def test_tier_one_has_no_public_money_and_tier_two_none_of_the_district(way: Way, refused_sql) -> None:
    proposal = way.raising(tier=1)
    with pytest.raises(Refused, match="一级办理不能用“街道补助”"):
        way.planned(proposal, {Source.SUBSIDY: 1_200_000, Source.SELF_RAISED: 800_000})
    plan = way.planned(proposal)
    for source in ("subsidy", "district"):
        sql = "INSERT INTO funding_planline (plan_id, source, amount_fen) VALUES (%s, %s, 1)"
        refused_sql("has no money from", sql, plan.pk, source)


@pytest.mark.walked("raising")
def test_only_those_of_the_place_draw_it_up(way: Way) -> None:
    proposal = way.raising()
    for name in ("stranger_clerk", "resident", "supervisor", "cashier"):
        with pytest.raises(NotAllowed):
            funding.draw_up(proposal, proposal.version.shares, by=way.who(name))


@pytest.mark.walked("raising")
def test_a_plan_is_written_once(way: Way, refused_sql) -> None:
    proposal = way.raising()
    plan = way.planned(proposal)
    refused_sql("append-only|permission", "UPDATE funding_plan SET cost_fen = 1 WHERE id = %s", plan.pk)
    refused_sql("append-only|permission", "UPDATE funding_planline SET amount_fen = 1 WHERE plan_id = %s", plan.pk)
