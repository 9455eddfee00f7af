from django.db import migrations

IN_USE = """
UPDATE territory_territory AS community SET opened_at = now()
WHERE community.level_id = 'community' AND community.opened_at IS NULL AND EXISTS (
    SELECT FROM residents_residence AS home
    JOIN territory_household AS door ON door.id = home.household_id
    JOIN territory_territory AS place ON place.id = door.place_id
    WHERE home.confirmed_at IS NOT NULL AND starts_with(place.path, community.path)
)
"""


class Migration(migrations.Migration):
    """Where residents are confirmed already, they go on wishing and proposing: it is open."""

    dependencies = [("residents", "0006_consented_to"), ("territory", "0005_opened")]

    operations = [migrations.RunSQL(IN_USE, migrations.RunSQL.noop)]
