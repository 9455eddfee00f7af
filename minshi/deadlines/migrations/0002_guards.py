from django.db import migrations

from minshi.audit.operations import AppendOnly

# domain.md 10.5: never early, and (the primary key of effect) never twice.
NEVER_EARLY = """
CREATE FUNCTION refuse_early_effect() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT due FROM deadlines_deadline WHERE id = NEW.deadline_id) > minshi_now() THEN
        RAISE EXCEPTION 'deadline % is not due yet', NEW.deadline_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER never_early BEFORE INSERT ON deadlines_effect FOR EACH ROW EXECUTE FUNCTION refuse_early_effect();
"""


class Migration(migrations.Migration):
    dependencies = [("deadlines", "0001_initial"), ("audit", "0001_refuse_change")]
    operations = [
        migrations.RunSQL(
            NEVER_EARLY, "DROP TRIGGER never_early ON deadlines_effect; DROP FUNCTION refuse_early_effect();"
        ),
        AppendOnly("deadlines_effect"),
    ]
