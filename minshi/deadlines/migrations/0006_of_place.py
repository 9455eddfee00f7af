from django.contrib.postgres.indexes import OpClass
from django.db import migrations, models
from django.db.models import F

from minshi.guards.operations import AddIndexMeanwhile


class Migration(migrations.Migration):
    """All deadlines of a place and beneath it, as its desk lists them."""

    atomic = False

    dependencies = [("deadlines", "0005_desk")]

    operations = [
        AddIndexMeanwhile(
            "deadline",
            models.Index(OpClass(F("place_path"), "varchar_pattern_ops"), F("id"), name="deadline_of_place"),
        ),
    ]
