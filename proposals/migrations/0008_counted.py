from django.db import migrations, models

from minshi.guards.operations import AddIndexMeanwhile


class Migration(migrations.Migration):
    """In which version a card is in the totals. The column has a constant as its default: no row is written for it.

    Every card that is there counts as changed, and the next refresh counts them all once.
    """

    atomic = False

    dependencies = [("proposals", "0007_second_look")]

    operations = [
        migrations.AddField(
            "card", "counted", models.BigIntegerField(db_default=0, default=0, editable=False)
        ),
        AddIndexMeanwhile(
            "card",
            models.Index(
                condition=models.Q(("counted", models.F("version")), _negated=True),
                fields=["proposal"],
                name="card_uncounted",
            ),
        ),
    ]
