from django.db import migrations, models
from django.db.models import F, Q

from minshi.guards.operations import AddIndexMeanwhile, LoadGuard

SAID = """
UPDATE proposals_wish AS wish SET done_at = said.at
FROM lifecycle_steprecord AS said
WHERE wish.done_at IS NULL AND wish.stage IN ('said', 'fulfilled') AND said.id = (
    SELECT max(id) FROM lifecycle_steprecord
    WHERE subject_type = 'proposals.wish' AND subject_id = wish.id AND verb = 'fulfil'
)
"""


class Migration(migrations.Migration):
    """How long wishes took is read from the wishes alone."""

    atomic = False

    dependencies = [("proposals", "0026_open_in_use")]

    operations = [
        migrations.AddField(
            "wish", "done_at", models.DateTimeField(editable=False, null=True, verbose_name="说办好的时间")
        ),
        migrations.RunSQL(SAID, migrations.RunSQL.noop),
        LoadGuard("proposals", "said.sql"),
        AddIndexMeanwhile(
            "wish",
            models.Index(
                F("place_id"), F("stage_since"), F("at"), F("done_at"), F("urgent"),
                name="wish_done", condition=Q(stage="fulfilled"),
            ),
        ),
    ]
