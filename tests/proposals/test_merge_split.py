"""Proposals that say the same go on as one and part again: every supporter once, every old link alive."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from minshi.accounts.models import User
from minshi.lifecycle.models import StepRecord
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from minshi.residents import register, reshaping
from minshi.territory.models import Household, Territory
from proposals import actions
from proposals.models import Cosign, Proposal, Stage
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def supporters(proposal: Proposal) -> list[int]:
    """Each household that stands for it, as often as it stands there."""
    return list(proposal.cosigns.standing().order_by("household").values_list("household", flat=True))


def doors(way: Way, *which: int) -> list[int]:
    return [way.households[number].pk for number in which]


@pytest.fixture
def lamps(way: Way, neighbour: User, chief: User, stranger_chief: User) -> list[Proposal]:
    """Five that say the same; of two hundred doors, so that no few signatures are enough."""
    signed = ((0, 1, 2), (1, 2, 3), (3, 4), (5,), (0, 5, 6))
    made = []
    for number, signers in enumerate(signed):
        by = (way.who("resident"), neighbour)[number % 2]
        proposal = way.cosigning(title=f"第{number}盏灯", households=200 if not number else 0, by=by)
        way.sign_on_paper(proposal, [way.households[door] for door in signers])
        actions.add_photo(proposal, a_picture(number), by=by)
        made.append(proposal)
    return made


def test_five_are_merged_and_one_parts_again_with_every_supporter_once_and_every_link_alive(
    way: Way, lamps: list[Proposal], chief: User, client: Client, client_of: ClientOf
) -> None:
    first, *others = lamps
    for other in others:
        actions.merge(other, first, by=chief, reason="说的是同一盏灯")
    assert supporters(first) == doors(way, 0, 1, 2, 3, 4, 5, 6)
    page = client.get(first.get_absolute_url()).content.decode()
    for other in others:
        assert other.number in page and reverse("photo_small", args=[other.photos.get().pk]) in page
        assert first.get_absolute_url() in client.get(other.get_absolute_url()).content.decode()
        assert client_of(chief).get(reverse("cosign", args=[other.number])).url == reverse(
            "cosign", args=[first.number]
        )

    third = others[1]  # door 3 signed the second, too; door 4 nothing else
    actions.split(third, by=chief, reason="那一盏在后门")
    assert (third.stage, third.merged_into) == (Stage.COSIGNING, None)
    assert supporters(third) == doors(way, 3, 4)
    assert supporters(first) == doors(way, 0, 1, 2, 3, 5, 6)
    assert (
        Cosign.objects.standing().filter(proposal=first, household=way.households[3]).get().carried_from.proposal
        == (others[0])
    )
    page = client.get(first.get_absolute_url()).content.decode()
    assert "又分开单独办，1 户附议随它回去" in page and reverse("photo_small", args=[third.photos.get().pk]) not in page
    assert "已并入" not in client.get(third.get_absolute_url()).content.decode()
    first.card.refresh_from_db()
    assert first.card.cosigns == 6


def test_a_picture_taken_back_goes_from_the_page_it_was_merged_into(
    lamps: list[Proposal], chief: User, client: Client
) -> None:
    first, other, *_more = lamps
    actions.merge(other, first, by=chief, reason="说的是同一盏灯")
    photo = other.photos.get()
    small = reverse("photo_small", args=[photo.pk])
    assert small in client.get(first.get_absolute_url()).content.decode()
    actions.withhold_photo(photo, reason="里面的人不同意公开", by=photo.by)
    assert small not in client.get(first.get_absolute_url()).content.decode()


def test_what_was_merged_further_parts_from_all_it_went_into(way: Way, lamps: list[Proposal], chief: User) -> None:
    one, two, three, *_rest = lamps
    actions.merge(one, two, by=chief, reason="同一盏灯")
    actions.merge(two, three, by=chief, reason="同一盏灯")
    assert supporters(three) == doors(way, 0, 1, 2, 3, 4)
    actions.split(one, by=chief, reason="不是一件事")
    assert supporters(one) == doors(way, 0, 1, 2)
    assert supporters(three) == doors(way, 1, 2, 3, 4)
    actions.merge(one, three, by=chief, reason="还是一件事")
    assert supporters(three) == doors(way, 0, 1, 2, 3, 4)


def test_what_was_not_reviewed_yet_goes_back_to_the_review(way: Way, chief: User, neighbour: User) -> None:
    lamp, new = way.cosigning(households=200), way.submitted(title="后门的灯", by=neighbour)
    actions.merge(new, lamp, by=chief, reason="同一盏灯")
    Message.objects.all().delete()
    actions.split(new, by=chief, reason="那一盏在后门")
    assert (new.stage, new.holder_role) == (Stage.SUBMITTED, "chief")
    assert list(Message.objects.filter(user=neighbour).values_list("title", flat=True)) == ["又分开单独办：后门的灯"]


def test_too_few_are_left_where_those_who_came_made_it_enough(way: Way, chief: User, neighbour: User) -> None:
    """Of twelve doors two are enough."""
    lamp, other = way.cosigning(), way.cosigning(title="后门的灯", by=neighbour)
    way.sign_on_paper(lamp, way.households[:1])
    way.sign_on_paper(other, way.households[1:2])
    actions.merge(other, lamp, by=chief, reason="同一盏灯")
    lamp.refresh_from_db()
    assert lamp.stage == Stage.COSIGNED
    actions.split(other, by=way.who("clerk"), reason="那一盏在后门")
    lamp.refresh_from_db()
    assert (lamp.stage, other.stage) == (Stage.COSIGNING, Stage.COSIGNING)


def test_once_the_vote_is_open_nothing_parts_any_more(way: Way, chief: User, neighbour: User) -> None:
    lamp, other = way.cosigning(), way.cosigning(title="后门的灯", by=neighbour)
    actions.merge(other, lamp, by=chief, reason="同一盏灯")
    way.sign_on_paper(lamp, way.households[:2])
    actions.advance(lamp, "open_vote", by=way.who("clerk"))
    with pytest.raises(Refused, match="附议已经生效"):
        actions.split(other, by=chief, reason="那一盏在后门")


def test_nobody_else_parts_them_and_what_was_typed_stays(
    way: Way, lamps: list[Proposal], chief: User, stranger_chief: User, resident: User, client_of: ClientOf
) -> None:
    actions.merge(lamps[1], lamps[0], by=chief, reason="同一盏灯")
    page = reverse("split", args=[lamps[1].number])
    for other in (stranger_chief, resident):
        assert client_of(other).get(page).status_code == 403
        with pytest.raises(NotAllowed):
            actions.split(lamps[1], by=other, reason="不是一件事")
    assert client_of(chief).post(page, {"reason": " "}).status_code == 422
    assert client_of(chief).post(page, {"reason": "不是一件事"}).status_code == 302
    lamps[1].refresh_from_db()
    assert lamps[1].stage == Stage.COSIGNING
    assert StepRecord.objects.of(lamps[1]).latest("id").reason == "不是一件事"


def test_the_database_lets_nobody_stand_for_what_they_did_not_sign(
    way: Way, lamps: list[Proposal], chief: User
) -> None:
    one, two = lamps[:2]
    actions.merge(one, two, by=chief, reason="同一盏灯")
    copy = two.cosigns.get(carried_from__proposal=one, household=way.households[0])
    fields = {name: getattr(copy, name) for name in ("speaker", "by", "line", "channel")}
    elsewhere: Household = way.households[9]
    for wrong in (
        {"proposal": lamps[2], "household": copy.household, "carried_from": copy.carried_from},
        {"proposal": two, "household": elsewhere, "carried_from": copy.carried_from},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Cosign.objects.create(**{**fields, **wrong})
    with pytest.raises(IntegrityError), transaction.atomic():
        Cosign.objects.filter(pk=copy.pk).update(is_void=True)  # it is merged still
    actions.split(one, by=chief, reason="不是一件事")
    with pytest.raises(IntegrityError), transaction.atomic():
        Cosign.objects.filter(pk=copy.pk).update(is_void=False)


def test_what_would_part_for_nobody_stays_merged(
    way: Way, yard: Territory, building: Territory, chief: User, clerk: User
) -> None:
    """Its own building was merged into another meanwhile, and has no door any more."""
    old = register.add_place(yard, name="2栋", level="building", by=clerk)
    register.add_doors(old, ["901"], by=clerk)
    one, other = way.submitted(place=old), way.submitted(title="另一盏灯")
    actions.merge(one, other, by=chief, reason="同一盏灯")
    reshaping.merge(old, into=building, reason="会议", by=clerk)
    with pytest.raises(Refused, match="重新提议"):
        actions.split(one, by=chief, reason="不是同一盏")
