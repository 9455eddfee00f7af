"""One household, one answer, whatever arrives at once over whichever channel; and what was acknowledged is counted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from evaluation.actions.paper import confirm_paper, enter_paper, register_paper
from evaluation.actions.surveys import end_window, rate
from evaluation.models import PaperAnswer, Survey
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.clock import as_owner
from minshi.refusals import Refused
from minshi.rolls.models import Unit
from minshi.territory.models import Household
from tests.way import a_picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill]

DRILL = os.environ.get("MINSHI_DRILL") == "1"
HOUSEHOLDS, TRIES = (50, 12) if DRILL else (16, 6)
THREADS = 8


def storm(attempt: Callable[[int], bool], attempts: int) -> int:
    """All at once from all threads; how many were acknowledged."""

    def one(number: int) -> bool:
        try:
            return attempt(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        return sum(threads.map(one, range(attempts)))


def test_phone_and_paper_at_once_leave_one_answer_per_household(
    survey: Survey, raters: list[User], fifty: list[Household], chief: User, supervisor: User, case_officer: User
) -> None:
    units = {unit.household_id: unit.pk for unit in survey.roll.units.all()}

    def attempt(number: int) -> bool:
        household, turn = number % HOUSEHOLDS, number // HOUSEHOLDS
        try:
            if turn % 3 == 2:
                unit = Unit.objects.get(pk=units[fifty[household].pk])
                sheet = register_paper(unit, receipt_id=uuid4(), by=chief)
                enter_paper(sheet, level=2, photo=a_picture(), by=supervisor)
            else:
                rate(survey, level=1 + turn % 5, by=User.objects.get(pk=raters[household].pk))
        except Refused:
            return False
        return True

    assert storm(attempt, HOUSEHOLDS * TRIES) >= HOUSEHOLDS
    sheets = list(PaperAnswer.objects.values_list("pk", flat=True))
    assert len(sheets) == HOUSEHOLDS

    def read(number: int) -> bool:
        """Two at once over each sheet: it is counted once."""
        try:
            confirm_paper(PaperAnswer.objects.get(pk=sheets[number // 2]), level=2, by=case_officer)
        except Refused:
            return False
        return True

    assert storm(read, 2 * HOUSEHOLDS) == HOUSEHOLDS
    assert survey.answers.count() == HOUSEHOLDS
    assert survey.answers.values("unit__household").distinct().count() == HOUSEHOLDS
    # Where a signed sheet came in, it stands.
    assert set(survey.answers.values_list("channel", flat=True)) == {"paper"}


@pytest.fixture
def naive_answers() -> Iterator[None]:
    with as_owner() as owner:
        owner.execute("CREATE TABLE naive_answer (household int NOT NULL)")
        owner.execute("GRANT ALL ON naive_answer TO PUBLIC")
    yield
    with as_owner() as owner:
        owner.execute("DROP TABLE naive_answer")


def test_looking_before_writing_lets_households_answer_twice(naive_answers: None) -> None:
    """The naive twin: "has it answered?" and then an insert, with nothing unique in the database."""

    def attempt(number: int) -> bool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM naive_answer WHERE household = %s", [number % HOUSEHOLDS])
            if cursor.fetchone():
                return False
            cursor.execute("SELECT pg_sleep(0.01)")
            cursor.execute("INSERT INTO naive_answer VALUES (%s)", [number % HOUSEHOLDS])
            return True

    # The tries of one household come one after the other, as from an impatient thumb.
    assert storm(lambda number: attempt(number // TRIES), HOUSEHOLDS * TRIES) > HOUSEHOLDS


def test_every_answer_acknowledged_before_the_end_is_in_the_result(survey: Survey, raters: list[User]) -> None:
    Survey.objects.filter(pk=survey.pk).update(
        extended_at=survey.opens_at, closes_at=survey.closes_at + timedelta(days=1)
    )
    survey.refresh_from_db()
    people = [raters[number].pk for number in range(50)]
    platform_clock.set_to(survey.closes_at - timedelta(milliseconds=250))

    def attempt(number: int) -> bool:
        if number % 7 == 6:
            end_window(Survey.objects.select_related("proposal__place").get(pk=survey.pk), by=None)
            return False
        try:
            rate(Survey.objects.get(pk=survey.pk), level=1, by=User.objects.get(pk=people[number % 50]))
        except Refused:
            return False
        return True

    for turn in range(20):
        if Survey.objects.get(pk=survey.pk).stage == "closed":
            break
        storm(lambda number, start=turn * 70: attempt(start + number), 70)
    survey.refresh_from_db()
    assert survey.stage == "closed"
    assert survey.answers_count == survey.answers.count()
    assert all(answer.at < survey.closes_at for answer in survey.answers.all())
