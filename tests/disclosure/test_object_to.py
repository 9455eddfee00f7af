"""Objecting: who, when, how it is counted, and what everybody may read of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from minshi.accounts.models import User
from minshi.clock import CHINA, now
from minshi.deadlines.models import Deadline
from minshi.disclosure import signals
from minshi.disclosure.actions import answer, correct, object_to, read_again
from minshi.disclosure.models import Notice, Objection
from minshi.refusals import NotAllowed, Refused
from minshi.residents.actions import move_out
from minshi.residents.models import Residence
from minshi.territory.models import Household, Territory
from tests.cast import home_of, make_resident
from tests.conftest import Clock
from tests.disclosure.conftest import FACTS
from tests.way import a_picture

Post = Callable[..., Notice]


@pytest.fixture
def reopenings() -> Iterator[list[Notice]]:
    heard: list[Notice] = []

    def hear(sender: object, notice: Notice, **kwargs: object) -> None:
        heard.append(notice)

    signals.reopened.connect(hear)
    yield heard
    signals.reopened.disconnect(hear)


def test_a_resident_objects_and_it_is_due_in_three_working_days(
    objection: Objection, notice: Notice, household: Household
) -> None:
    notice.refresh_from_db()
    assert objection.number == f"{notice.number}-Y01"
    assert objection.household == household
    assert objection.due_at == datetime(2026, 11, 6, tzinfo=CHINA)
    assert (notice.objections_total, notice.objections_open, notice.objecting_households) == (1, 1, 1)


def test_it_waits_on_the_clerks_desk(objection: Objection, community: Territory) -> None:
    task = Deadline.objects.of(objection).open().get()
    assert (task.role, task.due) == ("clerk", objection.due_at)
    assert Deadline.objects.waiting_for([("clerk", community.path)]).get() == task
    assert task.url.endswith("#objection-1")


def test_it_is_masked_when_it_is_written(notice: Notice, resident: User) -> None:
    objection = object_to(notice, facts="我是甲居民，请打13812345678。", request="回电 13812345678", by=resident)
    objection.refresh_from_db()
    assert objection.name == "甲*民"
    assert objection.facts == "我是甲*民，请打138****5678。"
    assert objection.request == "回电 138****5678"
    assert objection.original.facts == "我是甲居民，请打13812345678。"
    assert objection.original.name == "甲居民"


def test_it_may_be_anonymous(notice: Notice, resident: User) -> None:
    objection = object_to(notice, facts=FACTS, anonymous=True, by=resident)
    assert objection.name == "匿名"
    assert objection.original.name == "甲居民"


def test_a_stranger_is_heard_but_not_counted(notice: Notice, stranger: User) -> None:
    objection = object_to(notice, facts=FACTS, by=stranger)
    notice.refresh_from_db()
    assert objection.household is None
    assert (notice.objections_total, notice.objecting_households) == (1, 0)


def test_an_unconfirmed_resident_is_heard_but_not_counted(notice: Notice, households: list[Household]) -> None:
    newcomer = make_resident("酉新来", households[9], confirmed=False)
    assert object_to(notice, facts=FACTS, by=newcomer).household is None


def test_one_at_a_time_for_one_person(objection: Objection, notice: Notice, resident: User, clerk: User) -> None:
    with pytest.raises(Refused, match="正在办理"):
        object_to(notice, facts=FACTS, by=resident)
    answer(objection, text="已现场核实。", outcome="dismissed", by=clerk)
    again = object_to(notice, facts="还是挡住了窗户。", by=resident)
    notice.refresh_from_db()
    assert again.ordinal == 2
    assert (notice.objections_total, notice.objecting_households) == (2, 1)


@pytest.mark.parametrize("facts", ["", "不行", "   \n  "])
def test_facts_are_needed(notice: Notice, resident: User, facts: str) -> None:
    with pytest.raises(Refused) as refused:
        object_to(notice, facts=facts, by=resident)
    assert "facts" in refused.value.fields


def test_until_the_last_second_and_not_after(notice: Notice, resident: User, neighbour: User, clock: Clock) -> None:
    clock.set("2026-11-09 23:59:50")
    object_to(notice, facts=FACTS, by=resident)
    clock.set("2026-11-10 00:00")
    with pytest.raises(Refused, match="公示期已经结束"):
        object_to(notice, facts=FACTS, by=neighbour)


def test_a_corrected_notice_takes_no_more(notice: Notice, resident: User, clerk: User) -> None:
    correct(notice, reason="写错", by=clerk)
    with pytest.raises(Refused, match="已经更正"):
        object_to(notice, facts=FACTS, by=resident)


def test_a_minor_is_heard_but_not_counted(notice: Notice, household: Household) -> None:
    child = make_resident("戌少年", household, adult=False)
    objection = object_to(notice, facts=FACTS, by=child)
    assert (objection.household, objection.speaker) == (None, child.person)


def test_who_moved_is_heard_again_but_counts_for_one_household(
    objection: Objection, notice: Notice, resident: User, clerk: User, chief: User, households: list[Household]
) -> None:
    answer(objection, text="已现场核实。", outcome="dismissed", by=clerk)
    move_out(home_of(resident), by=chief)
    Residence.objects.create(person=resident.person, household=households[7], since=now(), confirmed_at=now())
    again = object_to(notice, facts="搬了家还是不同意。", by=User.objects.get(pk=resident.pk))
    notice.refresh_from_db()
    assert (again.household, again.speaker) == (None, resident.person)
    assert notice.objecting_households == 1


# --- For another --------------------------------------------------------------------------------


def test_the_clerk_writes_down_a_paper_objection(
    notice: Notice, clerk: User, supervisor: User, neighbour_household: Household
) -> None:
    objection = object_to(
        notice,
        facts=FACTS,
        channel="paper",
        name="李迎新",
        phone="13812345678",
        household=neighbour_household,
        photo=a_picture(),
        by=clerk,
    )
    notice.refresh_from_db()
    assert (objection.by, objection.entered_by, objection.name) == (None, clerk, "李*新")
    assert notice.objecting_households == 0
    read_again(objection, neighbour_household, by=supervisor)
    notice.refresh_from_db()
    assert notice.objecting_households == 1
    assert objection.original.phone == "13812345678"


def test_paper_and_online_of_one_household_count_once(
    notice: Notice, clerk: User, supervisor: User, objection: Objection, household: Household
) -> None:
    given = {"channel": "paper", "name": "甲居民", "household": household, "photo": a_picture()}
    on_paper = object_to(notice, facts=FACTS, **given, by=clerk)
    read_again(on_paper, household, by=supervisor)
    notice.refresh_from_db()
    assert (notice.objections_total, notice.objecting_households) == (2, 1)


def test_a_name_or_anonymity_is_needed_on_paper(notice: Notice, clerk: User) -> None:
    with pytest.raises(Refused) as refused:
        object_to(notice, facts=FACTS, channel="hall", by=clerk)
    assert "name" in refused.value.fields
    assert object_to(notice, facts=FACTS, channel="hall", anonymous=True, by=clerk).name == "匿名"


def test_a_photo_of_what_was_said_at_the_desk_is_not_lost_in_silence(notice: Notice, clerk: User) -> None:
    """Only what came on paper has a sheet; whoever chose the wrong way in believed that it was kept."""
    with pytest.raises(Refused) as refused:
        object_to(notice, facts=FACTS, channel="hall", name="李迎新", photo=a_picture(), by=clerk)
    assert "photo" in refused.value.fields


def test_what_nobody_sees_is_not_kept_in_the_original_either(notice: Notice, resident: User) -> None:
    objection = object_to(notice, facts="挡住\u202e窗户\u200b了𠮷", by=resident)
    assert objection.original.facts == "挡住窗户了𠮷"


def test_a_household_elsewhere_does_not_count(notice: Notice, clerk: User, stranger: User) -> None:
    with pytest.raises(Refused) as refused:
        object_to(notice, facts=FACTS, channel="hall", name="寅路人", household=stranger.person.household, by=clerk)
    assert "household" in refused.value.fields


@pytest.mark.parametrize("who", ["resident", "chief", "stranger_clerk"])
def test_nobody_else_writes_for_another(notice: Notice, request: pytest.FixtureRequest, who: str) -> None:
    with pytest.raises(NotAllowed):
        object_to(notice, facts=FACTS, channel="phone", name="李迎新", by=request.getfixturevalue(who))


# --- A third -------------------------------------------------------------------------------------


def test_a_third_of_the_households_reopens(
    notice: Notice, households: list[Household], reopenings: list[Notice]
) -> None:
    for number, household in enumerate(households[:4]):
        assert reopenings == []
        object_to(notice, facts=FACTS, by=make_resident(f"居民{number}", household))
    assert reopenings == [notice]
    notice.refresh_from_db()
    assert notice.reopened_at is not None
    object_to(notice, facts=FACTS, by=make_resident("又一人", households[5]))
    assert len(reopenings) == 1


def test_whoever_hears_of_it_can_undo_the_objection(post_notice: Post, resident: User) -> None:
    notice = post_notice(households=3)

    def refuse(sender: object, **kwargs: object) -> None:
        raise Refused("不行")

    signals.reopened.connect(refuse)
    try:
        with pytest.raises(Refused, match="不行"):
            object_to(notice, facts=FACTS, by=resident)
    finally:
        signals.reopened.disconnect(refuse)
    notice.refresh_from_db()
    assert (notice.objections_total, notice.reopened_at) == (0, None)


def test_without_a_number_of_households_nothing_reopens(post_notice: Post, resident: User) -> None:
    notice = post_notice(households=0)
    object_to(notice, facts=FACTS, by=resident)
    notice.refresh_from_db()
    assert notice.reopened_at is None


@pytest.mark.django_db(transaction=True)
def test_parallel_objections_are_all_counted(
    notice: Notice, households: list[Household], reopenings: list[Notice]
) -> None:
    people = [make_resident(f"居民{number}", household) for number, household in enumerate(households[:8])]
    barrier = Barrier(len(people))

    def work(person: User) -> None:
        barrier.wait()
        object_to(notice, facts=FACTS, by=User.objects.get(pk=person.pk))
        connection.close()

    with ThreadPoolExecutor(len(people)) as pool:
        list(pool.map(work, people))
    notice.refresh_from_db()
    assert (notice.objections_total, notice.objecting_households) == (8, 8)
    assert sorted(notice.objections.values_list("ordinal", flat=True)) == list(range(1, 9))
    assert len(reopenings) == 1


# --- What raw SQL cannot do ---------------------------------------------------------------------

INSERT = (
    "INSERT INTO disclosure_objection (notice_id, ordinal, entered_by_id, channel, anonymous, name, facts, request, "
    "at, level, due_at, climb_reason, answer, outcome, answered_as) "
    "VALUES (%s, 1, %s, 'hall', false, '李*', '事实', '', %s, 'community', minshi_now(), '', '', '', '')"
)


def test_a_late_objection_is_refused_by_the_database(notice: Notice, clerk: User, clock: Clock) -> None:
    """Whatever time the row claims: the trigger reads the clock behind the lock."""
    clock.set("2026-11-10 00:00:01")
    with pytest.raises(IntegrityError, match="does not run"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT, [notice.pk, clerk.pk, datetime(2026, 11, 5, tzinfo=CHINA)])
    clock.set("2026-11-09 23:59:50")
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [notice.pk, clerk.pk, datetime(2026, 11, 5, tzinfo=CHINA)])
    assert Objection.objects.get().at.astimezone(CHINA).day == 9
    notice.refresh_from_db()
    assert notice.objections_open == 1


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM disclosure_objection",
        "UPDATE disclosure_objection SET facts = '没有意见'",
        "UPDATE disclosure_objection SET household_id = NULL",
        "UPDATE disclosure_objection SET answered_at = minshi_now()",
    ],
)
def test_an_objection_cannot_be_edited_away(objection: Objection, sql: str) -> None:
    with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_who_is_in_no_register_has_one_open_objection_by_door_and_name(
    notice: Notice, clerk: User, household: Household, neighbour_household: Household
) -> None:
    given = {"facts": FACTS, "channel": "hall", "by": clerk}
    object_to(notice, name="李迎新", household=household, **given)
    with pytest.raises(Refused, match="正在办理") as refused:
        object_to(notice, name=" 李迎新", household=household, **given)
    assert "name" in refused.value.fields
    object_to(notice, name="李迎新", household=neighbour_household, **given)
    object_to(notice, name="王迎新", household=household, **given)
