-- A project pinned it, a notice quoted it: what has begun to hold is not rewritten, only succeeded.
CREATE OR REPLACE FUNCTION setting_in_force_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.since <= minshi_today() THEN
        RAISE EXCEPTION 'a setting in force is not changed, a later one succeeds it' USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER setting_in_force_stays BEFORE UPDATE OR DELETE ON policy_setting
    FOR EACH ROW EXECUTE FUNCTION setting_in_force_stays();
