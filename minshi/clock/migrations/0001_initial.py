from django.conf import settings
from django.db import migrations

FORWARD = """
CREATE TABLE clock_offset (
    id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    shift interval NOT NULL DEFAULT interval '0'
);
INSERT INTO clock_offset DEFAULT VALUES;

CREATE FUNCTION minshi_now() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS 'SELECT clock_timestamp() + shift FROM public.clock_offset';

CREATE FUNCTION minshi_today() RETURNS date LANGUAGE sql VOLATILE
    AS $$ SELECT (minshi_now() AT TIME ZONE 'Asia/Shanghai')::date $$;
"""

BACKWARD = "DROP FUNCTION minshi_today(); DROP FUNCTION minshi_now(); DROP TABLE clock_offset;"


def only_the_owner_moves_it(apps, schema_editor):
    role = settings.APPLICATION_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s AND rolname <> current_user", [role])
        if cursor.fetchone():
            cursor.execute(f'REVOKE INSERT, UPDATE, DELETE ON clock_offset FROM "{role}"')


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RunPython(only_the_owner_moves_it, migrations.RunPython.noop),
    ]
