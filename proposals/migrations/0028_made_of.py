from django.db import migrations, models

COUNTED = """
UPDATE proposals_placetotal AS total SET (reaching, raising, rated) = (made.reaching, made.raising, made.rated)
FROM (
    SELECT stands.place_id,
        count(*) FILTER (
            WHERE card.households > 0 AND card.stage IN (
                'announced', 'handling', 'raising', 'funded', 'procuring', 'awarded', 'delivering', 'accepting',
                'accepted', 'rating', 'rework', 'rated', 'settling', 'ending', 'archived'
            )
        ) AS reaching,
        count(*) FILTER (WHERE card.self_raised_fen > 0) AS raising,
        count(*) FILTER (WHERE card.rating_answers > 0) AS rated
    FROM proposals_cardplace AS stands JOIN proposals_card AS card ON card.proposal_id = stands.card_id
    WHERE card.counted = card.version
    GROUP BY stands.place_id
) AS made
WHERE made.place_id = total.place_id
"""


class Migration(migrations.Migration):
    """What stands behind a figure is counted with it; what is counted already, here."""

    dependencies = [("proposals", "0027_done_at")]

    operations = [
        *(
            migrations.AddField("placetotal", name, models.PositiveIntegerField(default=0))
            for name in ("reaching", "raising", "rated")
        ),
        migrations.RunSQL(COUNTED, migrations.RunSQL.noop),
    ]
