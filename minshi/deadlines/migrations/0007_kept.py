from django.db import migrations, models
from django.db.models import Q

from minshi.guards.operations import AddIndexMeanwhile


class Migration(migrations.Migration):
    """What the daily forgetting looks for."""

    atomic = False

    dependencies = [("deadlines", "0006_of_place")]

    operations = [
        AddIndexMeanwhile(
            "deadline", models.Index(fields=["handled_at"], name="deadline_met", condition=Q(outcome="met"))
        ),
    ]
