"""Residents ask in public, whoever holds the matter answers in public, and no thread stays without an end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.lifecycle.models import StepRecord
from minshi.notifications.models import Message
from minshi.policy import calendar
from minshi.refusals import NotAllowed, Refused
from proposals import actions
from proposals.models import Proposal, Question, QuestionStage
from tests.cast import make_resident
from tests.desk.test_scope import do_of
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def lamp(way: Way) -> Proposal:
    return way.cosigning(households=200)


@pytest.fixture
def asked(lamp: Proposal, neighbour: User) -> Question:
    return actions.ask("灯几点亮、几点灭？打13812345678告诉我", proposal=lamp, by=neighbour)


def silent(question: Question) -> None:
    row = Deadline.objects.of(question).open().get(kind="question")
    platform_clock.set_to((row.wakes_at or row.due) + timedelta(minutes=1))
    deadlines.sweep()
    question.refresh_from_db()


def test_a_neighbour_asks_and_the_proposer_answers_in_public(
    lamp: Proposal, resident: User, neighbour: User, client_of: ClientOf, client: Client
) -> None:
    page = reverse("ask", args=[lamp.number])
    assert page in client.get(lamp.get_absolute_url()).content.decode()
    assert client_of(neighbour).post(page, {"text": " "}).status_code == 422
    client_of(neighbour).post(page, {"text": "灯几点亮？"})
    asked = Question.objects.get()
    assert (asked.holder_role, asked.due_at) == ("proposer", calendar.period_end(now(), working_days=5))
    answer = reverse("answer_question", args=[asked.pk])
    assert answer in client_of(resident).get(reverse("mine")).content.decode()
    assert client_of(neighbour).get(answer).status_code == 403
    assert client_of(resident).post(answer, {"text": ""}).status_code == 422
    client_of(resident).post(answer, {"text": "天黑了自己亮"})
    assert Message.objects.filter(user=neighbour).latest("id").body == "天黑了自己亮"
    for shown in (lamp.get_absolute_url(), reverse("project_questions", args=[lamp.number]), asked.get_absolute_url()):
        said = client.get(shown).content.decode()
        assert "灯几点亮？" in said and "天黑了自己亮" in said
        assert "乙邻居" not in said and "乙*居" in said


def test_no_phone_number_comes_onto_the_page(asked: Question, resident: User, client: Client) -> None:
    actions.answer_question(asked, "问我，13987654321", by=resident)
    said = client.get(asked.get_absolute_url()).content.decode()
    assert "13812345678" not in said and "13987654321" not in said


def test_a_silent_proposer_loses_it_to_the_community_the_street_and_the_district(
    way: Way, asked: Question, case_officer: User, district_officer: User, neighbour: User, client: Client
) -> None:
    holders = []
    for _turn in range(4):
        silent(asked)
        holders.append(asked.holder_role)
    assert holders == ["clerk", "case_officer", "district_officer", "district_officer"]
    verbs = [record.verb for record in StepRecord.objects.of(asked).order_by("id")]
    assert verbs == ["ask", "climb", "climb", "climb", "overdue"]
    assert Message.objects.filter(user=neighbour, title="您的提问逾期没有答复，已转上一级").count() == 3
    assert "逾期没有答复，转上一级" in client.get(asked.get_absolute_url()).content.decode()
    actions.answer_question(asked, "天黑了亮", by=district_officer)
    assert not Deadline.objects.of(asked).open().exists()


def test_whoever_has_to_answer_is_reminded_before(asked: Question, resident: User) -> None:
    assert asked.due_at and asked.stage_since
    platform_clock.set_to(asked.due_at - (asked.due_at - asked.stage_since) / 3 + timedelta(minutes=1))
    deadlines.sweep()
    assert Message.objects.filter(user=resident, title__startswith="快到期：提问").exists()


def test_a_household_asks_once_a_week_whoever_of_it_asks(lamp: Proposal, asked: Question, neighbour: User) -> None:
    spouse = make_resident("戊家人", asked.household)
    for user in (neighbour, spouse):
        with pytest.raises(Refused, match="您家已经问过") as refused:
            actions.ask("灯有多亮？", proposal=lamp, by=user)
        assert "text" in refused.value.fields
    assert actions.ask("加装电梯怎么申请？", by=neighbour).proposal is None  # policy has a turn of its own
    platform_clock.move(timedelta(days=7, minutes=1))
    assert actions.ask("灯有多亮？", proposal=lamp, by=spouse).pk != asked.pk


def test_pressed_twice_it_is_asked_once(lamp: Proposal, neighbour: User) -> None:
    assert actions.ask("灯几点亮？", proposal=lamp, by=neighbour) == actions.ask(
        "灯几点亮？", proposal=lamp, by=neighbour
    )


def test_it_is_hidden_with_a_public_reason_by_staff_alone(
    asked: Question, clerk: User, chief: User, resident: User, neighbour: User, client: Client, client_of: ClientOf
) -> None:
    for user in (chief, resident):
        with pytest.raises(NotAllowed):
            actions.hide_question(asked, reason="不好听", by=user)
    assert client_of(clerk).post(do_of(asked, "hide"), {"reason": ""}).status_code == 422
    client_of(clerk).post(do_of(asked, "hide"), {"reason": "说的是别人家的私事"})
    asked.refresh_from_db()
    assert asked.stage == QuestionStage.HIDDEN
    assert Message.objects.filter(user=neighbour).latest("id").body == "说的是别人家的私事"
    assert asked.proposal
    for shown in (asked.get_absolute_url(), asked.proposal.get_absolute_url()):
        said = client.get(shown).content.decode()
        assert "灯几点亮" not in said and "说的是别人家的私事" in said


def test_of_what_was_hidden_nobody_reads_the_answer_either(
    asked: Question, resident: User, clerk: User, client: Client
) -> None:
    actions.answer_question(asked, "灯几点亮要问王大妈，她儿子管", by=resident)
    actions.hide_question(asked, reason="说的是别人家的私事", by=clerk)
    page = client.get(asked.get_absolute_url()).content.decode()
    assert "王大妈" not in page and "说的是别人家的私事" in page and "答复" in page


def test_what_is_hidden_is_hidden_where_its_project_was_merged_into_too(
    way: Way, neighbour: User, chief: User, clerk: User, client: Client
) -> None:
    proposal, into = way.submitted(), way.submitted(title="院门口装一盏灯")
    asked = actions.ask("是不是王大妈家要的？", proposal=proposal, by=neighbour)
    actions.merge(proposal, into, by=chief, reason="同一件事")
    assert "王大妈" in client.get(into.get_absolute_url()).content.decode()
    actions.hide_question(asked, reason="说的是别人家的私事", by=clerk)
    assert "王大妈" not in client.get(into.get_absolute_url()).content.decode()


def test_whoever_asks_is_not_given_away_by_their_door(
    lamp: Proposal, neighbour: User, resident: User, client: Client
) -> None:
    """The neighbour lives at 102."""
    asked = actions.ask("我家102门口的灯几点亮？", proposal=lamp, by=neighbour)
    actions.answer_question(asked, "102室门口的灯也是天黑了亮", by=resident)
    page = client.get(asked.get_absolute_url()).content.decode()
    assert "门口的灯几点亮" in page and "102" not in page


def test_nobody_answers_their_own_question_and_nobody_from_elsewhere_asks(
    lamp: Proposal, resident: User, stranger: User, clerk: User
) -> None:
    own = actions.ask("谁来换灯泡？", proposal=lamp, by=resident)
    with pytest.raises(NotAllowed):
        actions.answer_question(own, "我来", by=resident)
    with pytest.raises(NotAllowed):
        actions.ask("灯几点亮？", proposal=lamp, by=stranger)
    actions.answer_question(own, "自管小组来换", by=clerk)


def test_what_came_to_nothing_is_not_asked_about(way: Way, chief: User, neighbour: User) -> None:
    proposal = way.submitted()
    actions.decline(proposal, by=chief, reason="该物业负责")
    with pytest.raises(Refused, match="已经结束"):
        actions.ask("为什么？", proposal=proposal, by=neighbour)


def test_questions_come_along_when_their_proposal_is_merged(
    way: Way, lamp: Proposal, chief: User, neighbour: User, client: Client
) -> None:
    other = way.submitted(title="后门的灯", by=neighbour)
    actions.ask("后门归谁管？", proposal=other, by=chief)
    actions.merge(other, lamp, by=chief, reason="同一盏灯")
    assert "后门归谁管？" in client.get(lamp.get_absolute_url()).content.decode()
    assert "后门归谁管？" in client.get(other.get_absolute_url()).content.decode()


def test_policy_is_asked_of_the_community_and_what_was_answered_is_found_by_its_words(
    way: Way, neighbour: User, clerk: User, client: Client, client_of: ClientOf
) -> None:
    client_of(neighbour).post(reverse("ask_policy"), {"text": "加装电梯怎么申请？"})
    asked = Question.objects.get()
    assert (asked.holder_role, asked.place.level_id) == ("clerk", "community")
    assert "加装电梯" in client_of(clerk).get(do_of(asked, "answer")).content.decode()
    client_of(clerk).post(do_of(asked, "answer"), {"reason": "带上房产证到社区填表"})
    here = {"place": way.yard.at_level("street").code}  # type: ignore[union-attr]
    page = reverse("questions")
    for word, found in (("电梯", True), ("房产证", True), ("停车", False)):
        said = client.get(page, {**here, "q": word}).content.decode()
        assert ("带上房产证到社区填表" in said) is found
    other = actions.ask("停车位归谁？", by=way.who("resident"))
    actions.hide_question(other, reason="说的是邻居", by=clerk)
    assert "说的是邻居" not in client.get(page, {**here, "q": "停车"}).content.decode()
    assert client.get(page, {"before": "x", "q": "'%"}).status_code == 200


def test_the_database_keeps_what_was_asked_and_answered(asked: Question, resident: User) -> None:
    actions.answer_question(asked, "天黑了亮", by=resident)
    for change in ({"text": "别的"}, {"answer": "改口"}, {"stage": "waiting"}):
        with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
            Question.objects.filter(pk=asked.pk).update(**change)
