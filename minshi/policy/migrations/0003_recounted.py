from django.db import migrations, models


class Migration(migrations.Migration):
    """Since when everything has been counted by a calendar; of those that are there it is found out once more."""

    dependencies = [("policy", "0002_lengthening")]

    operations = [
        migrations.AddField(
            "calendarversion",
            "recounted_at",
            models.DateTimeField(editable=False, null=True, verbose_name="重新计算完毕"),
        ),
    ]
