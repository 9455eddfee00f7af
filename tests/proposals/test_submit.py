"""提议: a resident puts a matter forward and gets a number for life."""

from __future__ import annotations

from typing import Any

import pytest

from minshi.accounts.models import User
from minshi.deadlines.models import Deadline
from minshi.refusals import NotAllowed, Refused
from proposals.models import Card, Proposal, Stage
from tests.cast import make_resident
from tests.way import Way

pytestmark = pytest.mark.django_db


def test_a_proposal_gets_the_next_number_of_its_year(way: Way, clock: Any) -> None:
    clock.set("2026-03-02 09:00")
    assert [way.submitted().number, way.submitted().number] == ["2026-00001", "2026-00002"]


def test_it_waits_for_the_chief_three_working_days(way: Way, clock: Any) -> None:
    clock.set("2026-09-24 10:00")  # Mid-Autumn follows: 28, 29 and 30 are the working days
    proposal = way.submitted()
    assert (proposal.stage, proposal.holder_role) == (Stage.SUBMITTED, "chief")
    assert f"{proposal.due_at:%Y-%m-%d %H:%M}" == "2026-10-01 00:00"
    assert Deadline.objects.of(proposal).tasks().get().kind == "stage:submitted"


def test_the_name_of_the_proposer_is_masked_where_the_public_text_is_written(way: Way) -> None:
    assert way.submitted().proposer_public == "甲*民"


def test_a_phone_number_in_the_text_is_masked_where_it_is_written(way: Way) -> None:
    proposal = way.submitted(need="有事打 13812345678 找我")
    assert "13812345678" not in proposal.version.need


def test_the_card_lists_it_in_every_place_above(way: Way, district: Any, stranger: User) -> None:
    proposal = way.submitted()
    card = Card.objects.in_place(district).get()
    assert (card.number, card.stage, card.budget_fen) == (proposal.number, "submitted", 2_000_000)


def test_a_stranger_from_another_street_cannot_propose_for_this_yard(way: Way, stranger: User) -> None:
    with pytest.raises(NotAllowed):
        way.submitted(by=stranger)
    assert not Proposal.objects.exists()


def test_somebody_not_yet_confirmed_cannot_propose(way: Way) -> None:
    with pytest.raises(NotAllowed):
        way.submitted(by=make_resident("未确认", None))


def test_shares_above_the_cost_are_refused_beside_the_field(way: Way) -> None:
    with pytest.raises(Refused) as refused:
        way.submitted(shares={"subsidy": 3_000_000})
    assert "shares" in refused.value.fields


@pytest.mark.parametrize("wrong", [{"title": " \u200b"}, {"category": "transport"}, {"kind": ""}])
def test_what_is_none_of_the_choices_is_refused_beside_the_field(way: Way, wrong: dict[str, str]) -> None:
    with pytest.raises(Refused) as refusal:
        way.submitted(**wrong)
    assert refusal.value.fields.keys() == wrong.keys()
    assert not Proposal.objects.exists()


def test_a_fourteen_year_old_may_propose(way: Way) -> None:
    young = make_resident("小居民", way.households[5], adult=False)
    assert way.submitted(by=young).proposer == young
