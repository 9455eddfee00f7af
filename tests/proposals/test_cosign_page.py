"""附议: one question on a phone, and sheets of signatures entered door by door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from minshi.accounts.models import User
from minshi.refusals import NotAllowed, Refused
from minshi.territory.models import Household
from proposals import actions
from proposals.models import Channel, Stage
from tests.cast import make_resident
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def test_one_press_counts_for_the_household(way: Way, client_of: ClientOf, neighbour: User) -> None:
    proposal = way.cosigning(households=40)
    client = client_of(neighbour)
    assert "代表我家附议" in client.get(f"/projects/{proposal.number}/cosign/").content.decode()
    client.post(f"/projects/{proposal.number}/cosign/")
    assert proposal.cosigns.get().household == neighbour.person.household
    assert "您家已经附议" in client.get(f"/projects/{proposal.number}/cosign/").content.decode()


def test_a_second_press_is_refused_in_words(way: Way, client_of: ClientOf, neighbour: User) -> None:
    proposal = way.cosigning(households=40)
    client = client_of(neighbour)
    client.post(f"/projects/{proposal.number}/cosign/")
    answer = client.post(f"/projects/{proposal.number}/cosign/")
    assert answer.status_code == 422
    assert "一户只算一次" in answer.content.decode()
    assert proposal.cosigns.count() == 1


def test_who_lives_elsewhere_sees_why_there_is_no_button(way: Way, client_of: ClientOf, stranger: User) -> None:
    proposal = way.cosigning()
    client = client_of(stranger)
    page = client.get(f"/projects/{proposal.number}/cosign/").content.decode()
    assert "样板巷1号院的住户附议" in page and "代表我家附议" not in page
    assert client.post(f"/projects/{proposal.number}/cosign/").status_code == 403


def test_who_is_not_confirmed_waits_for_the_chief(way: Way, client_of: ClientOf, households: list[Household]) -> None:
    proposal = way.cosigning()
    newcomer = make_resident("新来的", households[9], confirmed=False)
    client = client_of(newcomer)
    assert "等楼栋长或社区确认" in client.get(f"/projects/{proposal.number}/cosign/").content.decode()
    assert client.post(f"/projects/{proposal.number}/cosign/").status_code == 403


def test_after_its_end_the_page_says_where_it_is(way: Way, client_of: ClientOf, neighbour: User) -> None:
    proposal = way.cosigned()
    answer = client_of(neighbour).post(f"/projects/{proposal.number}/cosign/")
    assert answer.status_code == 422 and "等待表决" in answer.content.decode()


# --- On paper --------------------------------------------------------------------------------------


def test_the_chief_enters_a_sheet_door_by_door(way: Way, client_of: ClientOf, chief: User) -> None:
    proposal = way.cosigning(households=40)
    client = client_of(chief)
    url = f"/projects/{proposal.number}/cosign/paper/"
    assert url in client.get(f"/projects/{proposal.number}/cosign/").content.decode()
    client.post(url, {"households": [door.pk for door in way.households[:3]]})
    assert sorted(proposal.cosigns.values_list("household_id", "channel")) == [
        (door.pk, Channel.PAPER) for door in way.households[:3]
    ]
    page = client.get(url).content.decode()
    assert f'value="{way.households[0].pk}"' not in page and f'value="{way.households[3].pk}"' in page


def test_a_whole_sheet_counts_also_beyond_what_was_needed(way: Way, chief: User) -> None:
    proposal = way.cosigning()
    assert actions.cosigns_needed(proposal) == 2
    assert actions.cosign_on_paper(proposal, way.households[:5], by=chief) == 5
    assert (proposal.stage, proposal.cosigns.count()) == (Stage.COSIGNED, 5)


def test_a_door_that_signed_online_is_not_counted_again(way: Way, chief: User, neighbour: User) -> None:
    proposal = way.cosigning(households=40)
    actions.cosign(proposal, neighbour.person.household, by=neighbour)
    assert actions.cosign_on_paper(proposal, way.households[:3], by=chief) == 2
    with pytest.raises(Refused):
        actions.cosign_on_paper(proposal, way.households[:3], by=chief)


def test_doors_elsewhere_are_refused_beside_the_field(
    way: Way, client_of: ClientOf, chief: User, stranger: User
) -> None:
    proposal = way.cosigning(households=40)
    answer = client_of(chief).post(
        f"/projects/{proposal.number}/cosign/paper/", {"households": [stranger.person.household.pk, "x", "-1"]}
    )
    assert answer.status_code == 422
    assert not proposal.cosigns.exists()


def test_neither_a_neighbour_nor_a_foreign_chief_enters_paper(
    way: Way, client_of: ClientOf, neighbour: User, stranger_chief: User
) -> None:
    proposal = way.cosigning()
    for user in (neighbour, stranger_chief):
        assert client_of(user).get(f"/projects/{proposal.number}/cosign/paper/").status_code == 403
        with pytest.raises(NotAllowed):
            actions.cosign_on_paper(proposal, way.households[:1], by=user)


def test_supporters_that_came_by_merging_carry_it_on(way: Way, chief: User) -> None:
    light, lamp = way.cosigning(title="院门照明", households=40), way.cosigning(households=40)
    actions.cosign_on_paper(light, way.households[:3], by=chief)
    actions.cosign_on_paper(lamp, way.households[3:4], by=chief)
    actions.merge(light, lamp, by=chief, reason="同一盏灯")
    lamp.refresh_from_db()
    assert lamp.stage == Stage.COSIGNED


def test_supporters_of_one_that_waits_for_review_are_counted_when_it_passes(way: Way, chief: User) -> None:
    light, lamp = way.cosigning(title="院门照明", households=40), way.submitted(households=40)
    actions.cosign_on_paper(light, way.households[:4], by=chief) if light.stage == Stage.COSIGNING else None
    assert light.stage == Stage.COSIGNED
    bench, seat = way.cosigning(title="长凳", households=100), way.submitted(title="凳子", households=40)
    actions.cosign_on_paper(bench, way.households[:4], by=chief)
    actions.merge(bench, seat, by=chief, reason="同一张凳")
    seat.refresh_from_db()
    actions.pass_review(seat, by=chief)
    assert (lamp.stage, seat.stage) == (Stage.SUBMITTED, Stage.COSIGNED)


def test_the_page_asks_the_same_few_queries(
    way: Way, client_of: ClientOf, neighbour: User, chief: User, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    proposal = way.cosigning(households=100)
    client = client_of(neighbour)
    actions.cosign_on_paper(proposal, way.households[2:9], by=chief)
    with django_assert_max_num_queries(9):
        client.get(f"/projects/{proposal.number}/cosign/")
