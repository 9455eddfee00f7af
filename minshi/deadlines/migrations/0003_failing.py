from django.db import migrations, models

from minshi.guards.operations import AddIndexMeanwhile


class Migration(migrations.Migration):
    """What fails is asked every few seconds and is nearly always nothing: an index of that alone."""

    atomic = False

    dependencies = [("deadlines", "0002_late_stays")]

    operations = [
        AddIndexMeanwhile(
            "deadline",
            models.Index(
                condition=models.Q(("failures__gt", 0), ("handled_at", None)),
                fields=["failures"],
                name="deadline_failing",
            ),
        ),
    ]
