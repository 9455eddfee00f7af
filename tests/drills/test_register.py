"""A register of a whole community: each mistake is named, the mended file is in the register row for row, once.

What two people press at once, and what is entered by hand meanwhile, has one outcome.
"""

from __future__ import annotations

import os
from decimal import Decimal
from itertools import count
from time import monotonic

import pytest

from minshi.accounts.models import User
from minshi.intake import actions
from minshi.intake.models import Intake, Outcome, State
from minshi.refusals import Refused
from minshi.residents import register
from minshi.residents.models import Ownership, Role, RoleGrant
from minshi.territory.models import Household, Territory
from tests.drills.test_ballots_race import in_parallel
from tests.intake.files import book

pytestmark = [pytest.mark.drill, pytest.mark.django_db(transaction=True)]

BIG = bool(os.environ.get("MINSHI_DRILL"))
DOORS, MISTAKES = (30_000, 1_000) if BIG else (300, 10)
SECONDS = 120
AT_ONCE = 12 if BIG else 4
HEADS = ("小区", "楼栋", "单元", "门牌", "楼层", "面积", "产权人", "楼栋长", "楼栋长电话")
YARD, BUILDING, UNIT, DOOR, FLOOR, AREA, OWNERS, CHIEF, PHONE = range(len(HEADS))
Row = tuple[object, ...]

MISTAKEN = (
    (DOOR, "", "没有写“门牌”"),
    (AREA, "很大", "面积“很大”看不出是多少平方米"),
    (FLOOR, "顶上", "楼层“顶上”看不出是几层"),
    (DOOR, "张三家", "看不出是哪一户"),
    (OWNERS, "示例甲53010219900101123X", "产权人一栏写了身份证号"),
    (PHONE, "1390000", "写了楼栋长的电话，没有写姓名"),
    (YARD, "", "没有写“小区或院落”"),
    (UNIT, "第几单元不知道", "看不出是哪一户"),
)


def doors(number: int) -> list[Row]:
    """Buildings of 60 doors, 40 of them to a yard; every building with its chief, every third door with an owner."""
    made: list[Row] = []
    for at in range(number):
        building, door = divmod(at, 60)
        unit, room = divmod(door, 30)
        floor, side = divmod(room, 3)
        chief = ("示例乙", 13_900_000_000 + building) if not door else ("", "")
        owners = ("", f"业主{at}", f"业主{at}、样板{at}有限公司")[at % 3]
        said = (f"{building // 40 + 1}号院", building % 40 + 1, float(unit + 1), f"{floor + 1}0{side + 1}")
        made.append((*said, floor + 1, 40 + at % 90 + 0.25, owners, *chief))
    return made


def spoiled(rows: list[Row]) -> tuple[list[Row], dict[int, str]]:
    """The same with mistakes, and for each number of a row in the sheet what is to be said of it."""
    bad, why = list(rows), {}
    for turn in range(MISTAKES):
        at = 1 + turn * (len(rows) // MISTAKES)
        column, text, said = MISTAKEN[turn % len(MISTAKEN)]
        bad[at] = tuple(text if number == column else cell for number, cell in enumerate(rows[at]))
        why[at + 2] = said
    return bad, why


def read(rows: list[Row], place: Territory, clerk: User) -> Intake:
    return actions.take_in(place, "户册.xlsx", book([HEADS, *rows]), by=clerk)


def carried_out(intake: Intake, clerk: User) -> Intake:
    actions.start(intake, by=clerk)
    actions.carry_out()
    intake.refresh_from_db()
    return intake


def in_the_register(place: Territory) -> dict[tuple[str, str, str], tuple[int | None, Decimal | None, str]]:
    """(yard, building, door as it is read) → (floor, area, owners)."""
    owners: dict[int, list[str]] = {}
    owned = Ownership.objects.current().order_by("pk")
    for door, person, unit in owned.values_list("household", "person__name", "organisation"):
        owners.setdefault(door, []).append(person or unit)
    found = Household.objects.filter(place__path__startswith=place.path, floor__isnull=False)
    rows = found.values_list("pk", "place__parent__name", "place__name", "key", "floor", "area_m2")
    return {(y, b, k): (floor, area, "、".join(owners.get(pk, []))) for pk, y, b, k, floor, area in rows}


def as_written(rows: list[Row]) -> dict[tuple[str, str, str], tuple[int, Decimal, str]]:
    return {
        (str(row[YARD]), f"{row[BUILDING]}栋", f"/{int(str(row[UNIT])[0])}/{row[DOOR]}"): (
            int(str(row[FLOOR])),
            Decimal(str(row[AREA])).quantize(Decimal("0.01")),
            str(row[OWNERS]),
        )
        for row in rows
    }


def test_a_whole_register_with_its_mistakes(community: Territory, clerk: User) -> None:
    rows = doors(DOORS)
    bad, why = spoiled(rows)
    began = monotonic()
    intake = read(bad, community, clerk)
    dry = monotonic() - began
    refused = dict(intake.rows.filter(outcome=Outcome.REFUSE).values_list("number", "said"))
    assert refused.keys() == why.keys()
    assert not [(number, said, refused[number]) for number, said in why.items() if said not in refused[number]]
    with pytest.raises(Refused, match=f"还有 {MISTAKES} 行不能导入"):
        actions.start(intake, by=clerk)

    began = monotonic()
    mended = carried_out(read(rows, community, clerk), clerk)
    took = monotonic() - began
    assert (mended.state, mended.trouble) == (State.DONE, "")
    assert in_the_register(community) == as_written(rows)
    chiefs = RoleGrant.objects.filter(role=Role.CHIEF, user__phone__startswith="139000")
    assert chiefs.count() == len([row for row in rows if row[CHIEF]])
    again = read(rows, community, clerk)
    assert (again.rows_added, again.rows_changed, again.rows_left) == (0, 0, DOORS)

    began = monotonic()
    actions.take_back(mended, by=clerk)
    actions.carry_out()
    mended.refresh_from_db()
    back = monotonic() - began
    assert (mended.state, in_the_register(community)) == (State.UNDONE, {}), mended.trouble
    if BIG:
        print(f"{DOORS} doors: dry run {dry:.0f} s, dry run and import {took:.0f} s, undo {back:.0f} s")
        assert took < SECONDS


def test_pressed_by_many_and_worked_on_by_many_it_is_done_once(community: Territory, clerk: User) -> None:
    rows = doors(60)
    intake = read(rows, community, clerk)
    acknowledged: list[str] = []

    def press(what: str) -> None:
        try:
            if what == "work":
                actions.carry_out()
            else:
                getattr(actions, what)(Intake.objects.get(pk=intake.pk), by=clerk)
                acknowledged.append(what)
        except Refused:
            return

    assert in_parallel(["start", "work"] * AT_ONCE, press) == []
    actions.carry_out()
    intake.refresh_from_db()
    assert (acknowledged, intake.state) == (["start"], State.DONE)
    assert in_the_register(community) == as_written(rows)

    assert in_parallel(["take_back", "start", "work"] * AT_ONCE, press) == []
    actions.carry_out()
    intake.refresh_from_db()
    assert (acknowledged, intake.state) == (["start", "take_back"], State.UNDONE)
    assert in_the_register(community) == {}


def test_what_is_entered_by_hand_meanwhile_stands_once(community: Territory, clerk: User) -> None:
    """Whoever comes second sees what the first one did: no door twice, no half a file."""
    for turn, by_hand in zip(range(AT_ONCE), count(1), strict=False):
        yard = register.add_place(community, name=f"并行{turn}号院", level="yard", by=clerk)
        building = register.add_place(yard, name="1栋", level="building", by=clerk)
        rows = [(yard.name, "1栋", 1.0, f"{door}01", door, 50.25, "", "", "") for door in range(1, 6)]
        intake = read([*rows, (yard.name, "2栋", 1.0, "101", 1, 50.25, "", "", "")], community, clerk)
        actions.start(intake, by=clerk)
        made: list[str] = []

        def enter(what: str, turn: int = by_hand) -> None:
            try:
                if what == "door":
                    register.add_doors(building, [f"1单元{turn % 5 + 1}01"], by=clerk)  # noqa: B023
                elif what == "building":
                    register.add_place(yard, name="二号楼", level="building", by=clerk)  # noqa: B023
                else:
                    actions.carry_out()
            except Refused:
                return
            made.append(what)  # noqa: B023

        assert in_parallel(["door", "work", "building"], enter) == []
        intake.refresh_from_db()
        here = Household.objects.filter(place__path__startswith=yard.path)
        assert len(set(here.values_list("place", "key"))) == here.count()
        assert yard.children.filter(name__in=("2栋", "二号楼")).count() == 1
        if intake.state == State.DONE:
            assert here.count() == 6
        else:
            assert intake.trouble and here.count() == made.count("door")
