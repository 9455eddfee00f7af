from django.db import migrations, models
from django.db.models import F, Q

from minshi.guards.operations import AddIndexMeanwhile


class Migration(migrations.Migration):
    """What waits for whoever proposed is looked for on each page of one's own."""

    atomic = False

    dependencies = [("proposals", "0029_named_by_consent")]

    operations = [
        AddIndexMeanwhile(
            "question",
            models.Index(
                F("holder_role"), F("proposal"), name="question_waiting", condition=Q(stage="waiting")
            ),
        ),
    ]
