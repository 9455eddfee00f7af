-- A stub is registered before the end; its line is read again, and put right, while counting. What a reading may be
-- and who reads is the paper's own business.
CREATE OR REPLACE FUNCTION refuse_late_paper() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    motion record;
    door bigint;
BEGIN
    SELECT m.stage, m.closes_at INTO motion FROM deliberation_motion AS m
        JOIN rolls_unit AS unit ON unit.roll_id = m.roll_id WHERE unit.id = NEW.unit_id FOR SHARE OF m;
    IF TG_OP = 'INSERT' THEN
        SELECT household_id INTO door FROM rolls_unit WHERE id = NEW.unit_id;
        IF motion.stage IS DISTINCT FROM 'open' OR minshi_now() >= motion.closes_at THEN
            RAISE EXCEPTION 'a stub is registered before the end' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.is_void OR door IS DISTINCT FROM (SELECT household_id FROM paper_line WHERE id = NEW.line_id) THEN
            RAISE EXCEPTION 'a paper ballot is of the door on its stub' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF TG_OP = 'DELETE' OR (NEW.unit_id, NEW.line_id) <> (OLD.unit_id, OLD.line_id)
          OR NEW.is_void IS DISTINCT FROM (SELECT voided_at IS NOT NULL FROM paper_line WHERE id = NEW.line_id) THEN
        RAISE EXCEPTION 'paper % stays what was registered', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rightful_paper BEFORE INSERT OR UPDATE OR DELETE ON deliberation_paperballot
    FOR EACH ROW EXECUTE FUNCTION refuse_late_paper();

CREATE OR REPLACE FUNCTION refuse_untimely_reading() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paper record;
BEGIN
    SELECT p.id, m.stage INTO paper FROM deliberation_paperballot AS p
        JOIN rolls_unit AS unit ON unit.id = p.unit_id JOIN deliberation_motion AS m ON m.roll_id = unit.roll_id
        WHERE p.line_id = NEW.id FOR SHARE OF m;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF paper.stage NOT IN ('open', 'counting') THEN
        RAISE EXCEPTION 'paper % is closed', paper.id USING ERRCODE = 'check_violation';
    END IF;
    -- The second reading and the household's own word belong to the counting.
    IF paper.stage <> 'counting' AND (NEW.second IS NOT NULL OR NEW.corrected_at IS NOT NULL) THEN
        RAISE EXCEPTION 'paper % is confirmed after the end', paper.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.first IS NULL AND NEW.first IS NOT NULL AND NEW.words = '' THEN
        RAISE EXCEPTION 'paper % is read from its photo', paper.id USING ERRCODE = 'check_violation';
    END IF;
    -- After the end nobody alone takes a registered sheet back.
    IF NEW.voided_at IS NOT NULL THEN
        IF paper.stage = 'counting'
           AND NEW.voided_by_id = (SELECT registered_by_id FROM paper_sheet WHERE id = NEW.sheet_id) THEN
            RAISE EXCEPTION 'paper % is voided by another person', paper.id USING ERRCODE = 'check_violation';
        END IF;
        UPDATE deliberation_paperballot SET is_void = true WHERE id = paper.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER timely_ballot_reading AFTER UPDATE ON paper_line
    FOR EACH ROW EXECUTE FUNCTION refuse_untimely_reading();

-- A letter is asked for and printed once; of the number in it nothing is kept here.
SELECT append_only('deliberation_checkletter', 'printed_by_id', 'printed_at');
