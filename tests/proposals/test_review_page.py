"""The chief's queue: one matter per screen, four verdicts, reasons as ready sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from minshi.accounts.models import User
from minshi.refusals import Refused
from minshi.territory.actions import add_place
from minshi.territory.models import Territory
from proposals import actions
from proposals.models import Stage
from tests.cast import grant
from tests.way import Way, wait_until_over

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def test_the_queue_leads_to_the_first_due_and_ends_in_words(way: Way, client_of: ClientOf, chief: User) -> None:
    first, second = way.submitted(), way.submitted(title="长凳")
    client = client_of(chief)
    assert client.get("/review/")["Location"] == f"/review/{first.number}/"
    page = client.post(
        f"/review/{first.number}/", {"verdict": "pass_review", "reason": ""}, follow=True
    ).content.decode()
    assert "已办理：院里装一盏路灯" in page and second.title in page
    page = client.post(f"/review/{second.number}/", {"verdict": "decline", "reason": "重复"}, follow=True)
    assert "现在都审完了" in page.content.decode()


def test_a_verdict_is_asked_for(way: Way, client_of: ClientOf, chief: User) -> None:
    proposal = way.submitted()
    for verdict in ("", "archive", "pass_review\x00"):
        answer = client_of(chief).post(f"/review/{proposal.number}/", {"verdict": verdict, "reason": "我的理由"})
        assert answer.status_code == 422
        assert "我的理由" in answer.content.decode()
    proposal.refresh_from_db()
    assert proposal.stage == Stage.SUBMITTED


def test_declining_without_a_reason_is_refused_and_the_choice_is_kept(
    way: Way, client_of: ClientOf, chief: User
) -> None:
    proposal = way.submitted()
    answer = client_of(chief).post(f"/review/{proposal.number}/", {"verdict": "decline", "reason": " "})
    page = answer.content.decode()
    assert answer.status_code == 422 and "请写明理由" in page
    assert 'value="decline" checked' in page


def test_a_ready_sentence_is_put_into_the_reason_and_decides_nothing(
    way: Way, client_of: ClientOf, chief: User
) -> None:
    proposal = way.submitted()
    page = client_of(chief).get(f"/review/{proposal.number}/").content.decode()
    assert 'name="fill" value="请写清楚装在哪里"' in page
    answer = client_of(chief).post(
        f"/review/{proposal.number}/", {"verdict": "return_for_revision", "fill": "请写清楚装在哪里", "reason": ""}
    )
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="return_for_revision" checked' in page and "请写清楚装在哪里</textarea>" in page
    proposal.refresh_from_db()
    assert proposal.stage == Stage.SUBMITTED


def test_merging_asks_into_which_and_offers_the_same_community_only(
    way: Way, client_of: ClientOf, chief: User, stranger: User, other_yard: Territory
) -> None:
    light, lamp = way.submitted(title="院门照明"), way.submitted()
    foreign = way.submitted(title="远处的灯", place=other_yard, by=stranger)
    client = client_of(chief)
    page = client.get(f"/review/{light.number}/").content.decode()
    assert lamp.number in page and foreign.number not in page
    for into in ("", foreign.number, light.number, "x"):
        answer = client.post(f"/review/{light.number}/", {"verdict": "merge", "into": into, "reason": "同一盏"})
        assert answer.status_code == 422, into
    client.post(f"/review/{light.number}/", {"verdict": "merge", "into": lamp.number, "reason": "同一盏"})
    light.refresh_from_db()
    assert light.merged_into == lamp


def test_nothing_is_merged_into_another_street(way: Way, chief: User, stranger: User, other_yard: Territory) -> None:
    light = way.submitted()
    foreign = way.submitted(title="远处的灯", place=other_yard, by=stranger)
    with pytest.raises(Refused):
        actions.merge(light, foreign, by=chief, reason="并过去")


def test_what_a_chief_proposed_is_not_in_their_queue(way: Way, client_of: ClientOf, chief: User) -> None:
    own = way.submitted(by=chief)
    client = client_of(chief)
    assert "现在都审完了" in client.get("/review/").content.decode()
    answer = client.get(f"/review/{own.number}/")
    assert answer.status_code == 403 and "自己提的事要别人来审" in answer.content.decode()


def test_others_are_refused_with_the_reason(
    way: Way, client_of: ClientOf, neighbour: User, stranger_chief: User
) -> None:
    proposal = way.submitted()
    for user in (neighbour, stranger_chief):
        answer = client_of(user).post(f"/review/{proposal.number}/", {"verdict": "pass_review"})
        assert answer.status_code == 403 and "不归您初审" in answer.content.decode()
    proposal.refresh_from_db()
    assert proposal.stage == Stage.SUBMITTED


def test_what_was_decided_meanwhile_says_so(way: Way, client_of: ClientOf, chief: User) -> None:
    proposal = way.cosigning()
    answer = client_of(chief).get(f"/review/{proposal.number}/")
    assert answer.status_code == 403 and "征集附议" in answer.content.decode()


def test_a_stale_proof_asks_for_a_fresh_code(way: Way, client_of: ClientOf, chief: User, clock: Any) -> None:
    proposal = way.submitted()
    client = client_of(chief)
    clock.move(hours=13)
    answer = client.get(f"/review/{proposal.number}/")
    assert answer.status_code == 302 and answer["Location"].startswith("/signin/fresh/")


def test_the_clerk_reviews_what_has_climbed(way: Way, client_of: ClientOf, clerk: User) -> None:
    proposal = way.submitted()
    wait_until_over(proposal)
    answer = client_of(clerk).post(f"/review/{proposal.number}/", {"verdict": "pass_review", "reason": "属实"})
    assert answer.status_code == 302
    proposal.refresh_from_db()
    assert proposal.stage == Stage.COSIGNING


def test_any_organiser_of_the_place_reviews(way: Way, client_of: ClientOf, neighbour: User) -> None:
    proposal = way.submitted()
    grant(neighbour, "delegate", way.yard)
    page = client_of(neighbour).get("/mine/").content.decode()
    assert "1 件提议等您初审" in page
    assert client_of(neighbour).get("/review/")["Location"] == f"/review/{proposal.number}/"


def test_the_yard_next_door_is_another(way: Way, client_of: ClientOf, neighbour: User, community: Territory) -> None:
    """样板巷1号院 is not 样板巷11号院: the path is closed by a slash."""
    eleven = add_place(parent=community, code=f"{way.yard.code}1", name="样板巷11号院", level="yard", by=None)
    grant(neighbour, "chief", eleven)
    proposal = way.submitted()
    assert client_of(neighbour).get(f"/review/{proposal.number}/").status_code == 403


def test_the_page_asks_the_same_few_queries_with_many_waiting(
    way: Way, client_of: ClientOf, chief: User, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    proposal = way.submitted()
    client = client_of(chief)
    with django_assert_max_num_queries(14) as few:
        client.get(f"/review/{proposal.number}/")
    for number in range(15):
        way.submitted(title=f"灯{number}")
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(f"/review/{proposal.number}/")
