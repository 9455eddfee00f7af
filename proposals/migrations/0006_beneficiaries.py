"""Who benefits is listed on each version: until now it was all of the proposal's place."""

import django.contrib.postgres.fields
from django.db import migrations, models

from minshi.guards.operations import DropGuards


class Migration(migrations.Migration):
    dependencies = [("proposals", "0005_entered_for")]

    operations = [
        DropGuards("proposals_version"),
        migrations.AddField(
            "version",
            "places",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, verbose_name="受益的地方"
            ),
        ),
        migrations.AddField(
            "version",
            "doors",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, verbose_name="单独受益的户"
            ),
        ),
        migrations.AlterField(
            "version",
            "households",
            models.PositiveIntegerField(default=0, editable=False, verbose_name="受益户数"),
        ),
        migrations.RunSQL(
            """
            UPDATE proposals_version AS version SET places = ARRAY[proposal.place_id]
            FROM proposals_proposal AS proposal WHERE proposal.id = version.proposal_id
            """,
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            "version",
            models.CheckConstraint(condition=models.Q(("doors", []), ("places", []), _negated=True), name="somebody_benefits"),
        ),
    ]
