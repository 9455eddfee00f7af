"""Votes by area: sums over folded groups, from which no owner's choice follows; two who stand apart add them up."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import combinations
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from deliberation import actions, selectors
from deliberation.actions.motions import OWNERS, ask
from deliberation.models import AreaCount, Motion
from deliberation.rules import Area, folded_areas
from minshi.accounts.models import User
from minshi.clock import now
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Ownership
from minshi.rolls.actions import freeze_owners
from minshi.territory.actions import add_households
from minshi.territory.models import Household, Territory
from tests.cast import make_resident
from tests.conftest import Clock

pytestmark = pytest.mark.django_db
LEAST = 5


def areas(*counted: tuple[int, str]) -> list[Area]:
    names = ("同意", "不同意", "弃权")
    return [Area((name,), units, Decimal(m2)) for name, (units, m2) in zip(names, counted, strict=True)]


def told(found: list[Area]) -> list[tuple[str, str]]:
    return [("、".join(area.names), str(area.m2)) for area in found]


def test_a_choice_of_few_is_told_with_another() -> None:
    found = folded_areas(areas((30, "2400"), (7, "500"), (2, "161")), absent=6, roll=45, least=LEAST)
    assert told(found) == [("同意", "2400"), ("弃权、不同意", "661")]


def test_one_against_hides_among_all() -> None:
    found = folded_areas(areas((30, "2400"), (1, "80.05"), (0, "0")), absent=6, roll=37, least=LEAST)
    assert told(found) == [("不同意、同意", "2480.05")]


@pytest.mark.parametrize(("absent", "roll"), [(1, 40), (4, 43), (0, 19)])
def test_who_stayed_away_alone_and_a_small_roll_are_told_nothing_of(absent: int, roll: int) -> None:
    assert folded_areas(areas((20, "1600"), (10, "800"), (9, "700")), absent=absent, roll=roll, least=LEAST) == []


def test_no_sum_no_difference_and_no_remainder_is_of_few() -> None:
    sizes = (0, 1, 4, 5, 9, 20)
    for one in sizes:
        for other in sizes:
            for third in sizes:
                for absent in (0, 1, 5, 30):
                    units = {"同意": one, "不同意": other, "弃权": third, "未参加": absent}
                    roll = sum(units.values())
                    found = folded_areas(areas((one, "1"), (other, "1"), (third, "1")), absent, roll, LEAST)
                    known = [set(area.names) for area in found]
                    rest = set(units) - set().union(*known) if found else set()
                    for part in [*known, rest]:
                        assert not found or sum(units[name] for name in part) in (0, *range(LEAST, roll + 1)), units
                    for a, b in combinations(known, 2):
                        assert not a & b


@pytest.fixture
def counted(yard: Territory, building: Territory, clerk: User, clock: Clock) -> Motion:
    """Twenty-four owners; twelve agree, two are against, one abstains, nine stay away; it is being counted."""
    doors = add_households(place=building, addresses=[f"7{door:02d}" for door in range(24)], by=None)
    owners = []
    for number, door in enumerate(doors):
        Household.objects.filter(pk=door.pk).update(area_m2=Decimal(f"{60 + number}.{number:02d}"))
        owners.append(make_resident(f"业主{number}", door))
        Ownership.objects.create(household=door, person=owners[-1].person)
    roll = freeze_owners(Household.objects.filter(pk__in=[door.pk for door in doors]), by=clerk)
    motion = ask(yard, roll=roll, rule=OWNERS, question="加装电梯，您同意吗？", by=clerk)
    for number, user in enumerate(owners[:15]):
        choice = "agree" if number < 12 else "against" if number < 14 else "abstain"
        actions.cast(motion, choice, receipt_id=uuid4(), by=user)
    clock.move(seconds=(motion.closes_at - now()).total_seconds() + 1)
    actions.close(motion, by=None)
    actions.count(motion, by=None)
    motion.refresh_from_db()
    return motion


SUMS = {"agree_m2": Decimal("786.66"), "against_m2": Decimal("145.25"), "abstain_m2": Decimal("74.14")}


def test_the_notice_tells_folded_sums_and_no_owners_area(counted: Motion, clock: Clock) -> None:
    clock.move(seconds=(counted.publish_by - now()).total_seconds() + 1)
    actions.publish(counted, by=None)
    counted.refresh_from_db()
    body = counted.notice.body  # type: ignore[union-attr]
    assert "不同意、弃权、同意共约 1006 平方米" in body and "两位计票人复核" in body
    for exact in (*SUMS.values(), *(unit.area_m2 for unit in counted.roll.units.all())):
        assert str(exact) not in body
    assert "".join(selectors.export_lines(counted)).count(",同意") == 12  # persons are recounted by anybody


def test_two_who_stand_apart_add_them_up_and_the_page_says_so(
    counted: Motion, case_officer: User, approver: User, clerk: User
) -> None:
    assert selectors.areas_said(counted).endswith("还没有人复核。")
    with pytest.raises(NotAllowed):
        actions.count_areas(counted, **SUMS, by=clerk)
    with pytest.raises(Refused) as refused:
        actions.count_areas(counted, **SUMS | {"against_m2": Decimal("145.35")}, by=case_officer)
    assert set(refused.value.fields) == {"against_m2"}
    actions.count_areas(counted, **SUMS, by=case_officer)
    assert selectors.areas_said(counted).endswith("还要一位。")
    with pytest.raises(Refused, match="另一位"), transaction.atomic():
        actions.count_areas(counted, **SUMS, by=case_officer)
    actions.count_areas(counted, **SUMS, by=approver)
    assert selectors.areas_said(counted).endswith("两位已经各自加过，和公布的一致。")


def test_the_database_takes_no_count_that_is_not_the_ballots(counted: Motion, case_officer: User) -> None:
    with pytest.raises(IntegrityError, match="add up to"), transaction.atomic():
        AreaCount.objects.create(motion=counted, by=case_officer, **SUMS | {"agree_m2": Decimal("786.67")})


def test_the_counter_reads_areas_and_no_door(
    counted: Motion, case_officer: User, client_of: Callable[[User | None], Client]
) -> None:
    client: Any = client_of(case_officer)
    page = f"/admin/deliberation/motion/{counted.pk}/do/count-areas/"
    text = client.get(page).content.decode()
    assert "72.12、73.13" in text and "74.14" in text
    for unit in counted.roll.units.select_related("household"):
        assert unit.household is None or unit.household.address not in text.split("<form")[1]
    assert client.post(page, {"agree_m2": "1", "against_m2": "145.25", "abstain_m2": "74.14"}).status_code == 422
    assert client.post(page, {name: str(m2) for name, m2 in SUMS.items()}).status_code == 302
    assert AreaCount.objects.get().by == case_officer
