"""A place's cards, narrowed as anybody likes: what is shown is read, and no card that is passed over."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import F, Q
from django.test import Client

from bench.plans import Plan, plans_of
from minshi import paging
from proposals import selectors
from proposals.actions.stages import note_on_card
from proposals.models import LIBRARY, Card, CardPlace, Proposal, Stage
from proposals.views.library import SUBMITTED
from tests.world import World

CHOSEN = ("stage=deciding", "stage=merged", "tier=3", "kind=service", "category=culture", "shown=running",
          "shown=reserve", "shown=done", "tier=3&stage=delivering")  # fmt: skip
SHOWN = paging.SIZE + 1


def passed(asked: list[Plan]) -> int:
    """The most rows of places that one statement looked at."""
    return max(sum(rows for table, _how, rows in plan.scans if table == "proposals_cardplace") for plan in asked)


@pytest.mark.parametrize("query", CHOSEN)
def test_whatever_is_chosen_no_other_card_is_looked_at(crowd: World, client: Client, query: str) -> None:
    address = f"/projects/?place={crowd.place('district').code}&{query}"
    asked = plans_of(lambda: client.get(address), by_index=True, about="proposals_cardplace")
    assert passed(asked) <= SHOWN < Card.objects.count() / 20


def test_the_home_page_finds_what_one_may_take_part_in_and_what_was_done(crowd: World) -> None:
    asked = plans_of(lambda: selectors.newest_in(crowd.place("district")), by_index=True)
    assert 0 < passed(asked) <= 6 + 4


def test_a_page_far_behind_begins_where_the_one_before_ended(crowd: World) -> None:
    cards = selectors.shelved(crowd.place("district"), "running")
    every: list[Any] = list(cards)
    last = every[len(every) // 2]
    found: list[Any] = []
    asked = plans_of(lambda: found.extend(paging.page_of(cards, SUBMITTED, SUBMITTED.of(last)).rows), by_index=True)
    assert [card.pk for card in found] == [card.pk for card in every[every.index(last) + 1 :][: paging.SIZE]]
    assert passed(asked) <= SHOWN + 1


def test_in_each_place_stands_what_the_card_says(crowd: World) -> None:
    differing = Q()
    for name in CardPlace.COPIED:
        differing |= ~Q(**{name: F(f"card__{name}")})
    for turn, card in enumerate(Card.objects.order_by("pk")[::41]):
        note_on_card(Proposal(pk=card.pk), stage=LIBRARY["running"][turn % 9], tier=turn % 3 + 1)
    note_on_card(Proposal(pk=Card.objects.earliest("pk").pk), stage=Stage.ARCHIVED, tier=None, kind="goods")
    assert not CardPlace.objects.filter(differing).exclude(tier=None, card__tier=None).exists()
    assert not CardPlace.objects.filter(stage="").exists()


def test_what_is_written_of_a_new_place_is_the_cards_own(crowd: World) -> None:
    stands = CardPlace.objects.filter(tier__isnull=False).select_related("card")[0]
    CardPlace.objects.filter(pk=stands.pk).delete()
    made = CardPlace.objects.create(card=stands.card, place_id=stands.place_id, submitted_at=stands.submitted_at)
    made.refresh_from_db()
    assert [getattr(made, name) for name in CardPlace.COPIED] == [getattr(stands, name) for name in CardPlace.COPIED]
