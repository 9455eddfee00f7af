from django.db import migrations, models
from django.db.models import Q

from minshi.guards.operations import AddIndexMeanwhile


class Migration(migrations.Migration):
    """What the daily forgetting looks for."""

    atomic = False

    dependencies = [("notifications", "0001_squashed_0004_since")]

    operations = [
        AddIndexMeanwhile(
            "message", models.Index(fields=["read_at"], name="message_read", condition=Q(read_at__isnull=False))
        ),
        AddIndexMeanwhile("outbox", models.Index(fields=["next_at"], name="outbox_left", condition=~Q(state="open"))),
    ]
