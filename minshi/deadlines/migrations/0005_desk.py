from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models
from django.db.models import F

import minshi.searching
from minshi.guards.operations import AddIndexMeanwhile, LoadGuard, RemoveIndexMeanwhile

TASK = models.Q(
    ("handled_at", None),
    models.Q(("role", ""), _negated=True),
    models.Q(("kind__startswith", "reminder:"), _negated=True),
)


class Migration(migrations.Migration):
    """The desk's lists by post and place, and its search; nobody waits while the indexes are built."""

    atomic = False

    dependencies = [("deadlines", "0004_clock_seen")]

    operations = [
        LoadGuard("guards", "bigrams.sql"),  # for an index of titles
        AddIndexMeanwhile(
            "deadline",
            models.Index(
                F("role"),
                OpClass(F("place_path"), "varchar_pattern_ops"),
                F("due"),
                F("id"),
                condition=TASK,
                name="deadline_of_role",
            ),
        ),
        AddIndexMeanwhile(
            "deadline",
            models.Index(
                OpClass(F("place_path"), "varchar_pattern_ops"),
                F("due"),
                F("id"),
                condition=TASK,
                name="deadline_beneath",
            ),
        ),
        AddIndexMeanwhile(
            "deadline",
            GinIndex(
                minshi.searching.Bigrams("title"),
                condition=models.Q(("handled_at", None)),
                name="deadline_title_bigrams",
            ),
        ),
        RemoveIndexMeanwhile("deadline", "deadline_waiting"),
    ]
