import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from minshi.guards.operations import AddIndexMeanwhile


class Migration(migrations.Migration):
    """Units of a roll are found by its constraints, those of a person among those that have one: three indexes that
    were written for every door of a vote are no more."""

    atomic = False

    dependencies = [("rolls", "0001_initial"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        AddIndexMeanwhile(
            "unit",
            models.Index(condition=models.Q(("person__isnull", False)), fields=["person"], name="unit_of_person"),
        ),
        migrations.AlterField(
            "unit",
            "roll",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="units",
                to="rolls.roll",
                verbose_name="名册",
            ),
        ),
        migrations.AlterField(
            "unit",
            "person",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="residents.person",
                verbose_name="人",
            ),
        ),
        migrations.AlterField(
            "unit",
            "reach_by",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
