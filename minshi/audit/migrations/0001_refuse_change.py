from django.db import migrations

# to_jsonb() minus the mutable columns must be equal; TG_ARGV holds their names.
FORWARD = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (to_jsonb(OLD) - TG_ARGV) = (to_jsonb(NEW) - TG_ARGV) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("clock", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, "DROP FUNCTION refuse_change()")]
