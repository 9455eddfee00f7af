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
    from minshi.audit.privileges import application_role

    if role := application_role(schema_editor.connection):
        schema_editor.execute(f'REVOKE INSERT, UPDATE, DELETE ON clock_offset FROM "{role}"')


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RunPython(only_the_owner_moves_it, migrations.RunPython.noop),
    ]
