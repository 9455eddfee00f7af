"""An acceptance is of its project; of a contract only where something was bought."""

import django.db.models.deletion
from django.db import migrations, models

from minshi.guards.operations import DropGuards


def name_the_project(apps, schema_editor):
    acceptances = apps.get_model("funding", "Acceptance").objects.using(schema_editor.connection.alias)
    for contract, project in acceptances.values_list("contract", "contract__proposal").distinct():
        acceptances.filter(contract=contract).update(proposal=project)


class Migration(migrations.Migration):
    dependencies = [("funding", "0007_papers"), ("proposals", "0005_entered_for")]

    operations = [
        DropGuards("funding_acceptance"),
        migrations.AddField(
            "acceptance",
            "proposal",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="acceptances",
                to="proposals.proposal",
                verbose_name="项目",
            ),
        ),
        migrations.RunPython(name_the_project, migrations.RunPython.noop),
        migrations.AlterField(
            "acceptance",
            "proposal",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="acceptances",
                to="proposals.proposal",
                verbose_name="项目",
            ),
        ),
        migrations.AlterField(
            "acceptance",
            "contract",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="acceptances",
                to="funding.contract",
            ),
        ),
        migrations.AddConstraint(
            "acceptance",
            models.UniqueConstraint(
                condition=models.Q(("contract", None)),
                fields=("proposal", "round"),
                name="one_unbought_acceptance_of_a_round",
            ),
        ),
    ]
