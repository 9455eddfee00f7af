"""A wish is done when whoever wished says so, or says nothing in their days; what is urgent has hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines.actions import sweep
from minshi.deadlines.models import Deadline
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from proposals import actions
from proposals.models import Channel, Wish, WishStage
from tests.conftest import Clock
from tests.desk.test_scope import do_of
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
NIGHT = datetime(2026, 2, 14, 15, 30, tzinfo=UTC)
"""Half past eleven in the evening before the spring festival."""


@pytest.fixture
def wish(way: Way, resident: User) -> Wish:
    return actions.wish(place=way.yard, text="想要一盏灯", by=resident)


@pytest.fixture
def said(wish: Wish, clerk: User) -> Wish:
    actions.answer_wish(wish, "fulfil", by=clerk, reason="灯装好了")
    return wish


@pytest.fixture
def urgent(way: Way, resident: User, clerk: User, case_officer: User, clock: Clock) -> Wish:
    platform_clock.set_to(NIGHT)
    return actions.wish(place=way.yard, text="树倒在路上", by=resident, urgent=True)


def hours_after(moment: datetime | None) -> float:
    """From the night on, to the minute."""
    assert moment
    return round((moment - NIGHT).total_seconds() / 60) / 60


def told(user: User) -> list[str]:
    return list(Message.objects.filter(user=user).order_by("-id").values_list("title", flat=True))


def test_whoever_wished_is_asked_and_says_that_it_is_done(said: Wish, client_of: ClientOf, resident: User) -> None:
    assert told(resident)[0] == "您的心愿办好了吗？请您看看"
    client = client_of(resident)
    judge = f"/wishes/{said.pk}/judge/"
    assert judge in client.get("/mine/").content.decode()
    assert judge in client.get(f"/wishes/{said.pk}/").content.decode()
    client.post(judge, {"is_done": "yes"})
    said.refresh_from_db()
    assert said.stage == WishStage.FULFILLED
    assert judge not in client.get("/mine/").content.decode()
    assert not Deadline.objects.of(said).open().exists()


def test_what_is_not_done_goes_back_with_what_is_missing(
    said: Wish, client_of: ClientOf, resident: User, clerk: User
) -> None:
    client = client_of(resident)
    refused = client.post(f"/wishes/{said.pk}/judge/", {"is_done": "no"})
    assert refused.status_code == 422 and "请写还差什么" in refused.content.decode()
    client.post(f"/wishes/{said.pk}/judge/", {"is_done": "no", "reason": "开关够不着，电话13812345678"})
    said.refresh_from_db()
    assert (said.stage, said.holder_role) == (WishStage.CLAIMED, "clerk")
    assert told(clerk)[0] == "许愿人说还没有办好：想要一盏灯"
    page = client.get(f"/wishes/{said.pk}/").content.decode()
    assert "开关够不着" in page and "13812345678" not in page


def test_who_says_nothing_in_their_days_has_agreed(said: Wish, clock: Clock) -> None:
    assert said.due_at
    platform_clock.set_to(said.due_at - timedelta(minutes=1))
    sweep()
    said.refresh_from_db()
    assert said.stage == WishStage.SAID
    platform_clock.set_to(said.due_at)
    sweep()
    said.refresh_from_db()
    assert said.stage == WishStage.FULFILLED


def test_nobody_else_judges_it(said: Wish, client_of: ClientOf, neighbour: User, clerk: User) -> None:
    for user in (neighbour, clerk):
        assert client_of(user).post(f"/wishes/{said.pk}/judge/", {"is_done": "yes"}).status_code == 404
        with pytest.raises(NotAllowed):
            actions.judge_wish(said, is_done=True, by=user)


def test_an_answer_after_the_first_is_too_late(said: Wish, client_of: ClientOf, resident: User) -> None:
    client = client_of(resident)
    client.post(f"/wishes/{said.pk}/judge/", {"is_done": "yes"})
    answer = client.post(f"/wishes/{said.pk}/judge/", {"is_done": "no", "reason": "其实没有"})
    said.refresh_from_db()
    assert said.stage == WishStage.FULFILLED and answer.status_code in (409, 422)


def test_of_what_was_told_by_telephone_somebody_asks_but_not_who_did_it(
    way: Way, client_of: ClientOf, clerk: User, second_clerk: User
) -> None:
    wish = actions.wish(place=way.yard, text="换灯泡", channel=Channel.PHONE, wisher_name="丙居民", by=clerk)
    actions.answer_wish(wish, "fulfil", by=clerk, reason="换好了")
    assert told(second_clerk)[0] == "替人记的心愿说办好了，请问问许愿人：换灯泡"
    assert "您的心愿办好了吗？请您看看" not in told(clerk)
    assert client_of(clerk).post(do_of(wish, "agree")).status_code in (403, 409)
    client_of(second_clerk).post(do_of(wish, "contest"), {"reason": "还是不亮"})
    wish.refresh_from_db()
    assert wish.stage == WishStage.CLAIMED


def test_what_was_claimed_and_cannot_be_done_is_declined_with_its_reason(wish: Wish, clerk: User) -> None:
    actions.answer_wish(wish, "claim", by=clerk)
    actions.answer_wish(wish, "decline", by=clerk, reason="地下有燃气管")
    assert wish.stage == WishStage.DECLINED


def test_what_is_urgent_is_answered_reached_and_done_each_in_its_time(urgent: Wish, clerk: User, clock: Clock) -> None:
    assert hours_after(urgent.due_at) == 2
    platform_clock.set_to(NIGHT + timedelta(hours=1))
    actions.answer_wish(urgent, "claim", by=clerk)
    assert hours_after(urgent.due_at) == 24
    platform_clock.set_to(NIGHT + timedelta(hours=5))
    actions.answer_wish(urgent, "arrive", by=clerk, reason="先围起来")
    assert urgent.due_at == datetime(2026, 2, 26, 16, tzinfo=UTC)  # three working days after the festival


def test_nobody_who_answers_in_two_hours_sends_it_up_and_it_is_asked_for_again_within_a_day(
    urgent: Wish, clock: Clock, case_officer: User
) -> None:
    platform_clock.set_to(NIGHT + timedelta(hours=2, seconds=1))
    sweep()
    urgent.refresh_from_db()
    assert (urgent.holder_role, hours_after(urgent.due_at)) == ("case_officer", 4)
    platform_clock.set_to(NIGHT + timedelta(hours=4, seconds=5))
    sweep()
    assert told(case_officer)[0] == "逾期的心愿：树倒在路上"
    again = Deadline.objects.of(urgent).open().get()
    assert hours_after(again.wakes_at) == 28


def test_only_what_is_urgent_is_reached(wish: Wish, clerk: User, client_of: ClientOf) -> None:
    with pytest.raises(Refused, match="只有急事"):
        actions.answer_wish(wish, "arrive", by=clerk, reason="到了")


def test_the_numbers_to_call_stand_first(client_of: ClientOf, resident: User, urgent: Wish, client: Client) -> None:
    for page in (
        client_of(resident).get("/wishes/new/").content.decode(),
        client.get(f"/wishes/{urgent.pk}/").content.decode(),
    ):
        assert all(f'href="tel:{number}"' in page for number in ("119", "110", "120", "12345"))
        assert "2小时内回应，24小时内到场，夜里和节假日也算；3个工作日内办结" in page
