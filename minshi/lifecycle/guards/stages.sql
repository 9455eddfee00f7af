-- domain.md 10.2: a stage entered without its record is refused, whoever writes the row and however.

-- Attached to every table with a stage; the argument is the subject's type.
CREATE OR REPLACE FUNCTION refuse_unrecorded_stage() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE OR REPLACE FUNCTION guard_stage(guarded regclass, subject text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER recorded_stage AFTER UPDATE OF stage ON %s
        FOR EACH ROW EXECUTE FUNCTION refuse_unrecorded_stage(%L)', guarded, subject);
    EXECUTE format('CREATE CONSTRAINT TRIGGER recorded_first_stage AFTER INSERT ON %s
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unrecorded_stage(%L)', guarded, subject);
END $$;
