from django.db import migrations, models

from minshi.guards.operations import AddIndexMeanwhile


class Migration(migrations.Migration):
    """Who waits to be confirmed, found without reading who lives where; nobody waits while the index is built."""

    atomic = False

    dependencies = [("residents", "0004_struck_by_two")]

    operations = [
        AddIndexMeanwhile(
            "residence",
            models.Index(
                condition=models.Q(("confirmed_at", None), ("person__isnull", False), ("until", None)),
                fields=["household"],
                name="residence_claims",
            ),
        ),
    ]
