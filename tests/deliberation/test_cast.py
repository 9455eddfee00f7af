"""One ballot per household, cast once, repeated safely, changed by whoever cast it, until the very end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from deliberation import actions, rules
from deliberation.models import Ballot, BallotChange, Motion
from minshi.accounts.models import User
from minshi.audit.models import Event
from minshi.paper.numbers import is_number
from minshi.refusals import NotAllowed, Refused
from minshi.rolls.models import Unit
from minshi.rolls.selectors import unit_of
from minshi.territory.models import Household
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db


def test_a_household_votes_and_gets_a_receipt(motion: Motion, resident: User) -> None:
    receipt = actions.cast(motion, "agree", receipt_id=uuid4(), by=resident)
    ballot = Ballot.objects.get()
    assert (ballot.choice, ballot.channel, ballot.by) == ("agree", "online", resident)
    assert (ballot.slip_number, ballot.cast_at) == (receipt.number, receipt.at)
    assert ballot.unit.roll_id == ballot.motion.roll_id
    assert ballot.speaker == resident.person
    assert is_number(ballot.check_number) and ballot.check_number != ballot.slip_number
    assert is_number(receipt.number)


def test_it_takes_one_statement(motion: Motion, resident: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        actions.cast(motion, "agree", receipt_id=uuid4(), by=resident)
    # Inside a test's transaction a savepoint and the actor stand around it; on the site it stands alone.
    inserts = [query for query in queries.captured_queries if "cast_ballot" in query["sql"]]
    assert len(inserts) == 1
    assert all("SELECT set_config" in q["sql"] or "SAVEPOINT" in q["sql"] or q in inserts for q in queries)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_is_one_statement_alone(motion: Motion, resident: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        actions.cast(motion, "agree", receipt_id=uuid4(), by=resident)
    assert len(queries) == 1


@pytest.mark.django_db(transaction=True)
def test_the_audit_knows_who_voted(motion: Motion, resident: User, neighbour: User) -> None:
    for who in (resident, neighbour):
        actions.cast(motion, "agree", receipt_id=uuid4(), by=who)
    events = Event.objects.filter(table_name="deliberation_ballot").order_by("id")
    assert [event.actor for event in events] == [resident.pk, neighbour.pk]


def test_a_repeat_returns_the_same_receipt(motion: Motion, resident: User) -> None:
    number = uuid4()
    first = actions.cast(motion, "agree", receipt_id=number, by=resident)
    assert actions.cast(motion, "agree", receipt_id=number, by=resident) == first
    assert Ballot.objects.count() == 1
    assert not BallotChange.objects.exists()


def test_the_same_number_with_another_choice_is_told_so(motion: Motion, resident: User) -> None:
    number = uuid4()
    actions.cast(motion, "agree", receipt_id=number, by=resident)
    with pytest.raises(Refused, match="已经投了“同意”，没有改动"):
        actions.cast(motion, "against", receipt_id=number, by=resident)
    assert Ballot.objects.get().choice == "agree" and not BallotChange.objects.exists()
    actions.cast(motion, "against", receipt_id=uuid4(), by=resident)
    with pytest.raises(Refused, match="已经投了“同意”"):
        actions.cast(motion, "abstain", receipt_id=number, by=resident)
    assert Ballot.objects.get().choice == "against"


def test_a_repeat_after_the_end_still_returns_it(motion: Motion, resident: User, way: Way) -> None:
    number = uuid4()
    first = actions.cast(motion, "agree", receipt_id=number, by=resident)
    way.to_counting(motion)
    assert actions.cast(motion, "agree", receipt_id=number, by=resident) == first


def test_who_cast_it_may_change_it(motion: Motion, resident: User) -> None:
    first = actions.cast(motion, "agree", receipt_id=uuid4(), by=resident)
    second = actions.cast(motion, "against", receipt_id=uuid4(), by=resident)
    assert Ballot.objects.get().choice == "against"
    assert second.number != first.number
    earlier = BallotChange.objects.get()
    assert (earlier.choice, earlier.slip_number, earlier.by) == ("agree", first.number, resident)


def test_a_late_repeat_does_not_undo_a_change(motion: Motion, resident: User) -> None:
    number = uuid4()
    first = actions.cast(motion, "agree", receipt_id=number, by=resident)
    actions.cast(motion, "against", receipt_id=uuid4(), by=resident)
    again = actions.cast(motion, "agree", receipt_id=number, by=resident)
    assert (again.number, again.is_replaced) == (first.number, True)
    assert Ballot.objects.get().choice == "against"


def test_the_same_choice_again_changes_nothing(motion: Motion, resident: User) -> None:
    first = actions.cast(motion, "agree", receipt_id=uuid4(), by=resident)
    assert actions.cast(motion, "agree", receipt_id=uuid4(), by=resident) == first
    assert not BallotChange.objects.exists()


def test_change_is_the_same_act_by_its_own_name(motion: Motion, resident: User, neighbour: User) -> None:
    actions.cast(motion, "agree", receipt_id=uuid4(), by=resident)
    actions.change(motion, "abstain", receipt_id=uuid4(), by=resident)
    assert Ballot.objects.get().choice == "abstain"
    with pytest.raises(Refused, match="再按一次"):
        actions.change(motion, "abstain", receipt_id=uuid4(), by=neighbour)


def test_a_neighbour_with_my_receipt_number_gets_nothing(motion: Motion, resident: User, neighbour: User) -> None:
    number = uuid4()
    actions.cast(motion, "agree", receipt_id=number, by=resident)
    with pytest.raises(Refused, match="刷新页面"):
        actions.cast(motion, "against", receipt_id=number, by=neighbour)
    assert Ballot.objects.count() == 1


# --- Who votes for a household ------------------------------------------------------------------


def test_until_a_representative_is_named_any_adult_of_it_votes(motion: Motion, member: User) -> None:
    actions.cast(motion, "agree", receipt_id=uuid4(), by=member)
    assert Ballot.objects.get().by == member


def test_another_member_does_not_vote_or_change_it_again(motion: Motion, member: User, other_member: User) -> None:
    actions.cast(motion, "agree", receipt_id=uuid4(), by=member)
    with pytest.raises(Refused, match="家里另一位成员"):
        actions.cast(motion, "against", receipt_id=uuid4(), by=other_member)
    assert Ballot.objects.get().choice == "agree"


def test_where_there_is_a_representative_nobody_else_of_it_votes(motion: Motion, son: User) -> None:
    with pytest.raises(NotAllowed, match="户代表"):
        actions.cast(motion, "agree", receipt_id=uuid4(), by=son)


@pytest.mark.parametrize("who", ["minor", "unconfirmed", "stranger", "clerk", "stranger_clerk", "case_officer"])
def test_these_have_no_vote(request: pytest.FixtureRequest, motion: Motion, who: str) -> None:
    with pytest.raises(Refused):
        actions.cast(motion, "agree", receipt_id=uuid4(), by=request.getfixturevalue(who))
    assert not Ballot.objects.exists()


def test_a_superuser_has_no_vote_by_that(motion: Motion) -> None:
    root = User.objects.create_superuser("root")
    with pytest.raises(NotAllowed, match="登记住在哪一户"):
        actions.cast(motion, "agree", receipt_id=uuid4(), by=root)


WHO = ["resident", "neighbour", "chief", "member", "minor", "son", "unconfirmed", "stranger", "clerk"]


@pytest.mark.parametrize("who", WHO)
def test_the_reasons_and_the_statement_agree(request: pytest.FixtureRequest, motion: Motion, who: str) -> None:
    """The page asks ``why_not_vote``, the statement asks the database: they must say the same."""
    user = request.getfixturevalue(who)
    reasons = rules.why_not_vote(user, motion, unit_of(user, motion.roll))
    try:
        actions.cast(motion, "agree", receipt_id=uuid4(), by=user)
    except Refused as refusal:
        assert reasons == refusal.reasons
    else:
        assert reasons == []


# --- When ----------------------------------------------------------------------------------------


def test_a_second_before_the_end_it_counts(motion: Motion, resident: User, clock: Any) -> None:
    clock.move(seconds=(motion.closes_at - clock.now()).total_seconds() - 5)
    actions.cast(motion, "agree", receipt_id=uuid4(), by=resident)
    assert Ballot.objects.get().cast_at < motion.closes_at


def test_at_the_end_it_is_too_late_even_before_the_platform_closed_it(
    motion: Motion, resident: User, clock: Any
) -> None:
    clock.move(seconds=(motion.closes_at - clock.now()).total_seconds())
    with pytest.raises(Refused, match="24:00 截止"):
        actions.cast(motion, "agree", receipt_id=uuid4(), by=resident)


def test_a_change_after_the_end_is_refused_and_the_ballot_stays(motion: Motion, resident: User, way: Way) -> None:
    actions.cast(motion, "agree", receipt_id=uuid4(), by=resident)
    way.to_counting(motion)
    with pytest.raises(Refused, match="截止"):
        actions.cast(motion, "against", receipt_id=uuid4(), by=resident)
    assert Ballot.objects.get().choice == "agree"


def test_an_unknown_choice_is_refused(motion: Motion, resident: User) -> None:
    with pytest.raises(Refused) as refusal:
        actions.cast(motion, "maybe", receipt_id=uuid4(), by=resident)
    assert "choice" in refusal.value.fields


# --- What the database refuses (see test_ballot_guards.py) -----------------------------------------


def test_the_trail_of_a_ballot_is_not_edited(motion: Motion, resident: User) -> None:
    actions.cast(motion, "agree", receipt_id=uuid4(), by=resident)
    actions.cast(motion, "against", receipt_id=uuid4(), by=resident)
    with pytest.raises(Exception, match=r"permission denied|append-only"), transaction.atomic():
        BallotChange.objects.update(choice="against")


def test_a_registered_sheet_shuts_the_phone_out(
    motion: Motion, resident: User, chief: User, door_unit: Callable[[Household], Unit], household: Household
) -> None:
    actions.register_paper(door_unit(household), receipt_id=uuid4(), photo=a_picture(), choice="agree", by=chief)
    with pytest.raises(Refused, match="以纸质票为准"):
        actions.cast(motion, "against", receipt_id=uuid4(), by=resident)
