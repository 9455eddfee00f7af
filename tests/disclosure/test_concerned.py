"""Of those that benefit a third reopens a notice; others of the place are heard and answered, and not counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import Error, IntegrityError, transaction
from django.test import Client

from minshi.accounts.models import User
from minshi.disclosure.actions import answer, correct, object_to, read_again
from minshi.disclosure.models import Concerned, Notice, Objection
from minshi.notifications.models import Message
from minshi.territory.models import Household
from tests.cast import make_resident
from tests.disclosure.conftest import FACTS
from tests.way import a_picture

pytestmark = pytest.mark.django_db
Post = Callable[..., Notice]


@pytest.fixture
def few(post_notice: Post, households: list[Household]) -> Notice:
    """The doors from the fourth to the sixth benefit."""
    return post_notice(doors=[door.pk for door in households[3:6]])


def fresh(notice: Notice) -> Notice:
    return Notice.objects.get(pk=notice.pk)


def test_the_number_is_of_the_list(few: Notice) -> None:
    assert (few.households, few.reopen_households) == (3, 1)


def test_a_third_is_of_those_that_benefit(few: Notice, resident: User, households: list[Household]) -> None:
    beside = object_to(few, facts=FACTS, by=resident)
    assert beside.household is None and fresh(few).reopened_at is None
    assert fresh(few).objections_open == 1, "it is heard, and holds the gate until it is answered"
    object_to(few, facts=FACTS, by=make_resident("受益人", households[3]))
    assert fresh(few).objecting_households == 1 and fresh(few).reopened_at


def test_what_is_written_down_for_another_counts_alike(few: Notice, clerk: User, households: list[Household]) -> None:
    given: dict[str, Any] = {"facts": FACTS, "channel": "hall", "by": clerk}
    object_to(few, **given, name="别家人", household=households[0])
    assert fresh(few).objecting_households == 0
    object_to(few, **given, name="受益人", household=households[4])
    assert fresh(few).objecting_households == 1


def test_whose_door_was_named_hears_of_the_answer_though_it_does_not_count(
    few: Notice, clerk: User, resident: User, households: list[Household]
) -> None:
    named = object_to(few, facts=FACTS, channel="hall", name="某人", household=households[0], by=clerk)
    answer(named, text="已经向您说明清楚。", outcome=Objection.Outcome.EXPLAINED, by=clerk)
    assert Message.objects.of(resident).filter(event="objection.answered").exists()


def test_on_paper_it_counts_once_two_read_a_door_that_benefits(
    few: Notice, clerk: User, supervisor: User, households: list[Household]
) -> None:
    for door, counted in ((households[0], 0), (households[5], 1)):
        given = {"channel": "paper", "name": "某人", "household": door, "photo": a_picture()}
        read_again(object_to(few, facts=FACTS, **given, by=clerk), door, by=supervisor)
        assert fresh(few).objecting_households == counted


def test_the_database_counts_no_door_that_does_not_benefit(few: Notice, households: list[Household]) -> None:
    objection = object_to(few, facts=FACTS, by=make_resident("受益人", households[3]))
    facts = {
        field.attname: getattr(objection, field.attname)
        for field in Objection._meta.concrete_fields
        if field.attname not in ("id", "ordinal", "by_id", "speaker_id", "household_id")
    }
    with pytest.raises(IntegrityError, match="none of those that benefit"), transaction.atomic():
        Objection.objects.create(**facts, ordinal=2, household=households[0])


def test_a_list_stays_and_comes_with_its_notice(
    few: Notice, post_notice: Post, clerk: User, resident: User, households: list[Household]
) -> None:
    with pytest.raises(Error), transaction.atomic():
        Concerned.objects.filter(notice=few).update(doors=[])
    whole = post_notice(title="另一份公示")
    with pytest.raises(IntegrityError, match="from its posting"), transaction.atomic():
        Concerned.objects.create(notice=whole, doors=[households[0].pk])
    corrected = correct(few, reason="预算写错了", by=clerk)
    assert corrected.concerned.doors == few.concerned.doors and corrected.households == 3


def test_without_a_list_the_whole_place_counts(post_notice: Post, resident: User) -> None:
    notice = post_notice(households=12)
    assert object_to(notice, facts=FACTS, by=resident).household is not None


def test_who_does_not_benefit_reads_so_and_is_answered(
    few: Notice, resident: User, clerk: User, client_of: Callable[[User | None], Client]
) -> None:
    page = client_of(resident).get(f"/notices/{few.number}/object/").content.decode()
    assert "您家不在这件事的受益户里" in page and "按您家一户计" not in page
    objection = object_to(few, facts=FACTS, by=resident)
    answer(objection, text="已经向您说明清楚。", outcome=Objection.Outcome.EXPLAINED, by=clerk)
    assert fresh(few).objections_open == 0
