from django.contrib.postgres.indexes import OpClass
from django.db import migrations, models
from django.db.models import F

from minshi.guards.operations import AddIndexMeanwhile


class Migration(migrations.Migration):
    """The accounts of a place and beneath it."""

    atomic = False

    dependencies = [("ledger", "0001_initial")]

    operations = [
        AddIndexMeanwhile(
            "account",
            models.Index(OpClass(F("place_path"), "varchar_pattern_ops"), F("id"), name="account_of_place"),
        ),
    ]
