"""提案大赛: a theme with its window; ordinary proposals take part, and what came of it is said in public by a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.lifecycle.models import StepRecord
from minshi.notifications.models import Message
from minshi.policy.signals import period_moved
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Person
from proposals import actions
from proposals.models import Call, CallEntry, CallStage, Stage
from tests.desk.test_scope import do_of
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
SAID = {"theme": "让老人出门更方便", "text": "扶手、长凳、坡道", "criteria": "受益户多", "prizes": "一口锅"}


@pytest.fixture
def call(way: Way, clerk: User) -> Call:
    community = way.yard.at_level("community")
    assert community
    return actions.open_call(community, **SAID, closes_at=now() + timedelta(days=10), by=clerk)


def judged(call: Call, clock: Any) -> Call:
    clock.move(seconds=(call.closes_at - clock.now()).total_seconds() + 1)
    deadlines.sweep()
    call.refresh_from_db()
    return call


def test_the_office_of_the_place_calls_and_nobody_else(way: Way, client_of: ClientOf, clerk: User) -> None:
    community = way.yard.at_level("community")
    assert community
    sent = {**SAID, "place": community.pk, "last_day": (now() + timedelta(days=10)).date()}
    assert client_of(clerk).post("/calls/new/", sent).status_code == 302
    called = Call.objects.get()
    assert called.closes_at.astimezone().minute == 0 and called.stage == CallStage.OPEN
    assert client_of(way.who("resident")).post("/calls/new/", sent).status_code == 403
    assert client_of(clerk).post("/calls/new/", sent).status_code == 302  # pressed twice it is one
    assert Call.objects.count() == 1
    with pytest.raises(NotAllowed):
        actions.open_call(community, **SAID, closes_at=now() + timedelta(days=1), by=way.who("chief"))


def test_pressed_twice_it_is_one_and_other_words_under_its_theme_are_not_dropped(way: Way, clerk: User) -> None:
    community, closes = way.yard.parent, now() + timedelta(days=10)
    first = actions.open_call(community, **SAID, closes_at=closes, by=clerk)
    assert actions.open_call(community, **SAID, closes_at=closes, by=clerk) == first
    with pytest.raises(Refused) as refused:
        actions.open_call(community, **{**SAID, "prizes": "一口锅，一把伞"}, closes_at=closes, by=clerk)
    assert "theme" in refused.value.fields


def test_what_is_wrong_is_said_and_what_was_typed_stays(way: Way, client_of: ClientOf, clerk: User) -> None:
    sent = {**SAID, "place": way.yard.at_level("community").pk, "last_day": "2020-01-01"}  # type: ignore[union-attr]
    answer = client_of(clerk).post("/calls/new/", sent)
    page = answer.content.decode()
    assert answer.status_code == 422 and "已经过了" in page and SAID["criteria"] in page
    assert not Call.objects.exists()


def test_ones_own_proposal_takes_part_and_goes_its_own_way(way: Way, client_of: ClientOf, call: Call) -> None:
    mine, theirs = way.submitted(), way.submitted(title="邻居的事", by=way.who("neighbour"))
    phone = client_of(way.who("resident"))
    assert phone.post(f"/calls/{call.pk}/enter/", {"proposal": theirs.pk}).status_code == 422
    for _again in range(2):
        assert phone.post(f"/calls/{call.pk}/enter/", {"proposal": mine.pk}).status_code in (302, 422)
    assert CallEntry.objects.get().proposal == mine
    mine.refresh_from_db()
    assert mine.stage == Stage.SUBMITTED
    assert mine.title in phone.get(f"/calls/{call.pk}/").content.decode()
    with pytest.raises(NotAllowed):
        actions.enter_call(call, theirs, by=way.who("resident"))


def test_it_ends_by_its_day_and_its_people_hear_of_it(way: Way, call: Call, clerk: User, clock: Any) -> None:
    mine, resident = way.submitted(), way.who("resident")
    actions.enter_call(call, mine, by=resident)
    with pytest.raises(Refused):
        actions.record_results(call, {}, reason="还没截止", by=clerk)
    judged(call, clock)
    assert call.stage == CallStage.JUDGING and call.due_at and call.due_at > clock.now()
    other = way.submitted(title="来晚了的事")
    with pytest.raises(Refused):
        actions.enter_call(call, other, by=resident)
    with pytest.raises(IntegrityError), transaction.atomic():
        CallEntry.objects.create(call=call, proposal=other, by=resident)
    entry = call.entries.get()
    actions.record_results(call, {entry.pk: "一等奖：一口锅"}, reason="受益户最多", by=clerk)
    entry.refresh_from_db()
    assert call.stage == CallStage.ENDED and entry.prize == "一等奖：一口锅" and call.result == "受益户最多"
    titles = " ".join(Message.objects.of(resident).values_list("title", flat=True))
    assert "已经截止" in titles and "结果公布" in titles
    with pytest.raises(Refused):
        actions.record_results(call, {entry.pk: "二等奖"}, reason="改一改", by=clerk)


def overdue(call: Call, clock: Any) -> Deadline:
    """Its days for judging are over; returns what waits then."""
    waits = Deadline.objects.of(call).open().get()
    clock.move(seconds=((waits.wakes_at or waits.due) - clock.now()).total_seconds() + 1)
    deadlines.sweep()
    call.refresh_from_db()
    return Deadline.objects.tasks().of(call).get()


def test_a_result_that_is_late_climbs_to_the_office_above_and_is_asked_for_again_there(
    call: Call, clerk: User, case_officer: User, district_officer: User, clock: Any
) -> None:
    judged(call, clock)
    first = call.due_at
    assert overdue(call, clock).role == "case_officer"
    assert call.due_at and first and call.due_at > first
    assert Message.objects.of(case_officer).filter(title__contains="下一级逾期没有公布结果").exists()
    assert Message.objects.of(clerk).filter(title__contains="已转上一级").exists()
    assert overdue(call, clock).role == "district_officer"
    last = call.due_at
    for _again in range(2):
        assert overdue(call, clock).role == "district_officer"
    assert call.due_at == last, "it stays due since it was"
    assert StepRecord.objects.of(call).filter(verb="overdue").count() == 2
    actions.record_results(call, {}, reason="没有合适的", by=district_officer)
    assert call.stage == CallStage.ENDED and not Deadline.objects.of(call).open().exists()


def test_at_the_desk_one_is_opened_listed_and_judged(
    way: Way, client_of: ClientOf, clerk: User, stranger_clerk: User, clock: Any
) -> None:
    community, desk = way.yard.at_level("community"), client_of(clerk)
    assert community
    sent = {**SAID, "place": community.pk, "last_day": "2020-01-01"}
    new = reverse("admin:proposals_call_add")
    page = desk.post(new, sent)
    assert page.status_code == 422 and SAID["criteria"] in page.content.decode()
    assert desk.post(new, {**sent, "last_day": (now() + timedelta(days=10)).date()}).status_code == 302
    call = Call.objects.get()
    actions.enter_call(call, way.submitted(), by=way.who("resident"))
    listed = reverse("admin:proposals_call_changelist")
    assert SAID["theme"] in desk.get(listed).content.decode() and "1 件" in desk.get(listed).content.decode()
    assert SAID["theme"] not in client_of(stranger_clerk).get(listed).content.decode()
    assert desk.get(do_of(call, "results")).status_code == 403
    judged(call, clock)
    assert reverse("admin:proposals_call_change", args=[call.pk]) in desk.get(reverse("admin:index")).content.decode()
    prize = f"prize_{call.entries.get().pk}"
    answer = desk.post(do_of(call, "results"), {"reason": " ", prize: "一口锅"})
    assert answer.status_code == 422 and "一口锅" in answer.content.decode()
    assert desk.post(do_of(call, "results"), {"reason": "受益户多", prize: "一口锅"}).status_code == 302
    assert call.entries.get().prize == "一口锅"


def test_the_result_is_named_on_a_page_by_the_office_alone(
    way: Way, client_of: ClientOf, call: Call, clerk: User, clock: Any
) -> None:
    actions.enter_call(call, way.submitted(), by=way.who("resident"))
    judged(call, clock)
    entry, url = call.entries.get(), f"/calls/{call.pk}/results/"
    assert client_of(way.who("chief")).get(url).status_code == 403
    assert client_of(clerk).post(url, {"reason": "", f"prize_{entry.pk}": "一口锅"}).status_code == 422
    assert client_of(clerk).post(url, {"reason": "最多", f"prize_{entry.pk}": "一口锅"}).status_code == 302
    page = client_of(None).get(f"/calls/{call.pk}/").content.decode()
    assert "一口锅" in page and "最多" in page
    assert SAID["theme"] in client_of(None).get("/calls/", {"place": call.place.code}).content.decode()


@pytest.mark.parametrize("day", ["9999-12-31", "9999-12-30", "2099-01-01", "-1", "０", "x" * 10_000])
def test_a_day_that_is_none_or_too_far_is_refused(way: Way, client_of: ClientOf, clerk: User, day: str) -> None:
    community = way.yard.at_level("community")
    assert community
    answer = client_of(clerk).post("/calls/new/", {**SAID, "place": community.pk, "last_day": day})
    assert answer.status_code == 422 and SAID["criteria"] in answer.content.decode()
    assert not Call.objects.exists()


def test_a_calendar_that_is_published_later_moves_the_days_for_judging(call: Call, clock: Any) -> None:
    assert Deadline.objects.of(call).open().get().basis == ""  # the last day of the window was said, not counted
    judged(call, clock)
    deadline = Deadline.objects.of(call).open().get()
    assert deadline.basis.startswith("wd:10@")
    before, deadline.due = deadline.due, deadline.due + timedelta(days=1)
    period_moved.send(sender=Deadline, deadline=deadline, before=before)
    call.refresh_from_db()
    assert call.due_at == deadline.due


def test_who_wins_is_not_named_by_name(way: Way, call: Call, clerk: User, neighbour: User, clock: Any) -> None:
    """The office writes as one speaks; their proposal says who proposed it, as it is public there."""
    Person.objects.filter(user=way.who("resident")).update(name="甲某")
    actions.enter_call(call, way.submitted(), by=way.who("resident"))
    judged(call, clock)
    entry = call.entries.get()
    actions.record_results(call, {entry.pk: "一等奖，甲某领"}, reason="甲某想得最周到，乙邻居也出了力", by=clerk)
    entry.refresh_from_db()
    assert (entry.prize, call.result) == ("一等奖，甲*领", "甲*想得最周到，乙*居也出了力")
    assert "甲某" not in StepRecord.objects.of(call).latest("id").reason
