"""Votes of owners, by persons and by area, and of residents: asked, cast, counted; they have no pages yet."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest

from deliberation import actions
from deliberation.actions.motions import OWNERS, RESIDENTS, ask
from deliberation.models import Ballot, Motion, MotionStage
from minshi.accounts.models import User
from minshi.clock import now, today
from minshi.refusals import NotAllowed, Refused
from minshi.residents import actions as residents
from minshi.residents.models import Ownership, Person
from minshi.rolls.actions import freeze_owners, freeze_residents
from minshi.rolls.models import Unit
from minshi.territory.models import Household, Territory
from tests.cast import make_resident
from tests.conftest import Clock
from tests.way import Way

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(flats: list[Household], owners: dict[str, User], yard: Territory, clerk: User) -> Motion:
    """Five owners with 450.30 m² in all: two thirds of both must take part, three quarters of both agree."""
    roll = freeze_owners(Household.objects.filter(pk__in=[door.pk for door in flats]), by=clerk)
    return ask(yard, roll=roll, rule=OWNERS, question="加装电梯，您同意吗？", by=clerk)


def vote(motion: Motion, **choices: tuple[User, str]) -> None:
    for user, choice in choices.values():
        actions.cast(motion, choice, receipt_id=uuid4(), by=user)


def publish(motion: Motion, clock: Clock) -> Motion:
    for end in (motion.closes_at, motion.publish_by):
        clock.move(seconds=(end - now()).total_seconds() + 1)
        if motion.stage == MotionStage.OPEN:
            actions.close(motion, by=None)
            actions.count(motion, by=None)
    actions.publish(motion, by=None)
    motion.refresh_from_db()
    return motion


def test_owners_are_counted_in_persons_and_in_square_metres(
    asked: Motion,
    owners: dict[str, User],
    clock: Clock,
) -> None:
    assert (asked.electorate, asked.roll.area_m2, asked.by_area) == (5, Decimal("450.30"), True)
    vote(asked, a=(owners["two"], "agree"), b=(owners["wife"], "agree"), c=(owners["third"], "agree"))
    vote(asked, d=(owners["fourth"], "against"))
    told = publish(asked, clock)
    assert (told.agree, told.against, told.abstain) == (3, 1, 0)
    assert (told.agree_m2, told.against_m2) == (Decimal("280.20"), Decimal("80.05"))
    assert told.passed is True  # 3 of 4 persons, 280.20 of 360.25 m²: 77.8 %


def test_enough_persons_with_too_little_area_do_not_carry_it(
    asked: Motion,
    owners: dict[str, User],
    clock: Clock,
) -> None:
    vote(asked, a=(owners["two"], "against"), b=(owners["wife"], "agree"), c=(owners["third"], "agree"))
    vote(asked, d=(owners["fourth"], "agree"))
    told = publish(asked, clock)
    assert (told.agree, told.against) == (3, 1)
    assert told.passed is False  # 210.15 of 360.25 m²: 58 %


def test_the_quorum_is_asked_of_the_area_too(asked: Motion, owners: dict[str, User], clock: Clock) -> None:
    vote(asked, a=(owners["wife"], "agree"), b=(owners["third"], "agree"), c=(owners["fourth"], "agree"))
    told = publish(asked, clock)
    assert told.passed is False  # 3 of 5 persons is under two thirds, 210.15 of 450.30 m² as well


def test_of_co_owners_one_casts_and_who_cast_may_change(asked: Motion, owners: dict[str, User]) -> None:
    vote(asked, a=(owners["wife"], "agree"))
    with pytest.raises(Refused, match="另一位成员"):
        vote(asked, a=(owners["husband"], "against"))
    vote(asked, a=(owners["wife"], "against"))
    assert Ballot.objects.get().choice == "against"


def test_an_owner_need_not_live_there_and_a_neighbour_who_does_has_no_say(
    asked: Motion,
    owners: dict[str, User],
    resident: User,
) -> None:
    vote(asked, a=(owners["third"], "agree"))
    with pytest.raises((NotAllowed, Refused)):
        vote(asked, a=(resident, "agree"))


def test_a_new_owner_votes_where_the_old_one_had_not(
    asked: Motion,
    owners: dict[str, User],
    flats: list[Household],
    resident: User,
) -> None:
    sold = Ownership.objects.get(household=flats[3])
    sold.until = now()
    sold.save(update_fields=["until"])
    Ownership.objects.create(household=flats[3], person=resident.person)
    with pytest.raises((NotAllowed, Refused)):
        vote(asked, a=(owners["fourth"], "agree"))
    vote(asked, a=(resident, "agree"))
    assert Ballot.objects.get().unit.area_m2 == Decimal("80.05")


def test_who_owns_parts_of_several_units_names_the_one(
    asked: Motion,
    owners: dict[str, User],
    flats: list[Household],
    yard: Territory,
    clerk: User,
) -> None:
    """A person speaks once for each unit they have a part in (domain.md 5: owners follow 278)."""
    Ownership.objects.create(household=flats[2], person=owners["wife"].person)
    roll = freeze_owners(Household.objects.filter(pk__in=[door.pk for door in flats]), by=clerk)
    motion = ask(yard, roll=roll, rule=OWNERS, question="换水管，您同意吗？", by=clerk)
    mine = Unit.objects.filter(roll=roll, shares__ownership__person=owners["wife"].person)
    for unit in mine:
        actions.cast(motion, "agree", receipt_id=uuid4(), unit=unit, by=owners["wife"])
    assert motion.ballots.filter(speaker=owners["wife"].person).count() == mine.count() == 2


def test_residents_vote_each_for_themselves(
    resident: User, neighbour: User, chief: User, yard: Territory, clerk: User, clock: Clock, stranger: User
) -> None:
    people = Person.objects.filter(user__in=[resident, neighbour, chief])
    motion = ask(
        yard, roll=freeze_residents(people, by=clerk), rule=RESIDENTS, question="修改居民公约，您同意吗？", by=clerk
    )
    vote(motion, a=(resident, "agree"), b=(neighbour, "agree"))
    with pytest.raises(Refused, match="名册"):
        vote(motion, c=(stranger, "agree"))
    told = publish(motion, clock)
    assert (told.electorate, told.agree, told.passed) == (3, 2, True)
    assert "名册 3 人" in told.notice.basis


def test_whoever_comes_of_age_while_a_vote_runs_speaks_for_their_door_and_joins_no_frozen_roll(
    yard: Territory, households: list[Household], clerk: User, resident: User, way: Way
) -> None:
    """A household votes through any adult of today; a roll of residents was frozen when the vote began."""
    minor = make_resident("少年", households[9], adult=False)
    of_doors = Motion.objects.get(proposal=way.voting())
    people = Person.objects.filter(residences__household__place__path__startswith=yard.path)
    of_people = ask(yard, roll=freeze_residents(people, by=clerk), rule=RESIDENTS, question="修改公约？", by=clerk)
    for motion in (of_doors, of_people):
        with pytest.raises(NotAllowed):
            actions.cast(motion, "agree", receipt_id=uuid4(), by=minor)
    Person.objects.filter(user=minor).update(born=today().replace(year=today().year - 19, day=1))
    residents.come_of_age(Person.objects.get(user=minor), by=None)
    adult = User.objects.get(pk=minor.pk)
    actions.cast(of_doors, "agree", receipt_id=uuid4(), by=adult)
    assert Ballot.objects.get(motion=of_doors, unit__household=households[9]).speaker == adult.person
    with pytest.raises(Refused):
        actions.cast(of_people, "agree", receipt_id=uuid4(), by=adult)
    assert not of_people.roll.units.filter(person=adult.person).exists()
    actions.cast(of_people, "agree", receipt_id=uuid4(), by=resident)
