from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

import minshi.searching
from minshi.guards.operations import AddIndexMeanwhile, LoadGuard

RUNNING = """
UPDATE proposals_card AS card SET turnout_due = motion.opens_at FROM deliberation_motion AS motion
WHERE motion.proposal_id = card.proposal_id AND motion.stage <> 'published' AND card.turnout_due IS NULL
"""
"""Votes that run already are due to be counted; an older release goes on counting them all."""


class Migration(migrations.Migration):
    """Votes by the words of their question; nobody waits while the index is built."""

    atomic = False

    dependencies = [("deliberation", "0006_ballots_in_order"), ("proposals", "0013_turnout_due")]

    operations = [
        migrations.RunSQL(RUNNING, migrations.RunSQL.noop),
        LoadGuard("guards", "bigrams.sql"),  # for the index
        AddIndexMeanwhile(
            "motion", GinIndex(minshi.searching.Bigrams("question"), name="motion_question_bigrams")
        ),
    ]
