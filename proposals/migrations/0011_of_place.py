from django.db import migrations, models
from django.db.models import F, Q

from minshi.guards.operations import AddIndexMeanwhile, LoadGuard

AT_ONCE = 20_000
"""Cards."""
OPEN = ("cosigning", "voting", "announced", "raising", "delivering", "rating")
RUNNING = (
    "announced", "handling", "raising", "funded", "procuring", "awarded", "delivering", "accepting", "accepted",
    "rating", "rework", "rated", "settling", "ending",
)  # fmt: skip

COPY = """
UPDATE proposals_cardplace AS stands
SET kind = card.kind, category = card.category, stage = card.stage, tier = card.tier
FROM proposals_card AS card
WHERE card.proposal_id = stands.card_id AND stands.card_id >= %(first)s AND stands.card_id < %(first)s + %(number)s
    AND (stands.kind, stands.category, stands.stage, stands.tier)
        IS DISTINCT FROM (card.kind, card.category, card.stage, card.tier)
"""


def copy(apps, schema_editor):
    """What there is already, so many cards at a time: nobody who changes one waits long."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(min(card_id), 0), coalesce(max(card_id), -1) FROM proposals_cardplace")
        first, last = cursor.fetchone()
        for card in range(first, last + 1, AT_ONCE):
            cursor.execute(COPY, {"first": card, "number": AT_ONCE})


def newest(*chosen):
    return (F("place_id"), *map(F, chosen), F("submitted_at").desc(), F("card_id").desc())


class Migration(migrations.Migration):
    """What lists of cards are narrowed by, in the row of each place; nobody waits while the indexes are built.

    The guard that keeps them true stands before the old rows are copied: what changes meanwhile changes there, too.
    """

    atomic = False

    dependencies = [("proposals", "0010_wish_words")]

    operations = [
        migrations.AddField("cardplace", "kind", models.CharField(db_default="", editable=False, max_length=10)),
        migrations.AddField("cardplace", "category", models.CharField(db_default="", editable=False, max_length=12)),
        migrations.AddField("cardplace", "stage", models.CharField(db_default="", editable=False, max_length=12)),
        migrations.AddField("cardplace", "tier", models.PositiveSmallIntegerField(editable=False, null=True)),
        LoadGuard("proposals", "cards.sql"),
        migrations.RunPython(copy, migrations.RunPython.noop),
        AddIndexMeanwhile("cardplace", models.Index(*newest("kind"), name="card_of_place_kind")),
        AddIndexMeanwhile("cardplace", models.Index(*newest("category"), name="card_of_place_category")),
        AddIndexMeanwhile("cardplace", models.Index(*newest("stage"), name="card_of_place_stage")),
        AddIndexMeanwhile(
            "cardplace", models.Index(*newest("tier"), name="card_of_place_tier", condition=Q(tier__isnull=False))
        ),
        AddIndexMeanwhile(
            "cardplace", models.Index(*newest(), name="card_of_place_open", condition=Q(stage__in=OPEN))
        ),
        AddIndexMeanwhile(
            "cardplace", models.Index(*newest(), name="card_of_place_running", condition=Q(stage__in=RUNNING))
        ),
    ]
