"""附议撤销以后不够: what waits for its vote is gathered on for, or lapses where the time for it is over."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from deliberation import actions as deliberation
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.models import StepRecord
from minshi.notifications.models import Message
from minshi.paper.models import Line
from minshi.refusals import Refused
from minshi.territory.models import Household
from proposals import actions
from proposals.models import Proposal, Stage
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db


def listed(proposal: Proposal, doors: list[Household], chief: User, clerk: User) -> None:
    signed = [(door, None) for door in doors]
    sheet = actions.cosign_on_paper(proposal, signed, photo=a_picture(), by=chief)
    actions.read_list(sheet, signed, by=clerk)
    proposal.refresh_from_db()


def void(proposal: Proposal, door: Household, by: User) -> None:
    actions.void_cosign(proposal, door, reason="本人说没有签", by=by)
    proposal.refresh_from_db()


@pytest.fixture
def gathered(way: Way, chief: User, clerk: User) -> Proposal:
    """Ten of a hundred doors signed on one list: enough, and not one more."""
    proposal = way.cosigning(households=100)
    listed(proposal, way.households[:10], chief, clerk)
    assert proposal.stage == Stage.COSIGNED
    return proposal


def end_of(proposal: Proposal) -> datetime:
    """When gathering was first said to end."""
    record = StepRecord.objects.of(proposal).filter(verb="gather").latest("pk")
    return datetime.fromisoformat(record.evidence["until"])


def test_one_taken_back_and_it_is_gathered_on_until_the_end_first_set(
    way: Way, gathered: Proposal, chief: User, clerk: User, client: Client
) -> None:
    end, pinned = end_of(gathered), gathered.pinned_households
    platform_clock.move(timedelta(days=1))
    void(gathered, way.households[3], by=clerk)
    assert (gathered.stage, gathered.due_at, gathered.pinned_households) == (Stage.COSIGNING, end, pinned)
    record = StepRecord.objects.of(gathered).latest("pk")
    assert (record.verb, record.by) == ("fall_short", None)
    assert "还有 9 户附议，需要 10 户" in record.reason
    page = client.get(gathered.get_absolute_url()).content.decode()
    assert "已附议 9 户，需要 10 户" in page and "撤销了登记错的以后又不够" in page
    listed(gathered, way.households[10:11], chief, clerk)
    assert gathered.stage == Stage.COSIGNED


def test_the_rule_it_was_gathered_by_goes_along(way: Way, gathered: Proposal, clerk: User) -> None:
    assert gathered.terms["cosign.households"] == 10
    Proposal.objects.filter(pk=gathered.pk).update(terms=gathered.terms | {"cosign.households": 7})
    void(gathered, way.households[3], by=clerk)
    assert gathered.stage == Stage.COSIGNED  # nine are enough by its own rule of seven
    for door in way.households[4:7]:
        void(gathered, door, by=clerk)
    assert gathered.stage == Stage.COSIGNING
    assert gathered.terms["cosign.households"] == 7


def test_where_enough_are_left_it_stays(way: Way, chief: User, clerk: User, neighbour: User) -> None:
    proposal = way.cosigning(households=100)
    actions.cosign(proposal, neighbour.person.household, by=neighbour)
    doors = [door for door in way.households if door != neighbour.person.household]
    listed(proposal, doors[:10], chief, clerk)
    void(proposal, doors[0], by=clerk)
    assert (proposal.stage, proposal.cosigns.counted().count()) == (Stage.COSIGNED, 10)


def test_after_the_end_it_lapses_with_the_reason(way: Way, gathered: Proposal, clerk: User) -> None:
    platform_clock.move(end_of(gathered) - now() + timedelta(minutes=1))
    void(gathered, way.households[3], by=clerk)
    assert gathered.stage == Stage.LAPSED
    steps = list(StepRecord.objects.of(gathered).order_by("pk").values_list("verb", "reason"))
    assert [verb for verb, _reason in steps[-2:]] == ["fall_short", "lapse"]
    assert steps[-1][1] == "到期共 9 户附议，需要 10 户"


def test_after_the_end_a_list_that_waits_for_its_reader_is_read_first(way: Way, chief: User, clerk: User) -> None:
    proposal = way.cosigning(households=100)
    signed = [(door, None) for door in way.households[10:12]]
    waiting = actions.cosign_on_paper(proposal, signed, photo=a_picture(), by=chief)
    listed(proposal, way.households[:10], chief, clerk)
    platform_clock.move(end_of(proposal) - now() + timedelta(minutes=1))
    void(proposal, way.households[3], by=clerk)
    assert proposal.stage == Stage.COSIGNING
    actions.read_list(waiting, signed, by=clerk)
    proposal.refresh_from_db()
    assert (proposal.stage, proposal.cosigns.counted().count()) == (Stage.COSIGNED, 11)


def test_proposer_supporters_and_the_clerk_hear_of_it(way: Way, gathered: Proposal, clerk: User, chief: User) -> None:
    void(gathered, way.households[3], by=clerk)
    told = {message.user: message for message in Message.objects.filter(title__contains="院里装一盏路灯")}
    assert told[gathered.proposer].title.startswith("附议又不够了")
    assert Message.objects.filter(user=chief, title__contains="又不够了").exists()  # the chief's door signed, too
    assert Message.objects.filter(user=clerk, title__startswith="先不用安排表决").exists()


def test_once_it_was_voted_on_nothing_is_taken_back_also_where_it_waits_for_another_vote(way: Way, clerk: User) -> None:
    proposal = way.consulting()
    deliberation.vote_again(proposal, reason="方案变了，再问一次", by=clerk)
    proposal.refresh_from_db()
    assert proposal.stage == Stage.COSIGNED
    given = proposal.cosigns.standing().filter(line__isnull=False).select_related("household", "line")[0]
    with pytest.raises(Refused, match="已经表决过"):
        void(proposal, given.household, by=clerk)
    with pytest.raises(DatabaseError, match="has had its effect"), transaction.atomic():
        Line.objects.filter(pk=given.line_id).update(voided_by=clerk, voided_at=now(), void_reason="登记错了")
    proposal.refresh_from_db()
    assert proposal.stage == Stage.COSIGNED
