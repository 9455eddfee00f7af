"""A way back to consultation where nothing was bought; who sits on a panel as a neighbour who does not benefit."""

import django.db.models.deletion
from django.db import migrations, models

from minshi.guards.operations import DropGuards


def name_the_project(apps, schema_editor):
    asked = apps.get_model("funding", "PlanChange").objects.using(schema_editor.connection.alias)
    for contract, project in asked.values_list("contract", "contract__proposal").distinct():
        asked.filter(contract=contract).update(proposal=project)


class Migration(migrations.Migration):
    dependencies = [("funding", "0009_enquiry_counted"), ("proposals", "0007_second_look")]

    operations = [
        DropGuards("funding_planchange", "funding_panelist"),
        migrations.AddField(
            "panelist",
            "neighbour_of",
            models.CharField(blank=True, db_default="", default="", max_length=80, verbose_name="哪里的居民（不受益）"),
        ),
        migrations.RemoveConstraint("planchange", "one_plan_change_at_a_time"),
        migrations.AddField(
            "planchange",
            "proposal",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="plan_changes",
                to="proposals.proposal",
                verbose_name="项目",
            ),
        ),
        migrations.RunPython(name_the_project, migrations.RunPython.noop),
        migrations.AlterField(
            "planchange",
            "proposal",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="plan_changes",
                to="proposals.proposal",
                verbose_name="项目",
            ),
        ),
        migrations.AlterField(
            "planchange",
            "contract",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="plan_changes",
                to="funding.contract",
                verbose_name="合同",
            ),
        ),
        migrations.AddConstraint(
            "planchange",
            models.UniqueConstraint(
                condition=models.Q(("confirmed_at", None), ("dropped_at", None)),
                fields=("proposal",),
                name="one_plan_change_at_a_time",
            ),
        ),
    ]
