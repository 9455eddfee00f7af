from django.db import migrations, models

from minshi.guards.operations import AddIndexMeanwhile


class Migration(migrations.Migration):
    """When it is counted next who took part: what runs is found by that, and not by walking over all that runs."""

    atomic = False

    dependencies = [("proposals", "0012_wishes_judged")]

    operations = [
        migrations.AddField("card", "turnout_due", models.DateTimeField(editable=False, null=True)),
        AddIndexMeanwhile(
            "card",
            models.Index(
                condition=models.Q(turnout_due__isnull=False), fields=["turnout_due"], name="card_turnout_due"
            ),
        ),
    ]
