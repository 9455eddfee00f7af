"""Posting a notice: who, what is refused, its number and its days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from minshi.accounts.models import User
from minshi.clock import CHINA
from minshi.disclosure.actions import post
from minshi.disclosure.models import GATES, Kind, Notice
from minshi.refusals import NotAllowed, Refused
from minshi.territory.models import Territory
from tests.conftest import Clock

Post = Callable[..., Notice]


def test_a_notice_is_numbered_by_organisation_month_and_serial(post_notice: Post) -> None:
    first, second = post_notice(), post_notice(kind="handling")
    assert first.number == "686175779-202611-000001"
    assert second.number == "686175779-202611-000002"


def test_the_number_begins_anew_each_month(post_notice: Post, clock: Clock) -> None:
    post_notice()
    clock.set("2026-12-01 09:00")
    assert post_notice().number == "686175779-202612-000001"


def test_a_street_counts_its_own_numbers(post_notice: Post, case_officer: User, street: Territory) -> None:
    post_notice()
    assert post_notice(place=street, by=case_officer).number == "123456789-202611-000001"


def test_without_an_organisation_code_the_statistical_code_stands_in(
    monday: Clock, other_yard: Territory, stranger_clerk: User
) -> None:
    notice = post(kind="other", title="公告", place=other_yard, body="正文", by=stranger_clerk)
    assert notice.number == "101002001-202611-000001"


def test_a_refused_post_leaves_no_gap(post_notice: Post) -> None:
    with pytest.raises(Refused):
        post_notice(title="")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        post_notice()
        raise ZeroDivisionError
    assert post_notice().number.endswith("-000001")


def test_the_period_counts_working_days_from_the_day_after(notice: Notice) -> None:
    assert notice.starts_on == date(2026, 11, 3)
    assert notice.working_days == 5
    assert notice.ends_at == datetime(2026, 11, 10, tzinfo=CHINA)
    assert notice.last_day == date(2026, 11, 9)
    assert not notice.provisional


def test_the_period_knows_the_spring_festival(post_notice: Post, clock: Clock) -> None:
    clock.set("2026-02-13 09:00")
    assert post_notice().last_day == date(2026, 2, 27)


@pytest.mark.parametrize(
    ("kind", "days"),
    [("initiation", 5), ("funding", 5), ("award", 3), ("acceptance", 5), ("satisfaction", 5), ("accounts", 7)],
)
def test_a_gate_has_the_days_of_its_kind(post_notice: Post, kind: str, days: int) -> None:
    notice = post_notice(kind=kind)
    assert (notice.is_gate, notice.working_days) == (True, days)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in GATES])
def test_every_other_kind_is_displayed_and_no_gate(post_notice: Post, kind: str) -> None:
    notice = post_notice(kind=kind)
    assert not notice.is_gate
    assert notice.working_days >= 3


def test_self_raised_money_takes_seven_days(post_notice: Post) -> None:
    assert post_notice(days=7).last_day == date(2026, 11, 11)


def test_common_parts_take_fifteen_calendar_days(post_notice: Post) -> None:
    notice = post_notice(calendar_days=15)
    assert (notice.calendar_days, notice.working_days) == (15, 0)
    assert notice.last_day == date(2026, 11, 17)


def test_the_platform_may_post_for_a_residents_step(post_notice: Post) -> None:
    assert post_notice(by=None).posted_by is None


@pytest.mark.parametrize("who", ["resident", "chief", "stranger_clerk"])
def test_nobody_else_may_post(post_notice: Post, request: pytest.FixtureRequest, who: str) -> None:
    with pytest.raises(NotAllowed):
        post_notice(by=request.getfixturevalue(who))


def test_title_and_body_are_needed(post_notice: Post) -> None:
    with pytest.raises(Refused) as refused:
        post_notice(title="\u200b ", body=" ")
    assert set(refused.value.fields) == {"title", "body"}
    with pytest.raises(Refused) as refused:
        post_notice(title="长" * 121)
    assert "title" in refused.value.fields


def test_the_office_says_how_to_object_and_who_supervises(notice: Notice) -> None:
    assert notice.issuer == "样板市样板区甲街道一社区"
    assert "0871-00000002" in notice.contact
    assert notice.supervision_phone == "0871-00000001"


def test_numbers_of_persons_are_masked_when_written(post_notice: Post) -> None:
    notice = post_notice(
        title="联系13812345678的公示",
        body="负责人电话 13812345678，办公室 0871-63112345，身份证 530102199001011234。",
        basis="13812345678",
        course="13812345678",
        table=[("13812345678", "13812345678")],
    )
    notice.refresh_from_db()
    said = f"{notice.title}{notice.body}{notice.basis}{notice.course}{notice.table}"
    assert "13812345678" not in said
    assert "530102" not in said
    assert said.count("138****5678") == 6
    assert "0871-63112345" in notice.body


def test_a_third_of_the_households_is_rounded_up(post_notice: Post) -> None:
    assert post_notice(households=193).reopen_households == 65
    assert post_notice(households=12).reopen_households == 4
    assert post_notice(households=0).reopen_households == 0


# --- What raw SQL cannot do ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "title = '改过'",
        "ends_at = ends_at - interval '3 days'",
        "number = '686175779-202611-999999'",
        "kind = 'other'",
        "\"table\" = '[]'",
    ],
)
def test_a_posted_notice_cannot_be_edited(notice: Notice, change: str) -> None:
    with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE disclosure_notice SET {change}")


def test_a_notice_cannot_be_deleted(notice: Notice) -> None:
    with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM disclosure_notice")


@pytest.mark.parametrize(
    "change",
    ["objections_open = 1, objections_total = 1", "objections_total = 3", "objecting_households = 2"],
)
def test_the_counters_cannot_be_written(notice: Notice, change: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE disclosure_notice SET {change}")


def _copy(notice: Notice, **changes: object) -> None:
    """The same row again under another number, past every action."""
    fields = {
        field.attname: getattr(notice, field.attname) for field in Notice._meta.concrete_fields if field.name != "id"
    }
    Notice.objects.create(**fields | {"number": "686175779-202611-777777"} | changes)


def test_the_database_takes_a_whole_notice(notice: Notice) -> None:
    _copy(notice)


@pytest.mark.parametrize(
    "changes",
    [
        {"ends_at": datetime(2026, 11, 6, tzinfo=CHINA)},
        {"ends_at": datetime(2026, 11, 10, 12, tzinfo=CHINA)},
        {"ends_at": datetime(2026, 11, 1, tzinfo=CHINA)},
        {"starts_on": date(2026, 11, 2)},
        {"posted_at": datetime(2026, 10, 20, tzinfo=CHINA), "starts_on": date(2026, 10, 21)},
        {"posted_at": datetime(2026, 11, 3, tzinfo=CHINA), "starts_on": date(2026, 11, 4)},
        {"working_days": 0},
        {"calendar_days": 15},
        {"is_gate": False},
        {"kind": "other"},
        {"objections_total": 1},
        {"number": "686175779-2026-1"},
        {"link": "https://elsewhere.example/"},
        {"link": "//elsewhere.example/"},
        {"reopened_at": datetime(2026, 11, 2, tzinfo=CHINA)},
    ],
)
def test_the_database_refuses_half_a_notice(notice: Notice, changes: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        _copy(notice, **changes)


def test_a_number_is_given_once(notice: Notice) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        _copy(notice, number=notice.number)
