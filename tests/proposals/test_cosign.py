"""附议: households carry a proposal on to the vote, each counted once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines.actions import sweep
from minshi.lifecycle.models import StepRecord
from minshi.refusals import NotAllowed, Refused
from proposals import actions
from proposals.models import Card, Cosign, Stage
from tests.cast import make_resident
from tests.way import Way, a_picture, wait_until_over

pytestmark = pytest.mark.django_db


def test_enough_households_carry_it_on_to_the_vote(way: Way, resident: User, neighbour: User) -> None:
    proposal = way.cosigning()
    assert actions.cosigns_needed(proposal) == 2  # a tenth of twelve, rounded up
    actions.cosign(proposal, way.households[0], by=resident)
    assert proposal.stage == Stage.COSIGNING
    actions.cosign(proposal, way.households[1], by=neighbour)
    assert proposal.stage == Stage.COSIGNED
    assert Card.objects.get(pk=proposal.pk).cosigns == 2


def test_ten_households_are_always_enough(way: Way) -> None:
    assert actions.cosigns_needed(way.cosigning(households=500)) == 10


def test_a_household_counts_once_whoever_of_it_signs(way: Way, resident: User) -> None:
    proposal = way.cosigning(households=100)
    actions.cosign(proposal, way.households[0], by=resident)
    member = make_resident("家人", way.households[0])
    with pytest.raises(Refused, match="一户只算一次"):
        actions.cosign(proposal, way.households[0], by=member)
    assert proposal.cosigns.count() == 1


def test_the_database_keeps_one_signature_per_household(way: Way, chief: User) -> None:
    proposal = way.cosigning(households=100)
    way.sign_on_paper(proposal, way.households[:1])
    with pytest.raises(IntegrityError, match="one_cosign_per_household"), transaction.atomic():
        person = make_resident("家人", way.households[0]).person
        Cosign.objects.create(proposal=proposal, household=way.households[0], speaker=person, by=chief)


def test_nobody_signs_for_another_household(way: Way, neighbour: User) -> None:
    with pytest.raises(NotAllowed):
        actions.cosign(way.cosigning(), way.households[0], by=neighbour)


def test_a_stranger_cannot_enter_paper_signatures(way: Way, stranger_chief: User) -> None:
    with pytest.raises(NotAllowed):
        actions.cosign_on_paper(way.cosigning(), [(way.households[0], None)], photo=a_picture(), by=stranger_chief)


def test_too_few_at_the_end_lapse_with_the_reason(way: Way) -> None:
    proposal = way.cosigning()
    wait_until_over(proposal)
    assert proposal.stage == Stage.LAPSED
    assert StepRecord.objects.of(proposal).latest("id").reason == "到期共 0 户附议，需要 2 户"


def test_nothing_lapses_a_minute_early(way: Way) -> None:
    proposal = way.cosigning()
    assert proposal.due_at
    platform_clock.set_to(proposal.due_at - timedelta(minutes=1))
    sweep()
    proposal.refresh_from_db()
    assert proposal.stage == Stage.COSIGNING


def test_a_signature_cannot_be_taken_away_by_raw_sql(way: Way) -> None:
    proposal = way.cosigning(households=100)
    way.sign_on_paper(proposal, way.households[:1])
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM proposals_cosign")
