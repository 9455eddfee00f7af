from django.db import migrations, models

from minshi.guards.operations import AddIndexMeanwhile, RemoveIndexMeanwhile


class Migration(migrations.Migration):
    """Ballots of one motion in the order in which they are published; nobody waits while the indexes are built."""

    atomic = False

    dependencies = [("deliberation", "0005_area_counts")]

    operations = [
        AddIndexMeanwhile(
            "ballot", models.Index(fields=["motion", "check_number"], include=["choice"], name="ballot_file")
        ),
        AddIndexMeanwhile("ballot", models.Index(fields=["motion", "slip_number"], name="ballot_slips")),
        RemoveIndexMeanwhile("ballot", "ballot_tally"),
    ]
