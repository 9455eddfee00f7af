"""A call-back has an address that nobody guesses, and a task of its own for whoever mends."""

from uuid import uuid4

from django.db import migrations, models

from minshi.guards.operations import DropGuards


def give_tokens(apps, schema_editor):
    rows = apps.get_model("evaluation", "CallBack").objects.using(schema_editor.connection.alias)
    for key in rows.filter(token=None).values_list("pk", flat=True):
        rows.filter(pk=key).update(token=uuid4())


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0002_act_ends")]

    operations = [
        DropGuards("evaluation_callback"),
        migrations.AddField("callback", "token", models.UUIDField(editable=False, null=True)),
        migrations.AddField(
            "callback",
            "task",
            models.TextField(blank=True, default="", max_length=500, verbose_name="要整改什么"),
        ),
        migrations.AddField(
            "callback",
            "shares_words",
            models.BooleanField(default=False, verbose_name="评价人同意把原话告诉整改的人"),
        ),
        migrations.RunPython(give_tokens, migrations.RunPython.noop),
        migrations.AlterField("callback", "token", models.UUIDField(default=uuid4, editable=False, unique=True)),
    ]
