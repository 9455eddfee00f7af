from django.contrib.postgres.indexes import OpClass
from django.db import migrations, models
from django.db.models.functions import Reverse

from minshi.guards.operations import AddIndexMeanwhile


class Migration(migrations.Migration):
    """Cards by the end of their number, read backwards."""

    atomic = False

    dependencies = [("proposals", "0008_counted")]

    operations = [
        AddIndexMeanwhile("card", models.Index(OpClass(Reverse("number"), "text_pattern_ops"), name="card_number_end")),
    ]
