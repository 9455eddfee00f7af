-- What was not announced in time is not voted, and what was recorded stays; the words keep their versions.
CREATE OR REPLACE FUNCTION refuse_meeting_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    words constant text[] := ARRAY['minutes', 'dissent'];
BEGIN
    IF TG_OP = 'DELETE' OR OLD.stage = 'called_off'
       OR OLD.stage = 'recorded' AND to_jsonb(OLD) - words <> to_jsonb(NEW) - words THEN
        RAISE EXCEPTION 'meeting % stays as recorded', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.stage = 'recorded' AND OLD.stage <> 'recorded' AND (
        minshi_now() < NEW.begins_at
        OR NEW.begins_at < (SELECT ends_at FROM disclosure_notice WHERE id = NEW.agenda_notice_id)
    ) THEN
        RAISE EXCEPTION 'meeting % was not announced in time, or has not begun', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_meeting BEFORE UPDATE OR DELETE ON deliberation_meeting
    FOR EACH ROW EXECUTE FUNCTION refuse_meeting_change();
SELECT guard_stage('deliberation_meeting', 'deliberation.meeting');
SELECT append_only('deliberation_attendance');
SELECT append_only('deliberation_resolution');
