-- A sheet is registered while its survey runs; its line is read, put right or taken back until the result. What a
-- reading may be and who reads is the paper's own business.
CREATE OR REPLACE FUNCTION refuse_late_rating_paper() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    survey record;
    door bigint;
BEGIN
    SELECT s.stage, s.opens_at, s.closes_at INTO survey FROM evaluation_survey AS s
        JOIN rolls_unit AS unit ON unit.roll_id = s.roll_id WHERE unit.id = NEW.unit_id FOR SHARE OF s;
    IF TG_OP = 'INSERT' THEN
        SELECT household_id INTO door FROM rolls_unit WHERE id = NEW.unit_id;
        IF survey.stage IS DISTINCT FROM 'open' OR minshi_now() < survey.opens_at
           OR minshi_now() >= survey.closes_at THEN
            RAISE EXCEPTION 'a rating sheet is registered before the end' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.is_void OR door IS DISTINCT FROM (SELECT household_id FROM paper_line WHERE id = NEW.line_id) THEN
            RAISE EXCEPTION 'a paper answer is of the door on its stub' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF TG_OP = 'DELETE' OR (NEW.unit_id, NEW.line_id) <> (OLD.unit_id, OLD.line_id)
          OR NEW.is_void IS DISTINCT FROM (SELECT voided_at IS NOT NULL FROM paper_line WHERE id = NEW.line_id) THEN
        RAISE EXCEPTION 'paper answer % stays what was registered', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rightful_paper_answer BEFORE INSERT OR UPDATE OR DELETE ON evaluation_paperanswer
    FOR EACH ROW EXECUTE FUNCTION refuse_late_rating_paper();

CREATE OR REPLACE FUNCTION refuse_untimely_rating() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paper record;
BEGIN
    SELECT p.id, s.stage INTO paper FROM evaluation_paperanswer AS p
        JOIN rolls_unit AS unit ON unit.id = p.unit_id JOIN evaluation_survey AS s ON s.roll_id = unit.roll_id
        WHERE p.line_id = NEW.id FOR SHARE OF s;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF paper.stage NOT IN ('open', 'counting') THEN
        RAISE EXCEPTION 'paper answer % is closed', paper.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.first IS NULL AND NEW.first IS NOT NULL AND NEW.words = '' THEN
        RAISE EXCEPTION 'paper answer % is read from its photo', paper.id USING ERRCODE = 'check_violation';
    END IF;
    -- After the end nobody alone takes a registered sheet back.
    IF NEW.voided_at IS NOT NULL THEN
        IF paper.stage = 'counting'
           AND NEW.voided_by_id = (SELECT registered_by_id FROM paper_sheet WHERE id = NEW.sheet_id) THEN
            RAISE EXCEPTION 'paper answer % is voided by another person', paper.id USING ERRCODE = 'check_violation';
        END IF;
        UPDATE evaluation_paperanswer SET is_void = true WHERE id = paper.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER timely_rating_reading AFTER UPDATE ON paper_line
    FOR EACH ROW EXECUTE FUNCTION refuse_untimely_rating();
