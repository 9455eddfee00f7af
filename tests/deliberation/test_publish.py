"""Closing to the instant, counting, and a result that nobody edits and everybody can recompute."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from deliberation import actions, rules, selectors
from deliberation.models import Motion, MotionStage
from minshi.accounts.models import User
from minshi.clock import as_owner
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.disclosure.models import Notice
from minshi.lifecycle.models import StepRecord
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from minshi.rolls.selectors import reached
from minshi.territory.models import Household
from proposals.models import Stage
from tests.cast import make_resident
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db


def vote(motion: Motion, households: list[Household], **choices: int) -> None:
    """So many households of the place vote so, online."""
    free = iter(motion.roll.units.filter(ballot=None).exclude(household__residences__isnull=False))
    for choice, number in choices.items():
        for _one in range(number):
            voter = make_resident("某住户", next(free).household)
            actions.cast(motion, choice, receipt_id=uuid4(), by=voter)


def finish(motion: Motion, way: Way, by: User | None = None) -> Motion:
    way.to_counting(motion)
    actions.publish(motion, by=by)
    motion.refresh_from_db()
    return motion


# --- Closing -------------------------------------------------------------------------------------


def test_the_platform_closes_it_at_its_end_and_starts_the_count(motion: Motion, way: Way) -> None:
    way.to_counting(motion)
    assert motion.stage == MotionStage.COUNTING
    assert [record.verb for record in StepRecord.objects.of(motion).order_by("id")] == ["open", "close", "count"]


def test_nobody_closes_it_early(motion: Motion, clerk: User) -> None:
    with pytest.raises(Refused, match="没有到截止"):
        actions.close(motion, by=None)
    with pytest.raises(Refused):
        actions.close(motion, by=clerk)


def test_the_count_is_on_the_clerks_desk_until_the_result_is_due(motion: Motion, way: Way) -> None:
    way.to_counting(motion)
    deadline = Deadline.objects.open().of(motion).get()
    assert (deadline.kind, deadline.due, deadline.role) == ("motion:publish", motion.publish_by, "clerk")


# --- The result ----------------------------------------------------------------------------------


def test_it_is_counted_and_carries_the_proposal_on(
    motion: Motion, households: list[Household], way: Way, clerk: User
) -> None:
    vote(motion, households, agree=7, against=1, abstain=1)
    finish(motion, way, by=clerk)
    assert (motion.agree, motion.against, motion.abstain, motion.passed) == (7, 1, 1, True)
    proposal = motion.proposal
    proposal.refresh_from_db()
    assert proposal.stage == Stage.CONSULTING
    proposal.card.refresh_from_db()
    assert (proposal.card.turnout, proposal.card.agreed, proposal.card.electorate) == (9, 7, 12)


def test_too_few_is_not_passed_and_ends_the_way(
    motion: Motion, households: list[Household], way: Way, clerk: User
) -> None:
    vote(motion, households, agree=7)  # two thirds of twelve are eight
    finish(motion, way, by=clerk)
    assert motion.passed is False
    motion.proposal.refresh_from_db()
    assert motion.proposal.stage == Stage.NOT_PASSED


def test_abstaining_takes_part_but_does_not_agree(
    motion: Motion, households: list[Household], way: Way, clerk: User
) -> None:
    vote(motion, households, agree=5, abstain=3)
    assert finish(motion, way, by=clerk).passed is False


def test_the_result_is_announced_and_those_asked_are_told(
    motion: Motion, households: list[Household], resident: User, way: Way, clerk: User
) -> None:
    vote(motion, households, agree=8)
    finish(motion, way, by=clerk)
    assert motion.notice.kind == "vote_result"
    assert ["同意", "8 户"] in motion.notice.table
    assert Message.objects.filter(user=resident, title__contains="结果：通过").exists()


def test_who_could_not_be_reached_is_said_with_the_result(
    motion: Motion, households: list[Household], way: Way, clerk: User, chief: User
) -> None:
    vote(motion, households, agree=8)
    actions.mark_unreachable(motion.roll.units.filter(ballot=None).first(), note="两次敲门无人", by=chief)
    assert finish(motion, way, by=clerk).unreachable == 1


def test_only_the_clerk_there_publishes(
    motion: Motion, way: Way, resident: User, chief: User, stranger_clerk: User
) -> None:
    way.to_counting(motion)
    for who in (resident, chief, stranger_clerk):
        with pytest.raises(NotAllowed), transaction.atomic():
            actions.publish(motion, by=who)
    assert not Notice.objects.filter(kind="vote_result").exists()


def test_it_waits_for_every_registered_sheet(motion: Motion, way: Way, chief: User, clerk: User) -> None:
    paper = actions.register_paper(
        motion.roll.units.first(), receipt_id=uuid4(), photo=a_picture(), choice="agree", by=chief
    )
    way.to_counting(motion)
    with pytest.raises(Refused, match="1 张登记过的纸票没有核对"):
        actions.publish(motion, by=clerk)
    actions.confirm_paper(paper, "agree", by=clerk)
    with pytest.raises(Refused, match="可以更正到"):
        actions.publish(motion, by=clerk)


def test_at_the_due_date_the_platform_publishes_what_is_ready(motion: Motion, way: Way, clock: Any) -> None:
    way.to_counting(motion)
    clock.move(seconds=(motion.publish_by - clock.now()).total_seconds())
    deadlines.sweep()
    motion.refresh_from_db()
    assert (motion.stage, motion.passed) == (MotionStage.PUBLISHED, False)
    assert not Deadline.objects.open().of(motion).exists()


def test_a_sheet_nobody_read_is_not_dropped_at_the_due_date(
    motion: Motion, way: Way, clock: Any, chief: User, clerk: User
) -> None:
    actions.register_paper(motion.roll.units.first(), receipt_id=uuid4(), by=chief)
    way.to_counting(motion)
    clock.move(seconds=(motion.publish_by - clock.now()).total_seconds())
    deadlines.sweep()
    motion.refresh_from_db()
    assert motion.stage == MotionStage.COUNTING
    waiting = Deadline.objects.open().of(motion).get()
    assert waiting.wakes_at and waiting.wakes_at > waiting.due == motion.publish_by
    assert Message.objects.filter(user=clerk, title__startswith="逾期").exists()
    motion.proposal.refresh_from_db()
    assert motion.proposal.due_at == motion.publish_by


# --- Anyone can check it -------------------------------------------------------------------------


def test_the_digest_is_that_of_the_published_file(
    motion: Motion, households: list[Household], way: Way, clerk: User
) -> None:
    vote(motion, households, agree=6, against=2, abstain=1)
    finish(motion, way, by=clerk)
    published = "".join(selectors.export_lines(motion)).encode()
    assert hashlib.sha256(published).hexdigest() == motion.digest


def test_the_file_names_nobody_and_says_nothing_of_when(
    motion: Motion, households: list[Household], way: Way, clerk: User
) -> None:
    vote(motion, households, agree=8)
    finish(motion, way, by=clerk)
    lines = "".join(selectors.export_lines(motion)).removeprefix("\ufeff").splitlines()
    assert lines[0] == "核对号,选择"
    assert len(lines) == 9
    assert lines[1:] == sorted(lines[1:])
    assert all(line.endswith(",同意") and len(line) == 17 for line in lines[1:])


def test_while_it_runs_only_the_turnout_is_on_the_card(
    motion: Motion, households: list[Household], chief: User, clock: Any
) -> None:
    vote(motion, households, agree=3, against=2)
    actions.register_paper(motion.roll.units.filter(ballot=None).first(), receipt_id=uuid4(), by=chief)
    assert actions.refresh_turnouts() == 0
    clock.move(hours=6)
    assert actions.refresh_turnouts() == 1
    assert actions.refresh_turnouts() == 0
    card = motion.proposal.card
    card.refresh_from_db()
    assert (card.turnout, card.agreed) == (6, None)


# --- What the database refuses -------------------------------------------------------------------


@pytest.fixture
def published(motion: Motion, households: list[Household], way: Way, clerk: User) -> Motion:
    vote(motion, households, agree=8)
    return finish(motion, way, by=clerk)


@pytest.mark.parametrize("change", [{"agree": 9}, {"passed": False}, {"digest": "0" * 64}, {"stage": "open"}])
def test_the_published_tally_is_not_edited(published: Motion, change: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="as it was published"), transaction.atomic():
        Motion.objects.filter(pk=published.pk).update(**change)


@pytest.mark.django_db(transaction=True)
def test_not_even_by_the_owner(published: Motion) -> None:
    with as_owner() as owner, pytest.raises(Exception, match="as it was published"):
        owner.execute("UPDATE deliberation_motion SET agree = 12, against = 0")


def _publish_raw(motion: Motion, **results: Any) -> None:
    """What somebody with the application's database password could try."""
    StepRecord.objects.create(
        subject_type="deliberation.motion",
        subject_id=motion.pk,
        verb="publish",
        source="counting",
        target="published",
        label="公布结果",
    )
    told = {"agree": 0, "against": 0, "abstain": 0, "on_paper": 0, "unreachable": 0, "passed": False}
    told |= {"agree_m2": 0, "against_m2": 0, "abstain_m2": 0}
    Motion.objects.filter(pk=motion.pk).update(
        stage="published", digest="0" * 64, published_at=motion.closes_at, **{**told, **results}
    )


@pytest.mark.parametrize("false", [{"agree": 12, "passed": True}, {"against": 1}, {"on_paper": 1}])
def test_a_tally_that_is_not_the_ballots_is_refused(motion: Motion, way: Way, false: dict[str, Any]) -> None:
    way.to_counting(motion)
    with pytest.raises(IntegrityError, match="not the ballots"), transaction.atomic():
        _publish_raw(motion, **false)


def test_an_outcome_that_is_not_the_rules_is_refused(motion: Motion, households: list[Household], way: Way) -> None:
    vote(motion, households, agree=7)
    way.to_counting(motion)
    with pytest.raises(IntegrityError, match="not what its rule says"), transaction.atomic():
        _publish_raw(motion, agree=7, passed=True)


def test_a_registered_sheet_is_not_left_out(motion: Motion, way: Way, chief: User) -> None:
    actions.register_paper(motion.roll.units.first(), receipt_id=uuid4(), by=chief)
    way.to_counting(motion)
    with pytest.raises(IntegrityError, match="not counted"), transaction.atomic():
        _publish_raw(motion)


def test_it_is_not_closed_early_by_raw_sql(motion: Motion) -> None:
    StepRecord.objects.create(
        subject_type="deliberation.motion",
        subject_id=motion.pk,
        verb="close",
        source="open",
        target="closed",
        label="x",
    )
    with pytest.raises(IntegrityError, match="closes at"), transaction.atomic():
        Motion.objects.filter(pk=motion.pk).update(stage="closed")


# --- The arithmetic ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "whole", "share", "expected"),
    [
        (8, 12, "2/3", True),
        (7, 12, "2/3", False),
        (129, 193, "2/3", True),
        (128, 193, "2/3", False),
        (5, 10, "1/2", False),
        (6, 10, "1/2", True),
        (3, 4, "3/4", True),
        (74, 99, "3/4", False),
        (75, 99, "3/4", True),
        (12, 12, "1/1", True),
        (11, 12, "1/1", False),
        (0, 0, "2/3", False),
    ],
)
def test_shares_are_exact(part: int, whole: int, share: str, expected: bool) -> None:
    assert reached(part, whole, share) is expected
    if whole:
        assert (part >= rules.needed(whole, share)) is expected


def test_the_least_number_that_is_named_is_the_one_that_reaches(db: None) -> None:
    for whole in range(1, 25):
        for share in ("1/2", "2/3", "3/4", "1/1", "4/6", "2/4"):
            least = rules.needed(whole, share)
            assert [reached(part, whole, share) for part in (least - 1, least)] == [False, least <= whole]


CARRIES = "SELECT weight_carries(%s, %s, %s, %s, %s, 'roll', %s, 'cast')"


@pytest.mark.parametrize(
    ("agree", "against", "abstain", "roll", "quorum", "share", "passed"),
    [
        (4, 4, 0, 10, "1/2", "1/3", False),  # a tie fails whatever the threshold
        (5, 4, 0, 10, "1/2", "1/3", True),
        (163, 0, 0, 193, "2/3", "2/3", True),  # 东风巷14号院
        (128, 0, 0, 193, "2/3", "2/3", False),
        (86, 0, 43, 193, "2/3", "2/3", True),
        (85, 0, 44, 193, "2/3", "2/3", False),
    ],
)
def test_the_rule_of_voting(
    agree: int, against: int, abstain: int, roll: int, quorum: str, share: str, passed: bool
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(CARRIES, [agree, against, abstain, roll, quorum, share])
        assert cursor.fetchone()[0] is passed


def test_the_rule_is_said_in_one_sentence(motion: Motion) -> None:
    motion.electorate = 193
    assert rules.as_sentence(motion) == (
        "名册 193 户，至少 129 户参加（三分之二），参加的里三分之二同意才算通过，一样多不算通过。"
    )


def test_a_ballot_changed_since_the_last_hour_counts_as_before(
    motion: Motion, households: list[Household], resident: User, clock: Any
) -> None:
    actions.cast(motion, "agree", receipt_id=uuid4(), by=resident)
    clock.move(hours=6)
    assert actions.refresh_turnouts() == 1
    assert resident_door(motion, households) not in listed(motion)
    actions.cast(motion, "against", receipt_id=uuid4(), by=resident)
    assert actions.refresh_turnouts() == 0
    assert resident_door(motion, households) not in listed(motion)


def resident_door(motion: Motion, households: list[Household]) -> int:
    return int(motion.roll.units.get(household=households[0]).pk)


def listed(motion: Motion) -> set[int]:
    return {unit.pk for unit in selectors.units_to_visit(motion, selectors.lists_as_of(motion))}
