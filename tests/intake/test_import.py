"""A register from a file: looked at first, then all of it or nothing, and taken back while nothing needs it."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal

import pytest
from django.db import IntegrityError

from minshi.accounts.models import User
from minshi.audit.models import Event
from minshi.clock import now, today
from minshi.intake import actions, books, sheets
from minshi.intake.models import Intake, Outcome, State
from minshi.refusals import NotAllowed, Refused
from minshi.residents import actions as residents
from minshi.residents.models import Ownership, Role, RoleGrant
from minshi.territory.models import Household, Territory
from tests.intake.files import HEADS, book, text

pytestmark = pytest.mark.django_db

HEAD = (*HEADS, "楼层", "产权人", "楼栋长", "楼栋长电话", "任期止")
ROWS = [
    ("金沙小区", "1栋", "1", "101", "82.50", "1", "示例甲、示例乙", "示例丙", "13900000001", "2099-01-01"),
    ("金沙小区", "一栋", "1", "102", "60", "1", "样板公司", "", "", ""),
    ("金沙小区", "2", "", "201", "", "2", "", "", "", ""),
    ("银沙院", "", "", "7号", "", "", "", "", "", ""),
]


def read(place: Territory, rows: list[tuple[object, ...]], by: User) -> Intake:
    return actions.take_in(place, "户册.xlsx", book([HEAD, *rows]), by=by)


def carried_out(place: Territory, rows: list[tuple[object, ...]], by: User) -> Intake:
    intake = read(place, rows, by)
    actions.start(intake, by=by)
    actions.carry_out()
    intake.refresh_from_db()
    return intake


def said(intake: Intake) -> list[tuple[str, str]]:
    return list(intake.rows.order_by("pk").values_list("outcome", "said"))


def test_reading_a_file_changes_nothing(community: Territory, clerk: User) -> None:
    before = Household.objects.count(), Territory.objects.count()
    intake = read(community, ROWS, clerk)
    assert (intake.rows_added, intake.rows_refused, intake.state) == (4, 0, State.READ)
    assert (Household.objects.count(), Territory.objects.count()) == before


def test_what_was_read_is_in_the_register_row_for_row(community: Territory, clerk: User) -> None:
    intake = carried_out(community, ROWS, clerk)
    assert (intake.state, intake.trouble) == (State.DONE, "")
    doors = [row.household for row in intake.rows.order_by("pk").select_related("household__place__parent")]
    assert [door.door for door in doors if door] == [
        "金沙小区1栋1单元101",
        "金沙小区1栋1单元102",
        "金沙小区2栋201",
        "银沙院7号",
    ]
    assert [(door.area_m2, door.floor) for door in doors if door][:2] == [(Decimal("82.50"), 1), (Decimal(60), 1)]
    owners = Ownership.objects.filter(household=doors[0]).values_list("person__name", flat=True)
    assert sorted(owners) == ["示例乙", "示例甲"]
    assert Ownership.objects.get(household=doors[1]).organisation == "样板公司"
    chief = RoleGrant.objects.get(role=Role.CHIEF, user__phone="13900000001")
    assert (chief.place, str(chief.until)) == (doors[0].place if doors[0] else None, "2099-01-01")


def test_what_was_done_by_the_file_is_in_the_history_by_who_started_it(community: Territory, clerk: User) -> None:
    carried_out(community, ROWS, clerk)
    intake = carried_out(community, [("金沙小区", "1栋", "1", "101", "90", "", "", "", "", "")], clerk)
    door = intake.rows.get().household_id
    events = Event.objects.filter(table_name="territory_household", row_pk=str(door)).order_by("pk")
    assert [(event.op, event.actor) for event in events] == [("I", clerk.pk), ("U", clerk.pk)]


def test_the_same_file_twice_changes_nothing(community: Territory, clerk: User) -> None:
    carried_out(community, ROWS, clerk)
    again = read(community, ROWS, clerk)
    assert (again.rows_added, again.rows_changed, again.rows_left) == (0, 0, 4)
    with pytest.raises(Refused, match="都已经登记过"):
        actions.start(again, by=clerk)


def test_only_what_a_second_file_says_otherwise_is_changed(community: Territory, clerk: User) -> None:
    carried_out(community, ROWS, clerk)
    intake = carried_out(community, [("金沙小区", "1号楼", "1", "101", "90", "", "", "", "", "")], clerk)
    assert said(intake) == [(Outcome.CHANGE, "建筑面积 82.50 → 90.00")]
    door = intake.rows.get().household
    assert door and (door.area_m2, door.floor) == (Decimal("90.00"), 1)


def test_each_row_that_cannot_be_imported_says_why(community: Territory, clerk: User) -> None:
    rows: list[tuple[object, ...]] = [
        *ROWS,
        ("金沙小区", "1栋", "1", "101", "70", "", "", "", "", ""),
        ("金沙小区", "1栋", "", "张三家", "", "", "", "", "", ""),
        ("金沙小区", "1栋", "1", "103", "", "", "", "示例丁", "13900000001", ""),
        ("金沙小区", "1栋", "1", "104", "", "", "", "示例戊", "13900000009", "2020-01-01"),
    ]
    intake = read(community, rows, clerk)
    assert [why for outcome, why in said(intake) if outcome == Outcome.REFUSE] == [
        "和第 2 行是同一户，写的却不一样",
        "看不出是哪一户，请写成 1单元301、1-301 或 12号",
        "这个手机号在表里写了两个姓名",
        "楼栋长的任期已经结束",
    ]
    with pytest.raises(Refused, match="还有 4 行不能导入"):
        actions.start(intake, by=clerk)
    assert not Territory.objects.filter(name="金沙小区").exists()


def test_what_changed_meanwhile_stops_all_of_it(community: Territory, clerk: User) -> None:
    intake, other = read(community, ROWS, clerk), read(community, ROWS[:1], clerk)
    for each in (other, intake):
        actions.start(each, by=clerk)
    actions.carry_out()
    intake.refresh_from_db()
    other.refresh_from_db()
    first, second = sorted((intake, other), key=lambda each: each.pk)
    assert first.state == State.DONE
    if second == intake:
        assert (intake.state, Household.objects.filter(address="7号").count()) == (State.READ, 0)
    assert "读表以后户册有了变动" in second.trouble


def test_it_is_taken_back_while_nothing_needs_it(community: Territory, clerk: User) -> None:
    before = Household.objects.count(), Territory.objects.count(), Ownership.objects.count()
    intake = carried_out(community, ROWS, clerk)
    actions.take_back(intake, by=clerk)
    actions.carry_out()
    intake.refresh_from_db()
    assert (intake.state, intake.trouble) == (State.UNDONE, "")
    assert (Household.objects.count(), Territory.objects.count(), Ownership.objects.count()) == before
    assert not RoleGrant.objects.active(today()).filter(user__phone="13900000001").exists()
    assert carried_out(community, ROWS, clerk).state == State.DONE


def test_what_somebody_lives_behind_stays(community: Territory, clerk: User) -> None:
    intake = carried_out(community, ROWS, clerk)
    door = Household.objects.get(address="7号")
    residents.join(User.objects.create_user("newcomer"), door, name="示例己", is_adult=True, by=None)
    actions.take_back(intake, by=clerk)
    actions.carry_out()
    intake.refresh_from_db()
    assert intake.state == State.DONE and "银沙院7号" in intake.trouble
    assert RoleGrant.objects.active(today()).filter(user__phone="13900000001").exists()


def test_a_register_belongs_to_those_who_keep_it(community: Territory, chief: User, stranger: User) -> None:
    for nobody in (chief, stranger):
        with pytest.raises(NotAllowed, match="可以导入户册"):
            read(community, ROWS, nobody)


def test_the_street_appoints_no_chief_by_a_file(community: Territory, case_officer: User, clerk: User) -> None:
    intake = read(community, ROWS, case_officer)
    assert said(intake)[0] == (Outcome.REFUSE, "楼栋长由社区工作人员任命，请由社区导入，或者先空着")


def test_an_owner_who_stays_is_the_same_row(community: Territory, clerk: User) -> None:
    carried_out(community, ROWS, clerk)
    stays = Ownership.objects.get(person__name="示例乙")
    carried_out(community, [("金沙小区", "1栋", "1", "101", "", "", "示例乙、示例己", "", "", "")], clerk)
    now_owners = Ownership.objects.current().filter(household=stays.household)
    assert set(now_owners.values_list("person__name", flat=True)) == {"示例乙", "示例己"} and stays in now_owners


def test_a_later_file_is_taken_back_first(community: Territory, clerk: User) -> None:
    first = carried_out(community, ROWS, clerk)
    later = carried_out(community, [("金沙小区", "1栋", "1", "101", "90", "", "", "", "", "")], clerk)
    actions.take_back(first, by=clerk)
    actions.carry_out()
    first.refresh_from_db()
    assert first.state == State.DONE and "请先撤销那一次" in first.trouble
    for each in (later, first):
        actions.take_back(each, by=clerk)
        actions.carry_out()
        each.refresh_from_db()
        assert each.state == State.UNDONE, each.trouble


def test_who_keeps_it_no_more_when_its_turn_comes_imports_nothing(community: Territory, clerk: User) -> None:
    intake = read(community, ROWS, clerk)
    actions.start(intake, by=clerk)
    RoleGrant.objects.filter(user=clerk).update(revoked_at=now())
    actions.carry_out()
    intake.refresh_from_db()
    assert (intake.state, Territory.objects.filter(name="金沙小区").exists()) == (State.READ, False)
    assert "可以导入户册" in intake.trouble


@pytest.mark.parametrize("error", [IntegrityError("示例甲"), ValueError("示例甲")])
def test_what_nobody_expected_leaves_nothing_half_and_blocks_nobody(
    community: Territory,
    clerk: User,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    intake = read(community, ROWS, clerk)
    actions.start(intake, by=clerk)

    def fails(*_args: object) -> None:
        raise error

    monkeypatch.setattr(actions, "_appoint", fails)
    actions.carry_out()
    intake.refresh_from_db()
    assert (intake.state, Territory.objects.filter(name="金沙小区").exists()) == (State.READ, False)
    assert "一行也没有改" in intake.trouble and "示例甲" not in caplog.text


def test_no_reason_names_anybody_in_full(community: Territory, clerk: User) -> None:
    rows = [*ROWS, ("金沙小区", "1栋", "1", "104", "13800138000", "", "", "示例戊", "1390000", "")]
    why = " ".join(each for _outcome, each in said(read(community, rows, clerk)))
    assert "示*丙" in why and not {"示例丙", "示例戊", "13900000001", "13800138000"} & set(why.split())
    assert "示例" not in why and "13800138000" not in why


def test_the_workbook_names_people_to_nobody_but_who_brought_it(community: Territory, clerk: User) -> None:
    rows = read(community, ROWS, clerk).rows.order_by("pk")
    mine, masked = (cells_of(books.outcome(rows, is_masked=each)) for each in (False, True))
    assert {"示例甲、示例乙", "13900000001"} <= mine
    assert {"示*甲、示*乙", "139****0001", "样***"} & masked and not {"示例甲、示例乙", "13900000001"} & masked


def test_a_formula_in_a_file_comes_back_as_text(community: Territory, clerk: User) -> None:
    rows: list[tuple[object, ...]] = [("金沙小区", "1栋", "1", "101", "很大", "", "", "", "", "")]
    content = text([HEAD, *rows, ("'=1+1", "@SUM(A1)", "+1", "=HYPERLINK(1)", "-1", *[""] * 5)])
    book_of_it = books.outcome(actions.take_in(community, "a.csv", content, by=clerk).rows.order_by("pk"))
    with zipfile.ZipFile(io.BytesIO(book_of_it)) as packed:
        assert b"<f>" not in packed.read("xl/worksheets/sheet1.xml")


def cells_of(content: bytes) -> set[str]:
    return {cell for _name, rows in sheets.opened(content) for _number, row in rows for cell in row}


def test_the_workbook_of_outcomes_can_be_mended_and_handed_in_again(community: Territory, clerk: User) -> None:
    intake = read(community, [("金沙小区", "1栋", "1", "101", "很大", "", "", "", "", "")], clerk)
    again = actions.take_in(community, "改.xlsx", books.outcome(intake.rows.order_by("pk")), by=clerk)
    assert said(again) == said(intake) == [(Outcome.REFUSE, "面积“很大”看不出是多少平方米")]
