from django.db import migrations

from minshi.guards.operations import LoadGuard

OFFSET = """
CREATE TABLE clock_offset (
    id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    shift interval NOT NULL DEFAULT interval '0'
);
INSERT INTO clock_offset DEFAULT VALUES;
"""


class Migration(migrations.Migration):
    """One row that no model knows, and the time that every other app's columns take as their default."""

    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(OFFSET, "DROP TABLE clock_offset"),
        LoadGuard("clock", "now.sql"),
    ]
