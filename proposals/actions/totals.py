"""What places add up to, computed from the cards: only of what changed since, from the doorstep up to the city."""

from __future__ import annotations

from django.db import connection, transaction

from proposals.models import CASH, LIBRARY

MONEY = [f"{source}_fen" for source in CASH]
SUMS = ("households", *MONEY, "spent_fen", "rating_answers", "rating_satisfied")
COLUMNS = ("declared", "reserve", "running", "done", *SUMS, "reaching", "raising", "rated", "streets")
AT_ONCE = 5000

# Two who refresh at once would each miss in the parent what the other writes in a child.
ALONE = "SELECT pg_advisory_xact_lock(hashtext('refresh_totals'))"

# A card is counted in the version that is read here: what changes it later makes it another. Nobody waits for a card
# that somebody is just writing; it is counted next time.
CHANGED = """
UPDATE proposals_card SET counted = version WHERE proposal_id = ANY (ARRAY(
    SELECT proposal_id FROM proposals_card WHERE counted <> version
    ORDER BY proposal_id LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED
))
RETURNING proposal_id
"""

# The places above these cards, those that lie deepest first.
PLACES = """
SELECT array_agg(id) FROM (
    SELECT DISTINCT place.id, cardinality(string_to_array(place.path, '/')) AS depth
    FROM proposals_cardplace AS stands JOIN territory_territory AS place ON place.id = stands.place_id
    WHERE stands.card_id = ANY (%s)
) AS above GROUP BY depth ORDER BY depth DESC
"""

# A place is what stands in it itself and what the places one step down add up to: a city is read as fourteen districts
# and not as all its cards. Up to its street a place counts as one street as soon as there is a card.
TOTALS = """
INSERT INTO proposals_placetotal AS total (place_id, {columns}, computed_at)
SELECT place.id, {added},
    CASE WHEN EXISTS (
        SELECT FROM territory_territory AS street
        WHERE street.level_id = 'street' AND place.path ~>=~ street.path AND starts_with(place.path, street.path)
    ) THEN least(1, sum(part.cards)) ELSE sum(part.streets) END, minshi_now()
FROM territory_territory AS place CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE card.stage = ANY (%(running)s) OR card.stage = 'archived') AS declared,
        count(*) FILTER (WHERE card.stage = 'reserved') AS reserve,
        count(*) FILTER (WHERE card.stage = ANY (%(running)s)) AS running,
        count(*) FILTER (WHERE card.stage = 'archived') AS done,
        coalesce(sum(card.households) FILTER (WHERE card.stage = ANY (%(running)s) OR card.stage = 'archived'), 0)
            AS households,
        {own},
        count(*) FILTER (WHERE card.households > 0 AND (card.stage = ANY (%(running)s) OR card.stage = 'archived'))
            AS reaching,
        count(*) FILTER (WHERE card.self_raised_fen > 0) AS raising,
        count(*) FILTER (WHERE card.rating_answers > 0) AS rated,
        0 AS streets, count(*) AS cards
    FROM proposals_proposal AS own JOIN proposals_card AS card ON card.proposal_id = own.id
    WHERE own.place_id = place.id
    UNION ALL
    SELECT {below}, below.streets
    FROM territory_territory AS inner_place JOIN proposals_placetotal AS below ON below.place_id = inner_place.id
    WHERE inner_place.parent_id = place.id
) AS part
WHERE place.id = ANY (%(places)s)
GROUP BY place.id
ON CONFLICT (place_id) DO UPDATE SET ({columns}, computed_at) = ({excluded}, excluded.computed_at)
WHERE ({total}) IS DISTINCT FROM ({excluded})
""".format(
    columns=", ".join(COLUMNS),
    added=", ".join(f"sum(part.{name})" for name in COLUMNS[:-1]),
    own=", ".join(f"coalesce(sum(card.{name}), 0) AS {name}" for name in SUMS[1:]),
    below=", ".join(f"below.{name}" for name in COLUMNS),
    excluded=", ".join(f"excluded.{name}" for name in COLUMNS),
    total=", ".join(f"total.{name}" for name in COLUMNS),
)


def refresh_totals() -> int:
    """Bring the totals of every place up to date with the cards that changed; returns how many did.

    A total that stays what it was is not written, so that no page kept from it is drawn anew.
    """
    done = 0
    while changed := _refresh_some():
        done += changed
        if changed < AT_ONCE:
            break
    return done


@transaction.atomic
def _refresh_some() -> int:
    with connection.cursor() as cursor:
        cursor.execute(ALONE)
        cursor.execute(CHANGED, {"most": AT_ONCE})
        cards = [card for (card,) in cursor.fetchall()]
        if not cards:
            return 0
        cursor.execute(PLACES, [cards])
        for (places,) in cursor.fetchall():
            cursor.execute(TOTALS, {"running": [str(stage) for stage in LIBRARY["running"]], "places": places})
    return len(cards)
