-- domain.md 10.2: only steps of the table are taken, and what was taken stays on record.
CREATE OR REPLACE FUNCTION refuse_unknown_step() RETURNS trigger LANGUAGE plpgsql AS $$
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
SELECT append_only('lifecycle_steprecord');

-- The owner writes the table of steps after each migration.
SELECT revoke_from_application('INSERT, UPDATE, DELETE', 'lifecycle_edge');
