-- The electorate is written before the window opens and never after.
CREATE OR REPLACE FUNCTION refuse_late_unit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    at text;
BEGIN
    SELECT stage INTO at FROM deliberation_motion WHERE id = NEW.motion_id;
    IF TG_OP = 'INSERT' AND at <> '' OR TG_OP = 'UPDATE' AND at = 'published' THEN
        RAISE EXCEPTION 'the electorate of motion % is frozen', NEW.motion_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_electorate BEFORE INSERT OR UPDATE ON deliberation_unit
    FOR EACH ROW EXECUTE FUNCTION refuse_late_unit();
SELECT append_only('deliberation_unit', 'reach', 'reach_by_id', 'reach_note');
