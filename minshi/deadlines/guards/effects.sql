-- domain.md 10.5: never early, and (the primary key of effect) never twice.
CREATE OR REPLACE FUNCTION refuse_early_effect() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT due FROM deadlines_deadline WHERE id = NEW.deadline_id) > minshi_now() THEN
        RAISE EXCEPTION 'deadline % is not due yet', NEW.deadline_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER never_early BEFORE INSERT ON deadlines_effect FOR EACH ROW EXECUTE FUNCTION refuse_early_effect();
SELECT append_only('deadlines_effect');
