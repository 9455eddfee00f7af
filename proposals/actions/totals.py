"""What places add up to, computed from the cards."""

from __future__ import annotations

from django.db import connection, transaction

from proposals.models import CASH, LIBRARY

COLUMNS = [f"{source}_fen" for source in CASH]
TOTALS = """
INSERT INTO proposals_placetotal AS total (
    place_id, declared, reserve, running, done, households, {money},
    spent_fen, rating_answers, rating_satisfied, streets, computed_at)
SELECT p.place_id,
    count(*) FILTER (WHERE c.stage = ANY(%(running)s) OR c.stage = 'archived'),
    count(*) FILTER (WHERE c.stage = 'reserved'),
    count(*) FILTER (WHERE c.stage = ANY(%(running)s)),
    count(*) FILTER (WHERE c.stage = 'archived'),
    coalesce(sum(c.households) FILTER (WHERE c.stage = ANY(%(running)s) OR c.stage = 'archived'), 0),
    {sums}, coalesce(sum(c.spent_fen), 0),
    coalesce(sum(c.rating_answers), 0), coalesce(sum(c.rating_satisfied), 0),
    count(DISTINCT s.place_id), minshi_now()
FROM proposals_cardplace p
JOIN proposals_card c ON c.proposal_id = p.card_id
LEFT JOIN (proposals_cardplace s JOIN territory_territory t ON t.id = s.place_id AND t.level_id = 'street')
    ON s.card_id = p.card_id
GROUP BY p.place_id
ON CONFLICT (place_id) DO UPDATE SET (
    declared, reserve, running, done, households, {money},
    spent_fen, rating_answers, rating_satisfied, streets, computed_at)
 = (excluded.declared, excluded.reserve, excluded.running, excluded.done, excluded.households, {taken},
    excluded.spent_fen,
    excluded.rating_answers, excluded.rating_satisfied, excluded.streets, excluded.computed_at)
""".format(
    money=", ".join(COLUMNS),
    sums=", ".join(f"coalesce(sum(c.{column}), 0)" for column in COLUMNS),
    taken=", ".join(f"excluded.{column}" for column in COLUMNS),
)


def refresh_totals() -> None:
    """Compute every place's totals from the cards, in one statement; pages read only the result."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TOTALS, {"running": [str(stage) for stage in LIBRARY["running"]]})
