"""A household promises money of its own will, changes or withdraws it, and decides whether its name is shown."""

from __future__ import annotations

import pytest

from funding import actions as funding
from funding.models import Contribution, Pledge
from minshi.refusals import NotAllowed, Refused
from proposals.models import Proposal
from tests.cast import home_of
from tests.way import Way


@pytest.fixture
def proposal(way: Way) -> Proposal:
    return way.raising()


def test_a_household_promises_once_and_may_change_it(way: Way, proposal: Proposal) -> None:
    resident, household = way.who("resident"), way.households[0]
    first = funding.pledge(proposal, household, amount_fen=20_000, by=resident)
    second = funding.pledge(proposal, household, amount_fen=30_000, by=resident)
    assert second.number == f"{proposal.number}-R002"
    assert list(Pledge.objects.standing()) == [second]
    first.refresh_from_db()
    assert first.withdrawn_at
    funding.withdraw_pledge(second, by=resident)
    assert not Pledge.objects.standing().exists()
    with pytest.raises(Refused, match="已经撤回"):
        funding.withdraw_pledge(second, by=resident)


def test_a_name_is_shown_only_with_consent_and_hidden_again_without(way: Way, proposal: Proposal) -> None:
    resident, household = way.who("resident"), way.households[0]
    promised = funding.pledge(proposal, household, amount_fen=20_000, by=resident)
    assert promised.name_public == "1栋 甲*民"
    funding.publish_name(promised, True, by=resident)
    assert promised.name_public == "1栋 甲居民"
    given = way.given(proposal, household, 20_000, "收据1")
    assert given.name_public == "1栋 甲居民"
    with pytest.raises(NotAllowed):
        funding.publish_name(promised, False, by=way.who("neighbour"))
    funding.publish_name(promised, False, by=resident)
    assert Contribution.objects.get().name_public == "1栋 甲*民"


def test_nobody_speaks_for_another_household(way: Way, proposal: Proposal) -> None:
    for name in ("neighbour", "stranger", "clerk", "chief"):
        with pytest.raises(NotAllowed):
            funding.pledge(proposal, way.households[0], amount_fen=100, by=way.who(name))


def test_paper_is_entered_by_the_places_own_people(way: Way, proposal: Proposal) -> None:
    way.who("resident")
    promised = funding.pledge(proposal, way.households[0], amount_fen=5_000, on_paper=True, by=way.who("chief"))
    assert (promised.on_paper, promised.name_public) == (True, "1栋 甲*民")
    with pytest.raises(NotAllowed):
        funding.pledge(proposal, way.households[0], amount_fen=5_000, on_paper=True, by=way.who("stranger_chief"))


def test_only_households_that_benefit_are_asked(way: Way, proposal: Proposal, refused_sql) -> None:
    stranger = way.who("stranger")
    household = stranger.person.household
    with pytest.raises(Refused, match="受益住户"):
        funding.pledge(proposal, household, amount_fen=100, by=stranger)
    sql = (
        "INSERT INTO funding_pledge (proposal_id, household_id, giver_id, speaker_id, ordinal, amount_fen,"
        " publishes_name, name_public, on_paper, by_id) VALUES (%s, %s, %s, %s, 9, 100, false, '', false, %s)"
    )
    home = home_of(stranger)
    refused_sql("does not benefit", sql, proposal.pk, household.pk, home.pk, home.person_id, stranger.pk)
    mine = way.households[0].pk
    next_door = home_of(way.who("neighbour"))
    refused_sql("its giver's door", sql, proposal.pk, mine, next_door.pk, next_door.person_id, stranger.pk)
    giver = home_of(way.who("resident")).pk
    refused_sql("may not speak", sql, proposal.pk, mine, giver, home.person_id, stranger.pk)


def test_money_that_arrived_is_no_longer_a_promise(way: Way, proposal: Proposal) -> None:
    resident, household = way.who("resident"), way.households[0]
    promised = funding.pledge(proposal, household, amount_fen=20_000, by=resident)
    way.given(proposal, household, 20_000, "收据1")
    with pytest.raises(Refused, match="已经收到"):
        funding.withdraw_pledge(promised, by=resident)
    with pytest.raises(Refused, match="已经收到"):
        funding.pledge(proposal, household, amount_fen=1, by=resident)
    with pytest.raises(Refused, match="愿意出多少"):
        funding.pledge(proposal, way.households[1], amount_fen=0, by=way.who("neighbour"))


def test_two_promises_of_a_household_stand_never_together(way: Way, proposal: Proposal, refused_sql) -> None:
    promised = funding.pledge(proposal, way.households[0], amount_fen=20_000, by=way.who("resident"))
    sql = (
        "INSERT INTO funding_pledge (proposal_id, household_id, giver_id, ordinal, amount_fen, publishes_name,"
        " name_public, on_paper, by_id)"
        " SELECT proposal_id, household_id, giver_id, 9, 100, false, '', true, by_id FROM funding_pledge"
    )
    refused_sql("one_pledge_per_household", sql)
    refused_sql("append-only|permission", "UPDATE funding_pledge SET amount_fen = 1 WHERE id = %s", promised.pk)
