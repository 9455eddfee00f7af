"""Paper ratings: a stub reserves the household, two read alike or a third decides, the household may put it right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from evaluation.actions.paper import confirm_paper, correct_paper, enter_paper, register_paper, void_paper
from evaluation.actions.surveys import end_window, rate
from evaluation.models import Answer, CallBack, PaperAnswer, Survey
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.clock import now
from minshi.notifications.models import Message, ToTell
from minshi.paper import actions as paper
from minshi.paper.models import Line
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Person
from minshi.rolls.models import Unit
from minshi.territory.models import Household
from tests.conftest import Clock
from tests.way import a_picture

pytestmark = [pytest.mark.django_db, pytest.mark.walked("raters", "survey")]


@pytest.fixture
def unit_of(survey: Survey) -> Callable[[Household], Unit]:
    return lambda door: survey.roll.units.get(household=door)


@pytest.fixture
def enter(unit_of: Callable[[Household], Unit], chief: User, supervisor: User) -> Callable[..., PaperAnswer]:
    """The chief takes a closed envelope in, a supervisor opens and reads it."""

    def entered(door: Household, level: int, signer: Person | None = None, **words: Any) -> PaperAnswer:
        sheet = register_paper(unit_of(door), receipt_id=uuid4(), signer=signer, by=chief)
        return enter_paper(sheet, level=level, photo=a_picture(), by=supervisor, **words)

    return entered


Enter = Callable[..., PaperAnswer]


def voided(sheet: PaperAnswer, by: User) -> None:
    Line.objects.filter(pk=sheet.line_id).update(voided_by=by, voided_at=now(), void_reason="错了")


# --- Reading ----------------------------------------------------------------------------------------


@pytest.mark.walked("survey")
def test_a_sheet_counts_once_two_people_read_it_alike(
    survey: Survey, fifty: list[Household], enter: Enter, chief: User, case_officer: User, supervisor: User
) -> None:
    sheet = enter(fifty[10], 5, advice="灯罩晃，电话13812345678")
    assert not Answer.objects.exists() and not CallBack.objects.exists()
    with pytest.raises(Refused, match="另一位"):
        confirm_paper(sheet, level=5, by=supervisor)
    confirm_paper(sheet, level=5, by=case_officer)
    answer = Answer.objects.get()
    assert (answer.level, answer.channel, answer.by, answer.slip_number) == (5, "paper", supervisor, sheet.slip_number)
    assert answer.advice == "灯罩晃，电话138****5678"
    assert answer.at == sheet.line.sheet.registered_at
    assert not CallBack.objects.exists()


@pytest.mark.walked("survey")
def test_a_door_without_a_phone_hears_of_its_sheet_from_the_next_fixed_hour_on(
    survey: Survey, fifty: list[Household], enter: Enter, clock: Clock
) -> None:
    ToTell.objects.all().delete()
    enter(fifty[10], 5)
    assert not ToTell.objects.waiting().exists()
    clock.move(hours=6)
    rows = ToTell.objects.waiting()
    assert {row.household for row in rows} == {fifty[10]}
    assert not any("满意" in row.title.replace("满意度", "") + row.body for row in rows)


@pytest.mark.walked("survey")
def test_where_two_read_differently_a_third_decides(
    survey: Survey, fifty: list[Household], enter: Enter, case_officer: User, second_supervisor: User
) -> None:
    sheet = enter(fifty[10], 5)
    confirm_paper(sheet, level=3, by=case_officer)
    assert sheet.line.is_doubted and not Answer.objects.exists()
    with pytest.raises(Refused, match="另一位"):
        confirm_paper(sheet, level=5, by=case_officer)
    with pytest.raises(Refused, match="都不一样"):
        confirm_paper(sheet, level=1, by=second_supervisor)
    confirm_paper(sheet, level=3, by=second_supervisor)
    assert Answer.objects.get().level == 3


@pytest.mark.walked("survey")
def test_aspects_are_read_twice_too(
    survey: Survey, fifty: list[Household], enter: Enter, case_officer: User, second_supervisor: User
) -> None:
    sheet = enter(fifty[10], 2, aspects={"price": 4})
    confirm_paper(sheet, level=2, by=case_officer)
    assert sheet.line.is_doubted
    confirm_paper(sheet, level=2, aspects={"price": 4}, by=second_supervisor)
    answer = Answer.objects.get()
    assert (answer.level, answer.price, answer.quality) == (2, 4, None)


def test_a_signed_sheet_replaces_the_phone_and_never_back(
    survey: Survey, raters: list[User], fifty: list[Household], enter: Enter, case_officer: User
) -> None:
    rate(survey, level=1, by=raters[0])
    sheet = enter(fifty[0], 4)
    with pytest.raises(Refused, match="纸质"):
        rate(survey, level=1, by=raters[0])
    assert survey.answers.get().level == 1
    confirm_paper(sheet, level=4, by=case_officer)
    assert (survey.answers.get().level, survey.answers.get().speaker) == (4, None)
    with pytest.raises(Refused, match="纸质"):
        rate(survey, level=1, by=raters[0])


@pytest.mark.walked("survey")
def test_who_does_not_collect_paper_neither_registers_nor_reads_it(
    survey: Survey,
    fifty: list[Household],
    enter: Enter,
    unit_of: Callable[..., Unit],
    resident: User,
    stranger_clerk: User,
) -> None:
    sheet = enter(fifty[2], 1)
    for who in (resident, stranger_clerk):
        with pytest.raises(NotAllowed):
            register_paper(unit_of(fifty[1]), receipt_id=uuid4(), by=who)
        with pytest.raises(NotAllowed):
            confirm_paper(sheet, level=1, by=who)
        with pytest.raises(NotAllowed):
            void_paper(sheet, reason="登记错了", by=who)


def test_only_the_stub_comes_first_and_the_reading_after_the_end(
    survey: Survey,
    raters: list[User],
    fifty: list[Household],
    unit_of: Callable[..., Unit],
    chief: User,
    case_officer: User,
    second_supervisor: User,
    until: Callable[..., None],
) -> None:
    for user in raters[:30]:
        rate(survey, level=1, by=user)
    sheet = register_paper(unit_of(fifty[40]), receipt_id=uuid4(), stub=a_picture(), by=chief)
    assert sheet.line.sheet.stub and not sheet.line.is_read
    until(survey.closes_at)
    survey.refresh_from_db()
    assert survey.stage == "counting"
    with pytest.raises(Refused, match="截止"):
        register_paper(unit_of(fifty[41]), receipt_id=uuid4(), by=chief)
    sheet = PaperAnswer.objects.get()
    with pytest.raises(Refused, match="拍下"):
        enter_paper(sheet, level=2, by=case_officer)
    enter_paper(sheet, level=2, photo=a_picture(), by=case_officer)
    confirm_paper(sheet, level=2, by=second_supervisor)
    survey.refresh_from_db()
    assert (survey.stage, survey.answers_count, survey.on_paper) == ("closed", 31, 1)
    assert all(answer.at < survey.closes_at for answer in survey.answers.all())


@pytest.mark.walked("survey")
def test_registering_twice_with_one_number_is_one_sheet(
    survey: Survey, fifty: list[Household], unit_of: Callable[..., Unit], chief: User
) -> None:
    number = uuid4()
    first = register_paper(unit_of(fifty[5]), receipt_id=number, by=chief)
    assert register_paper(unit_of(fifty[5]), receipt_id=number, by=chief) == first
    with pytest.raises(Refused, match="登记过"):
        register_paper(unit_of(fifty[5]), receipt_id=uuid4(), by=chief)


def test_a_registered_sheet_counts_towards_those_who_had_to_answer(
    survey: Survey,
    raters: list[User],
    fifty: list[Household],
    unit_of: Callable[..., Unit],
    chief: User,
    until: Callable[..., None],
) -> None:
    for user in raters[:29]:
        rate(survey, level=1, by=user)
    register_paper(unit_of(fifty[40]), receipt_id=uuid4(), by=chief)
    until(survey.closes_at)
    survey.refresh_from_db()
    assert (survey.stage, survey.extended_at) == ("counting", None)


# --- Whose word it is ---------------------------------------------------------------------------------


def test_the_signer_is_the_speaker_and_speaks_once(
    survey: Survey, raters: list[User], fifty: list[Household], enter: Enter, case_officer: User
) -> None:
    sheet = enter(fifty[5], 2, signer=raters[5].person)
    confirm_paper(sheet, level=2, by=case_officer)
    answer = Answer.objects.get()
    assert (answer.speaker, answer.voice) == (raters[5].person, raters[5].person.pk)
    with pytest.raises(Refused, match="成年人"):
        enter(fifty[6], 2, signer=raters[7].person)


def test_the_household_is_told_without_being_told_what(
    survey: Survey, raters: list[User], fifty: list[Household], enter: Enter
) -> None:
    sheet = enter(fifty[5], 5)
    told = Message.objects.of(raters[5]).latest("pk")
    assert "已代录您家的测评表" in told.title and told.url == reverse("rating_correct", args=[sheet.pk])
    assert "满意" not in told.title + told.body


# --- Putting right and taking back --------------------------------------------------------------------


def test_the_household_puts_it_right_once_in_its_days(
    survey: Survey, raters: list[User], fifty: list[Household], enter: Enter, case_officer: User, resident: User
) -> None:
    sheet = enter(fifty[5], 5)
    confirm_paper(sheet, level=5, by=case_officer)
    with pytest.raises(NotAllowed):
        correct_paper(sheet, level=1, reason="我勾的是非常满意", by=resident)
    with pytest.raises(Refused) as refused:
        correct_paper(sheet, level=5, reason="我勾的是非常满意", by=raters[5])
    assert "choice" in refused.value.fields
    correct_paper(sheet, level=1, reason="我勾的是非常满意", by=raters[5])
    assert (survey.answers.get().level, survey.answers.get().by) == (1, raters[5])
    assert not CallBack.objects.exists()
    with pytest.raises(Refused, match="更正过"):
        correct_paper(sheet, level=2, reason="又想改", by=raters[5])


def test_not_after_its_days(
    survey: Survey, raters: list[User], fifty: list[Household], enter: Enter, clock: Clock
) -> None:
    sheet = enter(fifty[5], 5)
    platform_clock.set_to(sheet.line.correct_until)
    with pytest.raises(Refused, match="期限"):
        correct_paper(sheet, level=1, reason="我勾的是非常满意", by=raters[5])


def test_a_corrected_sheet_needs_no_second_reading(
    survey: Survey,
    raters: list[User],
    fifty: list[Household],
    enter: Enter,
    case_officer: User,
    until: Callable[..., None],
) -> None:
    for user in raters[:5] + raters[6:31]:
        rate(survey, level=1, by=user)
    until(survey.closes_at - timedelta(days=1))
    sheet = enter(fifty[5], 5)
    until(survey.closes_at)
    correct_paper(PaperAnswer.objects.get(), level=1, reason="我勾的是非常满意", by=raters[5])
    survey.refresh_from_db()
    assert (survey.stage, survey.satisfied, survey.on_paper) == ("closed", 31, 1)
    with pytest.raises(Refused, match="已经有结果"):
        confirm_paper(PaperAnswer.objects.get(pk=sheet.pk), level=5, by=case_officer)


def test_a_sheet_taken_back_gives_the_household_its_own_answer_again(
    survey: Survey, raters: list[User], fifty: list[Household], enter: Enter, chief: User
) -> None:
    rate(survey, level=2, by=raters[5])
    sheet = enter(fifty[5], 5)
    with pytest.raises(Refused):
        void_paper(sheet, reason=" ", by=chief)
    void_paper(sheet, reason="登记错了门牌", by=chief)
    assert sheet.is_void
    assert rate(survey, level=3, by=raters[5]).level == 3
    assert enter(fifty[5], 4)


def test_after_the_end_another_takes_it_back_and_the_result_is_drawn(
    survey: Survey,
    raters: list[User],
    fifty: list[Household],
    enter: Enter,
    chief: User,
    clerk: User,
    until: Callable[..., None],
) -> None:
    for user in raters[:30]:
        rate(survey, level=1, by=user)
    enter(fifty[40], 5)
    until(survey.closes_at)
    sheet = PaperAnswer.objects.get()
    with pytest.raises(Refused, match="另一位"):
        void_paper(sheet, reason="表没有收回", by=chief)
    with pytest.raises(IntegrityError, match="another person"), transaction.atomic():
        voided(sheet, chief)
    void_paper(sheet, reason="表没有收回", by=clerk)
    survey.refresh_from_db()
    assert (survey.stage, survey.answers_count, survey.on_paper) == ("closed", 30, 0)


# --- What the database keeps --------------------------------------------------------------------------


@pytest.mark.walked("survey")
def test_no_stub_after_the_end_whoever_writes_it(
    survey: Survey, fifty: list[Household], unit_of: Callable[..., Unit], chief: User, clock: Clock
) -> None:
    platform_clock.set_to(survey.closes_at)
    sheet = paper.register(survey.territory, [(fifty[5], None)], about="", by=chief)
    with pytest.raises(IntegrityError, match="before the end"), transaction.atomic():
        PaperAnswer.objects.create(unit=unit_of(fifty[5]), line=sheet.lines.get())


@pytest.mark.walked("survey")
def test_the_stub_is_of_the_door_and_stays_so(
    survey: Survey, fifty: list[Household], enter: Enter, unit_of: Callable[..., Unit], chief: User
) -> None:
    sheet = paper.register(survey.territory, [(fifty[6], None)], about="", by=chief)
    with pytest.raises(IntegrityError, match="of the door"), transaction.atomic():
        PaperAnswer.objects.create(unit=unit_of(fifty[5]), line=sheet.lines.get())
    standing = enter(fifty[7], 1)
    for change in ({"unit": unit_of(fifty[8])}, {"is_void": True}):
        with pytest.raises(IntegrityError, match="stays"), transaction.atomic():
            PaperAnswer.objects.filter(pk=standing.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM evaluation_paperanswer")


def test_a_reserved_household_does_not_answer_online(
    survey: Survey, raters: list[User], fifty: list[Household], enter: Enter, unit_of: Callable[..., Unit]
) -> None:
    enter(fifty[5], 1)
    with pytest.raises(IntegrityError, match="registered paper"), transaction.atomic():
        _write(survey, unit_of(fifty[5]), raters[5], channel="online", speaker=raters[5].person)


def _write(survey: Survey, unit: Unit, by: User, **words: Any) -> Answer:
    return Answer.objects.create(survey=survey, unit=unit, by=by, slip_number="X", **{"level": 1} | words)


@pytest.mark.walked("survey")
def test_a_paper_answer_says_what_its_sheet_was_read_to_say(
    survey: Survey, fifty: list[Household], enter: Enter, unit_of: Callable[..., Unit], chief: User, case_officer: User
) -> None:
    unit = unit_of(fifty[5])
    for _registered in (False, True):
        with pytest.raises(IntegrityError, match="not read so"), transaction.atomic():
            _write(survey, unit, chief, channel="paper")
        sheet = unit.paper_answers.first() or enter(fifty[5], 1)
    confirm_paper(sheet, level=1, by=case_officer)
    for change in ({"level": 5}, {"advice": "别的"}, {"price": 1}, {"channel": "online"}, {"speaker": chief.person}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Answer.objects.update(**change)


def test_no_result_while_a_registered_sheet_is_unread(
    survey: Survey, raters: list[User], fifty: list[Household], enter: Enter, clock: Clock
) -> None:
    for user in raters[:32]:
        rate(survey, level=1, by=user)
    enter(fifty[40], 1)
    platform_clock.set_to(survey.closes_at)
    with pytest.raises(IntegrityError, match="not read or not counted"), transaction.atomic():
        _close(survey)


def _close(survey: Survey) -> None:
    Survey.objects.filter(pk=survey.pk).update(
        stage="closed",
        answers_count=32,
        satisfied=32,
        levels=[32, 0, 0, 0, 0],
        aspects={},
        on_paper=0,
        verdict="passed",
        closed_at=now(),
    )


def test_nothing_is_read_after_the_result(
    survey: Survey,
    raters: list[User],
    fifty: list[Household],
    enter: Enter,
    clerk: User,
    clock: Clock,
    case_officer: User,
) -> None:
    for user in raters[:32]:
        rate(survey, level=1, by=user)
    platform_clock.set_to(survey.closes_at - timedelta(hours=1))
    sheet = enter(fifty[40], 1)
    confirm_paper(sheet, level=1, by=case_officer)
    platform_clock.set_to(survey.closes_at)
    end_window(survey, by=None)
    assert survey.stage == "closed"
    said = {**(sheet.line.settled or {}), "level": 5}
    with pytest.raises(IntegrityError, match="is closed"), transaction.atomic():
        Line.objects.filter(pk=sheet.line_id).update(
            corrected=said, corrected_by=clerk, corrected_at=now(), correction="改"
        )


@pytest.mark.walked("survey")
def test_a_reading_without_a_photo_is_none(
    survey: Survey, fifty: list[Household], unit_of: Callable[..., Unit], chief: User, supervisor: User
) -> None:
    sheet = register_paper(unit_of(fifty[5]), receipt_id=uuid4(), by=chief)
    with pytest.raises(IntegrityError, match="from its photo"), transaction.atomic():
        Line.objects.filter(pk=sheet.line_id).update(first={"level": 1}, first_by=supervisor, first_at=now())
