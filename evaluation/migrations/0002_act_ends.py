from django.db import migrations


class Migration(migrations.Migration):
    """Cards of votes and ratings say until when one may take part: only here are both known."""

    dependencies = [
        ('evaluation', '0001_initial'),
        ('deliberation', '0001_initial'),
        ('proposals', '0004_act_ends'),
    ]

    operations = [
        migrations.RunSQL(
            """
            UPDATE proposals_card AS card SET version = version + 1, act_ends_at = motion.closes_at
            FROM deliberation_motion AS motion
            WHERE motion.proposal_id = card.proposal_id AND card.stage = 'voting' AND motion.stage <> 'published';
            UPDATE proposals_card AS card SET version = version + 1, act_ends_at = survey.closes_at
            FROM evaluation_survey AS survey
            WHERE survey.proposal_id = card.proposal_id AND card.stage = 'rating'
                AND survey.round = (SELECT max(round) FROM evaluation_survey WHERE proposal_id = card.proposal_id)
            """,
            migrations.RunSQL.noop,
        ),
    ]
