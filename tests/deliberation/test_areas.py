"""Votes by area: sums over folded groups, from which no owner's choice follows; two who stand apart add them up."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import combinations
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client

from deliberation import actions, selectors
from deliberation.actions.motions import OWNERS, ask
from deliberation.lifecycle import AREAS
from deliberation.models import AreaCount, Motion, MotionStage
from deliberation.rules import Area, folded_areas
from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Ownership, Residence, Role
from minshi.rolls.actions import freeze_owners
from minshi.territory.actions import add_households
from minshi.territory.models import Household, Territory
from tests.cast import grant, make_resident
from tests.conftest import Clock
from tests.way import a_picture

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


def test_the_notice_tells_folded_sums_and_no_owners_area(
    counted: Motion, clock: Clock, case_officer: User, approver: User
) -> None:
    for counter in (case_officer, approver):
        actions.count_areas(counted, **SUMS, by=counter)
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


# --- The result waits for both -----------------------------------------------------------------------


def overdue(motion: Motion, clock: Clock) -> None:
    clock.move(seconds=(motion.publish_by - now()).total_seconds() + 1)
    deadlines.sweep()
    motion.refresh_from_db()


def waited_for() -> Deadline:
    return Deadline.objects.open().get(kind=AREAS)


@pytest.fixture
def waiting(case_officer: User, approver: User, cashier: User, district_officer: User, counted: Motion) -> Motion:
    """Three stand apart at the street before it is counted."""
    return counted


def test_the_result_waits_for_two_and_the_database_asks_the_same(
    waiting: Motion, case_officer: User, approver: User, clerk: User, clock: Clock
) -> None:
    with pytest.raises(Refused, match=r"还要 2 位计票人各自加一遍：甲街道"):
        actions.publish(waiting, by=clerk)
    publish = """
        UPDATE deliberation_motion SET stage = 'published', agree = t.agree, against = t.against, abstain = t.abstain,
            agree_m2 = t.agree_m2, against_m2 = t.against_m2, abstain_m2 = t.abstain_m2, on_paper = t.on_paper,
            unreachable = 0, passed = motion_passes(jsonb_populate_record(m, to_jsonb(t))),
            published_at = minshi_now(), digest = repeat('0', 64)
        FROM deliberation_motion AS m, motion_tally(m.roll_id) AS t
        WHERE m.id = deliberation_motion.id AND m.id = %s
    """
    with pytest.raises(DatabaseError, match="added up by two"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(publish, [waiting.pk])
    overdue(waiting, clock)
    assert waiting.stage == MotionStage.COUNTING
    actions.count_areas(waiting, **SUMS, by=case_officer)
    with pytest.raises(Refused, match=r"还要 1 位"):
        actions.publish(waiting, by=clerk)
    actions.count_areas(waiting, **SUMS, by=approver)
    waiting.refresh_from_db()
    assert waiting.stage == MotionStage.PUBLISHED  # it was overdue: nobody waits any longer
    assert not Deadline.objects.open().filter(subject_type="deliberation.motion").exists()


def test_in_time_it_is_published_when_it_is_due_or_by_the_clerk(
    waiting: Motion, case_officer: User, approver: User, clock: Clock
) -> None:
    for counter in (case_officer, approver):
        actions.count_areas(waiting, **SUMS, by=counter)
    waiting.refresh_from_db()
    assert waiting.stage == MotionStage.COUNTING
    overdue(waiting, clock)
    assert waiting.stage == MotionStage.PUBLISHED


def test_whoever_is_next_has_it_on_the_desk_and_all_are_told(
    waiting: Motion, case_officer: User, approver: User, cashier: User, clock: Clock, client_of: Any
) -> None:
    row = waited_for()
    assert (row.role, row.due) == (Role.CASE_OFFICER, waiting.publish_by)
    for counter in (case_officer, approver, cashier):
        assert Message.objects.filter(user=counter, title__startswith="请复核面积").exists()
    assert "复核面积" in client_of(case_officer).get("/admin/").content.decode()
    actions.count_areas(waiting, **SUMS, by=case_officer)
    assert waited_for().role == Role.APPROVER
    overdue(waiting, clock)
    for counter, hears in ((case_officer, False), (approver, True), (cashier, True)):
        assert Message.objects.filter(user=counter, title__startswith="逾期：复核面积").exists() is hears
    row = waited_for()
    assert row.due == waiting.publish_by and row.wakes_at and row.wakes_at > now()


def test_nobody_adds_up_what_may_still_change(
    flats: list[Household],
    owners: dict[str, User],
    yard: Territory,
    clerk: User,
    chief: User,
    case_officer: User,
    clock: Clock,
) -> None:
    motion = ask(yard, roll=freeze_owners(Household.objects.filter(pk__in=[door.pk for door in flats]), by=clerk),
                 rule=OWNERS, question="加装电梯，您同意吗？", by=clerk)  # fmt: skip
    actions.register_paper(
        motion.roll.units.order_by("pk")[0], receipt_id=uuid4(), photo=a_picture(), choice="agree", by=chief
    )
    clock.move(seconds=(motion.closes_at - now()).total_seconds() + 1)
    deadlines.sweep()
    motion.refresh_from_db()
    zero = dict.fromkeys(SUMS, Decimal(0))
    with pytest.raises(Refused, match="没有核对"):
        actions.count_areas(motion, **zero, by=case_officer)


def test_where_the_street_has_only_one_the_district_is_the_other(
    case_officer: User, district_officer: User, counted: Motion
) -> None:
    actions.count_areas(counted, **SUMS, by=case_officer)
    row = waited_for()
    assert (row.role, row.place_path) == (Role.DISTRICT_OFFICER, district_officer.grants.get().place.path)
    actions.count_areas(counted, **SUMS, by=district_officer)
    assert selectors.area_counts_missing(counted) == 0


def test_whoever_lives_there_or_holds_a_post_there_is_no_counter(
    case_officer: User, approver: User, cashier: User, district_officer: User, clerk: User, yard: Territory,
    households: list[Household], counted: Motion,
) -> None:  # fmt: skip
    grant(approver, Role.GRID_WORKER, yard)
    Residence.objects.create(person=cashier.person, household=households[5], confirmed_at=now())
    for user in (approver, cashier, clerk):
        with pytest.raises(NotAllowed):
            actions.count_areas(counted, **SUMS, by=user)
    actions.count_areas(counted, **SUMS, by=case_officer)
    actions.count_areas(counted, **SUMS, by=district_officer)


def test_where_two_are_not_to_be_found_nobody_waits_for_them_and_the_notice_says_so(
    case_officer: User, counted: Motion, clerk: User
) -> None:
    with pytest.raises(Refused, match="还要 1 位"):
        actions.publish(counted, by=clerk)
    actions.count_areas(counted, **SUMS, by=case_officer)
    actions.publish(counted, by=clerk)
    counted.refresh_from_db()
    assert "街道和区里只有 1 位" in counted.notice.body  # type: ignore[union-attr]
    assert "两位" not in counted.notice.body  # type: ignore[union-attr]
