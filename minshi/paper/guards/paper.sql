-- What was registered and read stays; a line is settled once, put right once, and never removed.
CREATE OR REPLACE FUNCTION refuse_line_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    brought timestamptz;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a line of paper is never removed' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.second IS NOT NULL OR NEW.settled_at IS NOT NULL OR NEW.corrected_at IS NOT NULL
           OR NEW.voided_at IS NOT NULL THEN
            RAISE EXCEPTION 'a new line has no past' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.sheet_id, NEW.ordinal, NEW.household_id, NEW.slip_number, NEW.correcting_id)
       IS DISTINCT FROM (OLD.sheet_id, OLD.ordinal, OLD.household_id, OLD.slip_number, OLD.correcting_id)
       OR OLD.first IS NOT NULL AND (NEW.first, NEW.first_by_id, NEW.first_at, NEW.words, NEW.signer_id)
          IS DISTINCT FROM (OLD.first, OLD.first_by_id, OLD.first_at, OLD.words, OLD.signer_id)
       OR OLD.second IS NOT NULL AND (NEW.second, NEW.second_by_id) IS DISTINCT FROM (OLD.second, OLD.second_by_id)
       OR OLD.settled_at IS NOT NULL AND (NEW.third, NEW.third_by_id, NEW.settled, NEW.settled_at)
          IS DISTINCT FROM (OLD.third, OLD.third_by_id, OLD.settled, OLD.settled_at) THEN
        RAISE EXCEPTION 'line % stays as it was read', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.voided_at IS NOT NULL OR OLD.corrected_at IS NOT NULL THEN
        RAISE EXCEPTION 'line % is closed', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.corrected_at IS NOT NULL AND minshi_now() >= OLD.correct_until THEN
        -- A second sheet that two read alike was in time if it was registered in time.
        SELECT sheet.registered_at INTO brought FROM paper_line AS second
            JOIN paper_sheet AS sheet ON sheet.id = second.sheet_id
            WHERE second.correcting_id = OLD.id AND second.voided_at IS NULL AND second.settled = NEW.corrected;
        IF brought IS NULL OR brought >= OLD.correct_until THEN
            RAISE EXCEPTION 'line %: the days to correct it are over', OLD.id USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rightful_line BEFORE INSERT OR UPDATE OR DELETE ON paper_line
    FOR EACH ROW EXECUTE FUNCTION refuse_line_change();

CREATE OR REPLACE FUNCTION date_sheet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.registered_at := minshi_now();
    RETURN NEW;
END $$;
CREATE TRIGGER dated_sheet BEFORE INSERT ON paper_sheet FOR EACH ROW EXECUTE FUNCTION date_sheet();
SELECT append_only('paper_sheet', 'stub');

-- Who could have signed: an adult confirmed behind this door when the sheet was registered. Nobody: 未登记.
CREATE OR REPLACE FUNCTION refuse_foreign_signer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    why text;
BEGIN
    IF NEW.signer_id IS NOT NULL AND NEW.household_id IS NOT NULL THEN
        why := why_not_speak(NEW.signer_id, NEW.household_id,
                             (SELECT registered_at FROM paper_sheet WHERE id = NEW.sheet_id), true);
        IF why NOT IN ('', 'closed') THEN
            RAISE EXCEPTION 'line %: person % could not have signed it: %', NEW.id, NEW.signer_id, why
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER signed_by_the_door AFTER INSERT OR UPDATE OF signer_id ON paper_line
    FOR EACH ROW EXECUTE FUNCTION refuse_foreign_signer();
SELECT guard_humans('paper_line', 'first_by_id', 'second_by_id', 'third_by_id');
