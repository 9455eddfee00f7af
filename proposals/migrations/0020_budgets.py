from django.db import migrations, models
from django.db.models import F

from minshi.guards.operations import AddIndexMeanwhile, LoadGuard

AT_ONCE = 20_000
"""Cards."""

COPY = """
UPDATE proposals_cardplace AS stands SET budget_fen = card.budget_fen
FROM proposals_card AS card
WHERE card.proposal_id = stands.card_id AND stands.card_id >= %(first)s AND stands.card_id < %(first)s + %(number)s
    AND stands.budget_fen <> card.budget_fen
"""


def copy(apps, schema_editor):
    """What there is already, so many cards at a time: nobody who changes one waits long."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(min(card_id), 0), coalesce(max(card_id), -1) FROM proposals_cardplace")
        first, last = cursor.fetchone()
        for card in range(first, last + 1, AT_ONCE):
            cursor.execute(COPY, {"first": card, "number": AT_ONCE})


class Migration(migrations.Migration):
    """The library is narrowed and sorted by money; the guard that keeps it true stands before the old rows are copied."""

    atomic = False

    dependencies = [("proposals", "0019_questions")]

    operations = [
        migrations.AddField("cardplace", "budget_fen", models.BigIntegerField(db_default=0, editable=False)),
        LoadGuard("proposals", "budgets.sql"),
        migrations.RunPython(copy, migrations.RunPython.noop),
        AddIndexMeanwhile(
            "cardplace",
            models.Index(
                F("place_id"), F("budget_fen").desc(), F("card_id").desc(), name="card_of_place_budget"
            ),
        ),
    ]
