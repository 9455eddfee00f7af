import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import minshi.clock.time


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("clock", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SentForm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=64)),
                ("contents", models.CharField(max_length=64)),
                ("answer", models.TextField(blank=True, db_default="")),
                ("at", models.DateTimeField(db_default=minshi.clock.time.Now())),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "交过的表单",
                "verbose_name_plural": "交过的表单",
                "indexes": [models.Index(fields=["at"], name="once_at")],
                "constraints": [models.UniqueConstraint(fields=("user", "key"), name="once_a_form")],
            },
        ),
    ]
