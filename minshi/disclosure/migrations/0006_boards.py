from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models
from django.db.models import F

import minshi.searching
from minshi.guards.operations import AddIndexMeanwhile, LoadGuard


class Migration(migrations.Migration):
    """The board by kind, and by the words of a title; nobody waits while the indexes are built."""

    atomic = False

    dependencies = [("disclosure", "0005_remarks")]

    operations = [
        LoadGuard("guards", "bigrams.sql"),  # for an index of titles
        AddIndexMeanwhile(
            "notice",
            models.Index(F("kind"), F("posted_at").desc(), F("id").desc(), name="notice_of_kind"),
        ),
        AddIndexMeanwhile("notice", GinIndex(minshi.searching.Bigrams("title"), name="notice_title_bigrams")),
    ]
