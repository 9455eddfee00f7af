"""Votes in a city full of votes: what is counted, published and listed of one reads that one and no others."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import QuerySet

from bench.plans import nodes, plans_of
from deliberation import actions, selectors, showing
from deliberation.models import Ballot, Motion, MotionStage
from minshi.clock import now
from minshi.paper import numbers
from minshi.residents.models import Residence
from minshi.rolls.models import Unit
from proposals.models import Card
from tests.cast import make_resident
from tests.city.conftest import BIG
from tests.world import World

RUNNING = (MotionStage.OPEN, MotionStage.CLOSED, MotionStage.COUNTING)


def streamed(rows: QuerySet[Any, Any]) -> dict[str, Any]:
    """The plan where rows are fetched one after the other, from a cursor: another one than for all at once.

    Its parameters are numbers: a cursor's statement takes none from outside.
    """
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) DECLARE streamed CURSOR FOR {sql % params}")
        plan: dict[str, Any] = cursor.fetchone()[0][0]["Plan"]
    return plan


def test_the_published_file_walks_the_ballots_of_its_motion(crowd: World) -> None:
    motion = crowd["big vote"]
    rows = motion.ballots.order_by("check_number").values_list("check_number", "choice")
    plan = streamed(rows)
    conditions = [node.get("Index Cond", "") for node in nodes(plan) if "Index Name" in node]
    assert conditions and all("motion_id" in condition for condition in conditions), plan
    assert len(list(selectors.export_lines(motion))) > BIG


def test_a_page_of_its_slips_reads_no_more_than_it_shows(crowd: World) -> None:
    asked = plans_of(lambda: selectors.receipts_page(crowd["big vote"], ""))
    assert sum(plan.read for plan in asked) < 500
    later = plans_of(lambda: selectors.receipts_page(crowd["big vote"], "C"))
    assert sum(plan.read for plan in later) < 500


def test_turnouts_are_counted_in_one_walk_over_the_ballots_of_what_runs(crowd: World) -> None:
    running = Motion.objects.filter(stage__in=RUNNING)
    Card.objects.filter(proposal__motions__in=running).update(turnout_due=now())
    ballots = Ballot.objects.filter(motion__in=running).count()
    counting = plans_of(actions.refresh_turnouts, by_index=True)[0]
    read = {table: rows for table, _how, rows in counting.scans}
    assert read["deliberation_ballot"] <= ballots + 100 < Ballot.objects.count() / 10
    assert read["rolls_unit"] <= Unit.objects.filter(roll__motion__in=running).count()


def test_what_was_counted_of_this_hour_is_not_looked_at_again(crowd: World) -> None:
    running = Motion.objects.filter(stage__in=RUNNING, proposal__isnull=False)
    Card.objects.filter(proposal__motions__in=running).update(turnout_due=now())
    actions.refresh_turnouts()
    later = set(Card.objects.filter(turnout_due__gt=now()).values_list("pk", flat=True))
    assert later == set(running.values_list("proposal", flat=True))
    asked = plans_of(actions.refresh_turnouts, by_index=True)
    assert [plan.read for plan in asked] == [0]


def test_what_i_voted_on_is_found_by_my_door_and_not_among_all_ballots(crowd: World) -> None:
    ballot = Ballot.objects.filter(speaker__user__isnull=False).exclude(motion=crowd["big vote"]).latest("cast_at")
    person = ballot.speaker
    assert person
    units = Unit.objects.filter(household__residences__person=person).distinct()
    asked = plans_of(lambda: showing.votes_cast(person.user), by_index=True)
    asked += plans_of(lambda: selectors.ballot_to_read(person.user, ballot.motion), by_index=True)
    read = [rows for plan in asked for table, _how, rows in plan.scans if table == "deliberation_ballot"]
    assert 0 < max(read) <= units.count() + 2 < Ballot.objects.count() / 100
    assert any(own.number == numbers.shown(ballot.slip_number) for own in showing.votes_cast(person.user))


def test_many_doors_are_answered_as_each_of_them_would_be(crowd: World) -> None:
    represented = Residence.objects.filter(is_representative=True, until=None, person__user__isnull=False).latest("pk")
    make_resident("同住人", represented.household)  # whom nobody asks, since another speaks for the door
    with connection.cursor() as cursor:
        cursor.execute(AGREE)
        assert cursor.fetchone() == (0,)


AGREE = """
SELECT count(*) FROM (
    SELECT home.household_id, home.person_id FROM residents_residence AS home
    WHERE why_not_speak(home.person_id, home.household_id, minshi_now(), false) = ''
        AND home.since <= minshi_now() AND (home.until IS NULL OR home.until > minshi_now())
) AS one FULL JOIN (
    SELECT household_id, person_id FROM speakers_of(ARRAY(SELECT id FROM territory_household), minshi_now())
) AS many USING (household_id, person_id)
WHERE one.person_id IS NULL OR many.person_id IS NULL
"""
