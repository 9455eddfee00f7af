"""When a household first answered, which stays when it changes its answer (counts are told as of fixed hours), and the
salt of its digest in the archive."""

from uuid import uuid4

from django.db import migrations, models

import minshi.clock
from minshi.guards.operations import DropGuards


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0003_callback_token")]

    operations = [
        DropGuards("evaluation_answer"),
        migrations.AddField(
            "answer",
            "first_at",
            models.DateTimeField(db_default=minshi.clock.Now(), editable=False, verbose_name="第一次打分的时间"),
        ),
        migrations.AddField("answer", "salt", models.UUIDField(editable=False, null=True)),
        migrations.RunSQL(
            "UPDATE evaluation_answer SET first_at = at, salt = gen_random_uuid(); SET CONSTRAINTS ALL IMMEDIATE",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField("answer", "salt", models.UUIDField(default=uuid4, editable=False)),
    ]
