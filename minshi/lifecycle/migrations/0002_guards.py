from django.db import migrations

from minshi.audit.operations import AppendOnly
from minshi.audit.privileges import application_role

# domain.md 10.2: a stage entered without its record is refused, whoever writes the row and however.
FORWARD = """
CREATE FUNCTION refuse_unknown_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM lifecycle_edge
        WHERE subject_type = NEW.subject_type AND verb = NEW.verb AND source = NEW.source AND target = NEW.target
    ) THEN
        RAISE EXCEPTION '% has no step % from "%" to "%"', NEW.subject_type, NEW.verb, NEW.source, NEW.target
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER known_step BEFORE INSERT ON lifecycle_steprecord
    FOR EACH ROW EXECUTE FUNCTION refuse_unknown_step();

-- Attached to every table with a stage; the argument is the subject's type.
CREATE FUNCTION refuse_unrecorded_stage() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := CASE WHEN TG_OP = 'UPDATE' THEN OLD.stage ELSE '' END;
BEGIN
    IF before <> NEW.stage AND NOT EXISTS (
        SELECT 1 FROM lifecycle_steprecord
        WHERE subject_type = TG_ARGV[0] AND subject_id = NEW.id AND source = before AND target = NEW.stage
          AND xid = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION '% %: no record of "%" to "%" in this transaction', TG_ARGV[0], NEW.id, before, NEW.stage
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

-- guard_stage(table, subject type): changes at once, the first stage at the end of the transaction.
CREATE FUNCTION guard_stage(guarded regclass, subject text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER recorded_stage AFTER UPDATE OF stage ON %s
        FOR EACH ROW EXECUTE FUNCTION refuse_unrecorded_stage(%L)', guarded, subject);
    EXECUTE format('CREATE CONSTRAINT TRIGGER recorded_first_stage AFTER INSERT ON %s
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unrecorded_stage(%L)', guarded, subject);
END $$;
"""

BACKWARD = """
DROP FUNCTION guard_stage(regclass, text);
DROP FUNCTION refuse_unrecorded_stage();
DROP TRIGGER known_step ON lifecycle_steprecord;
DROP FUNCTION refuse_unknown_step();
"""


def only_the_owner_writes_edges(apps, schema_editor):
    if role := application_role(schema_editor.connection):
        schema_editor.execute(f'REVOKE INSERT, UPDATE, DELETE ON lifecycle_edge FROM "{role}"')


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0001_initial"), ("audit", "0001_refuse_change")]
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        AppendOnly("lifecycle_steprecord"),
        migrations.RunPython(only_the_owner_writes_edges, migrations.RunPython.noop),
    ]
