from django.db import migrations

from minshi.audit.operations import AppendOnly

# A project pinned it, a notice quoted it: what has begun to hold is not rewritten, only succeeded.
FORWARD = """
CREATE FUNCTION setting_in_force_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.since <= minshi_today() THEN
        RAISE EXCEPTION 'a setting in force is not changed, a later one succeeds it' USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE TRIGGER setting_in_force_stays BEFORE UPDATE OR DELETE ON policy_setting
    FOR EACH ROW EXECUTE FUNCTION setting_in_force_stays();
"""
BACKWARD = """
DROP TRIGGER setting_in_force_stays ON policy_setting;
DROP FUNCTION setting_in_force_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("policy", "0001_initial"), ("audit", "0001_refuse_change")]
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        AppendOnly("policy_calendarversion"),
        AppendOnly("policy_calendarday"),
    ]
