from django.db import migrations

IN_USE = """
UPDATE territory_territory AS community SET opened_at = begun.at
FROM (
    SELECT closed.id, min(seen.at) AS at FROM territory_territory AS closed
    JOIN territory_territory AS place ON place.path ~>=~ closed.path AND place.path ~<~ (closed.path || '~')
    CROSS JOIN LATERAL (
        SELECT granted_at AS at FROM residents_rolegrant
        WHERE place_id = place.id AND role IN ('chief', 'ten_chief', 'group_leader') AND granted_at < coalesce(
            (SELECT applied FROM django_migrations WHERE app = 'territory' AND name = '0005_opened'), 'infinity'
        )
        UNION ALL SELECT submitted_at FROM proposals_proposal WHERE place_id = place.id
        UNION ALL SELECT at FROM proposals_wish WHERE place_id = place.id
    ) AS seen
    WHERE closed.level_id = 'community' AND closed.opened_at IS NULL
    GROUP BY closed.id
) AS begun
WHERE begun.id = community.id
"""


class Migration(migrations.Migration):
    """Where there was a chief, a proposal or a wish before communities were opened, on paper alone maybe, it goes on.

    A chief who was appointed since belongs to a community that is being set up: that one opens by its list.
    """

    dependencies = [
        ("proposals", "0025_wish_photos"),
        ("residents", "0007_opened"),
        ("territory", "0005_opened"),
    ]

    operations = [migrations.RunSQL(IN_USE, migrations.RunSQL.noop)]
