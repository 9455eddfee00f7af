"""Taking a step under the row's lock: the same button pressed by two people at once is one step."""

from __future__ import annotations

import pytest
from django.db import transaction

from minshi.accounts.models import User
from minshi.lifecycle.machine import take
from minshi.lifecycle.models import StepRecord
from minshi.refusals import Refused
from proposals.actions import overdue
from proposals.models import Proposal, Stage
from tests.cast import grant
from tests.meanwhile import meanwhile
from tests.way import Way

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_second_of_two_who_press_at_once_hears_that_it_is_done(way: Way, chief: User, neighbour: User) -> None:
    grant(neighbour, "ten_chief", way.yard)
    proposal = way.submitted()
    too_late = Proposal.objects.get(pk=proposal.pk)  # opened before the first pressed
    with transaction.atomic():
        take(proposal, "pass_review", by=chief)
        second = meanwhile(lambda: take(too_late, "pass_review", by=neighbour))
        assert not second.done()
    with pytest.raises(Refused, match="现在是“征集附议”"):
        second.result(20)
    assert too_late.stage == Stage.COSIGNING
    assert StepRecord.objects.of(proposal).filter(verb="pass_review").get().by == chief


def test_a_step_that_stays_in_its_stage_is_taken_on_what_the_first_left(way: Way) -> None:
    """Without the lock it would write back the stage that it once read."""
    proposal = way.submitted()
    stale = Proposal.objects.get(pk=proposal.pk)
    with transaction.atomic():
        take(proposal, "withdraw", by=proposal.proposer, reason="不办了")
        second = meanwhile(lambda: overdue(stale, by=None))
        assert not second.done()
    with pytest.raises(Refused, match="已撤回"):
        second.result(20)
    assert not StepRecord.objects.of(proposal).filter(verb="overdue").exists()


@pytest.mark.parametrize("number", ["138-001-38000", "138/0013/8000", "一三八零零一三八零零零"])
def test_a_reason_is_written_without_the_telephone_in_it(way: Way, number: str) -> None:
    """Whichever action took it: a record is read by everybody."""
    proposal = way.submitted()
    record = take(proposal, "withdraw", by=proposal.proposer, reason=f"不办了，找我打{number}")
    assert record.reason == "不办了，找我打138****8000"
