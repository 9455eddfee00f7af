from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

import minshi.searching
from minshi.guards.operations import AddIndexMeanwhile, LoadGuard


class Migration(migrations.Migration):
    """Wishes by the words in them and of their spot; nobody waits while the indexes are built."""

    atomic = False

    dependencies = [("proposals", "0009_number_end")]

    operations = [
        LoadGuard("guards", "bigrams.sql"),  # for the indexes
        AddIndexMeanwhile("wish", GinIndex(minshi.searching.Bigrams("text"), name="wish_text_bigrams")),
        AddIndexMeanwhile("wish", GinIndex(minshi.searching.Bigrams("spot"), name="wish_spot_bigrams")),
    ]
