"""Totals are counted from what changed: a minute in which nothing did costs nothing, and a kept page stays."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import Client

from bench.plans import plans_of
from proposals import actions
from proposals.actions.stages import note_on_card
from proposals.actions.totals import COLUMNS
from proposals.models import CASH, LIBRARY, Card, PlaceTotal, Proposal, Stage
from tests.world import World

# The same question asked of every card there is, as one statement and without anything kept: what must come out.
ANEW = """
SELECT stands.place_id,
    count(*) FILTER (WHERE c.stage = ANY (%(running)s) OR c.stage = 'archived'),
    count(*) FILTER (WHERE c.stage = 'reserved'),
    count(*) FILTER (WHERE c.stage = ANY (%(running)s)),
    count(*) FILTER (WHERE c.stage = 'archived'),
    coalesce(sum(c.households) FILTER (WHERE c.stage = ANY (%(running)s) OR c.stage = 'archived'), 0),
    {sums}, sum(c.spent_fen), sum(c.rating_answers), sum(c.rating_satisfied),
    count(*) FILTER (WHERE c.households > 0 AND (c.stage = ANY (%(running)s) OR c.stage = 'archived')),
    count(*) FILTER (WHERE c.self_raised_fen > 0), count(*) FILTER (WHERE c.rating_answers > 0),
    count(DISTINCT street.place_id)
FROM proposals_cardplace AS stands JOIN proposals_card AS c ON c.proposal_id = stands.card_id
LEFT JOIN (
    proposals_cardplace AS street JOIN territory_territory AS t ON t.id = street.place_id AND t.level_id = 'street'
)
    ON street.card_id = c.proposal_id
GROUP BY stands.place_id
""".format(sums=", ".join(f"sum(c.{source}_fen)" for source in CASH))


def counted_anew() -> dict[int, tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(ANEW, {"running": [str(stage) for stage in LIBRARY["running"]]})
        return {place: tuple(map(int, sums)) for place, *sums in cursor.fetchall()}


def kept() -> dict[int, tuple[Any, ...]]:
    return {place: tuple(sums) for place, *sums in PlaceTotal.objects.values_list("place", *COLUMNS)}


def test_every_place_adds_up_to_its_cards(crowd: World) -> None:
    actions.refresh_totals()
    assert kept() == counted_anew()


def test_it_still_does_after_some_of_them_changed(crowd: World) -> None:
    actions.refresh_totals()
    for turn, card in enumerate(Card.objects.order_by("pk")[::37]):
        stage = (Stage.ARCHIVED, Stage.RESERVED, Stage.HANDLING, Stage.LAPSED)[turn % 4]
        note_on_card(Proposal(pk=card.pk), stage=stage, households=turn, self_raised_fen=100 * turn)
    assert actions.refresh_totals() > 10
    assert kept() == counted_anew()


def test_a_minute_in_which_nothing_changed_reads_next_to_nothing(crowd: World) -> None:
    actions.refresh_totals()
    asked = plans_of(actions.refresh_totals, by_index=True)
    assert sum(plan.buffers for plan in asked) < 20
    assert sum(plan.read for plan in asked) == 0


def test_one_changed_card_reads_its_own_places_and_no_other_cards(crowd: World) -> None:
    actions.refresh_totals()
    card = crowd["delivering"].card
    note_on_card(Proposal(pk=card.pk), spent_fen=123)
    asked = plans_of(actions.refresh_totals, by_index=True)
    beside = Proposal.objects.filter(place=crowd["delivering"].place).count()
    assert sum(rows for plan in asked for table, _how, rows in plan.scans if table == "proposals_card") < beside + 10


def test_a_change_that_adds_up_to_the_same_leaves_the_home_page_as_it_was_kept(
    crowd: World, client: Client, settings: Any
) -> None:
    settings.HOME_PLACE = crowd.place("district").code
    actions.refresh_totals()
    kept_as = client.get("/")["ETag"]
    note_on_card(Proposal(pk=Card.objects.earliest("submitted_at").pk))
    assert actions.refresh_totals() == 1
    assert client.get("/", HTTP_IF_NONE_MATCH=kept_as).status_code == 304
