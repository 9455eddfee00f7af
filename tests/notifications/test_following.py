"""Who follows a project or a place hears of each step once; nobody learns that they do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.lifecycle.models import StepRecord
from minshi.mydata import actions as mydata
from minshi.notifications import following, told
from minshi.notifications.models import Collected, Follow, Manner, Message, Outbox
from minshi.refusals import Refused
from minshi.residents import register, reshaping
from proposals import actions as proposals
from proposals.models import Proposal
from tests.cast import make_resident
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
FOLLOWING = "/mine/following/"


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def told_to(user: User) -> list[str]:
    return list(Message.objects.of(user).order_by("id").values_list("title", flat=True))


@pytest.mark.walked("cosigning")
def test_from_cosigning_to_archive_one_message_a_step_and_no_other(way: Way) -> None:
    """Also where they are asked to vote and to rate, as everybody of the yard: that is how they hear of that step."""
    proposal = Proposal.objects.get()
    user = make_resident("酉关注", way.households[11], represents=True)
    proposals.follow_project(proposal, by=user)
    before = StepRecord.objects.of(proposal).latest("id").pk
    way.archived()
    steps = list(StepRecord.objects.of(proposal).filter(id__gt=before).order_by("id"))
    messages = list(Message.objects.of(user).order_by("id"))
    heard = [(each.title, each.event) for each in messages]
    assert len(messages) == len(steps), heard
    assert steps[-1].verb == "archive" and len({each.verb for each in steps}) > 12
    own = {each.key for each in messages if each.event == told.FOLLOWED.name}
    besides = [each.verb for each in steps if f"step:{each.pk}" not in own]
    assert besides == ["open_vote", "pass_vote", "open_survey"], heard
    assert [event for _title, event in heard if event != told.FOLLOWED.name] == [
        "deliberation.motion:open",
        "deliberation.motion:publish",
        "evaluation.survey:open",
    ]
    assert all(each.url.startswith("/projects/") for each in messages)


@pytest.mark.walked("submitted")
def test_who_hears_of_it_anyway_and_who_does_it_are_not_told_twice(way: Way, resident: User, chief: User) -> None:
    """The proposer, the chief who decides, and somebody who follows both the project and its yard."""
    proposal = way.submitted()
    both = make_resident("戌都关注", None)
    for user in (resident, chief, both):
        proposals.follow_project(proposal, by=user)
    proposals.follow_place(way.yard, by=both)
    proposals.pass_review(proposal, by=chief, reason="确实需要")
    assert len(told_to(both)) == 1 and told_to(both)[0].startswith("您关注的“院里装一盏路灯”：")
    assert Message.objects.get(user=both).matter == f"proposals.proposal:{proposal.pk}"
    assert not Message.objects.filter(user__in=[resident, chief], event=told.FOLLOWED.name).exists()
    assert Message.objects.filter(user=resident, event="proposals.proposal:pass_review").count() == 1


@pytest.mark.walked("submitted")
def test_of_a_place_what_has_not_passed_its_review_is_not_told(way: Way, chief: User) -> None:
    near, close = make_resident("亥关注院", None), make_resident("子关注项目", None)
    proposal = way.submitted()
    proposals.follow_place(way.yard, by=near)
    proposals.follow_project(proposal, by=close)
    proposals.return_for_revision(proposal, by=chief, reason="请写清楚装在哪里")
    assert (told_to(near), len(told_to(close))) == ([], 1)
    proposals.resubmit(proposal, by=way.who("resident"), why="写清楚了")
    proposals.pass_review(proposal, by=chief, reason="确实需要")
    assert (len(told_to(near)), len(told_to(close))) == (1, 3)


@pytest.mark.walked("submitted")
def test_who_wants_one_message_a_day_gets_one_with_all_of_it(way: Way, chief: User, clock: Any) -> None:
    proposal = way.submitted()
    user = make_resident("丑汇总", None)
    proposals.follow_project(proposal, by=user)
    following.want(daily=True, texts=True, quiet=None, by=user)
    proposals.return_for_revision(proposal, by=chief, reason="请写清楚装在哪里")
    proposals.resubmit(proposal, by=way.who("resident"), why="写清楚了")
    assert told_to(user) == [] and Collected.objects.count() == 2
    assert following.tell_of_the_day(by=None) == 0, "not before the hour it leaves at"
    platform_clock.move(timedelta(days=1))
    assert following.tell_of_the_day(by=None) == 1 and following.tell_of_the_day(by=None) == 0
    message = Message.objects.get(user=user)
    assert message.title == "您关注的有 2 步进展" and message.url == FOLLOWING
    assert message.body.count("院里装一盏路灯") == 2
    assert not Collected.objects.exists()


@pytest.mark.walked("cosigning")
def test_one_press_follows_and_one_stops(way: Way, neighbour: User, client_of: ClientOf) -> None:
    proposal, client = way.cosigning(), client_of(neighbour)
    page = f"/projects/{proposal.number}/follow/"
    assert f'href="{page}"' in client.get(proposal.get_absolute_url()).content.decode()
    assert client_of(None).get(page).status_code == 302
    for _twice in range(2):
        assert client.post(page, {"what": "follow"})["Location"] == FOLLOWING
    assert Follow.objects.filter(user=neighbour).count() == 1
    listed = client.get(FOLLOWING).content.decode()
    assert proposal.title in listed and "不再关注" in listed
    assert client.post(page, {"what": "stop"}).status_code == 302
    assert not Follow.objects.exists()
    client.get(FOLLOWING)  # says once that it is followed no more
    assert proposal.title not in client.get(FOLLOWING).content.decode()


@pytest.mark.walked("cosigning")
def test_the_message_itself_stops_what_it_was_told_for(
    way: Way, neighbour: User, stranger: User, client_of: ClientOf
) -> None:
    proposal = way.cosigning()
    proposals.follow_place(way.yard, by=neighbour)
    proposals.withdraw(proposal, by=way.who("resident"), reason="先不办了")
    message = Message.objects.get(user=neighbour, event=told.FOLLOWED.name)
    page = client_of(neighbour).get("/messages/").content.decode()
    stop = next(part for part in page.split('"') if part.endswith("/stop/"))
    assert client_of(stranger).post(stop).status_code == 404 and Follow.objects.count() == 1
    assert client_of(neighbour).post(stop)["Location"] == "/messages/"
    assert not Follow.objects.exists() and Message.objects.filter(pk=message.pk).exists()


def test_a_place_too_wide_is_not_followed(district: Any, resident: User, client_of: ClientOf) -> None:
    answer = client_of(resident).post(f"/places/{district.code}/follow/", {"what": "follow"})
    assert answer.status_code == 422 and "这里太大" in answer.content.decode() and not Follow.objects.exists()


def test_so_many_and_no_more(resident: User, yard: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MOST_FOLLOWED", 0)
    with pytest.raises(Refused, match="先取消几个"):
        following.follow(yard, by=resident)


@pytest.mark.walked("cosigning")
def test_nobody_else_learns_who_follows(way: Way, neighbour: User, clerk: User, client_of: ClientOf) -> None:
    """Neither the project's page nor anybody's list changes with it; the audit keeps nothing of it."""
    proposal = way.cosigning()
    page = proposal.get_absolute_url()
    before = client_of(None).get(page).content
    proposals.follow_project(proposal, by=neighbour)
    assert client_of(None).get(page).content == before
    assert proposal.title not in client_of(way.who("resident")).get(FOLLOWING).content.decode()
    assert Follow.UNTRACKED and Manner.UNTRACKED and Collected.UNTRACKED


def test_how_it_is_sent_is_said_and_chosen_on_one_page(resident: User, client_of: ClientOf) -> None:
    client, page = client_of(resident), "/messages/how/"
    said = client.get(page).content.decode()
    assert "21 点到 8 点不发" in said and "投票有截止时间" in said and "还没有开通" in said
    chosen = {"rhythm": "daily", "texts": "no", "quiet_from": "20", "quiet_until": ""}
    answer = client.post(page, chosen)
    assert answer.status_code == 422 and "要一起选" in answer.content.decode()
    assert '<option value="20" selected>' in answer.content.decode(), "what was chosen is kept"
    assert client.post(page, {**chosen, "quiet_until": "9"}).status_code == 302
    manner = Manner.objects.get(user=resident)
    assert (manner.daily, manner.texts, manner.quiet_from, manner.quiet_until) == (True, False, 20, 9)
    assert "20 点到 9 点不发" in client.get(page).content.decode()
    assert client.post(page, {"rhythm": "sometimes", "texts": "yes"}).status_code == 422


def test_who_wants_no_texts_gets_none_and_the_message_all_the_same(way: Way, neighbour: User) -> None:
    following.want(daily=False, texts=False, quiet=None, by=neighbour)
    way.voting()
    assert Message.objects.filter(user=neighbour, event="deliberation.motion:open").exists()
    assert not Outbox.objects.filter(message__user=neighbour).exists()
    assert Outbox.objects.filter(message__user=way.who("resident")).exists()


def test_who_closes_their_account_follows_nothing(neighbour: User, yard: Any) -> None:
    following.follow(yard, by=neighbour)
    following.want(daily=True, texts=True, quiet=(20, 9), by=neighbour)
    mydata.close(by=fresh(neighbour))
    assert not Follow.objects.exists() and not Manner.objects.exists()


def test_who_follows_a_yard_that_was_merged_hears_of_the_one_it_became(way: Way, community: Any, clerk: User) -> None:
    old = register.add_place(community, name="样板巷9号院", level="yard", by=clerk)
    near = make_resident("寅关注旧院", None)
    proposals.follow_place(old, by=near)
    reshaping.merge(old, into=way.yard, reason="会议", by=clerk)
    proposal = way.submitted()
    assert told_to(near) == []
    proposals.pass_review(proposal, by=way.who("chief"), reason="确实需要")
    assert len(told_to(near)) == 1
