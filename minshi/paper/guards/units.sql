-- A sheet of a unit of a roll: of a vote, of a survey. The higher app names its tables; the rules are the same.
--
-- guard_paper(papers, matters, counts apart): ``papers`` holds unit and line, ``matters`` its roll, stage and times.
-- Where it is counted apart, the second reading and the household's own word belong to the counting.
CREATE OR REPLACE FUNCTION guard_paper(papers regclass, matters regclass, is_counted_apart boolean) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER rightful_paper BEFORE INSERT OR UPDATE OR DELETE ON %s
        FOR EACH ROW EXECUTE FUNCTION refuse_late_paper(%L)', papers, matters);
    EXECUTE format('CREATE TRIGGER %I AFTER UPDATE ON paper_line
        FOR EACH ROW EXECUTE FUNCTION refuse_untimely_reading(%L, %L, %L)',
        'timely_' || papers, papers, matters, is_counted_apart);
END $$;

-- A stub is registered before the end. The matter's row is shared first, and the clock read after it.
CREATE OR REPLACE FUNCTION refuse_late_paper() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    matter record;
BEGIN
    EXECUTE format('SELECT m.stage, m.opens_at, m.closes_at FROM %s AS m
        JOIN rolls_unit AS unit ON unit.roll_id = m.roll_id WHERE unit.id = $1 FOR SHARE OF m', TG_ARGV[0])
        INTO matter USING NEW.unit_id;
    IF TG_OP = 'INSERT' THEN
        IF matter.stage IS DISTINCT FROM 'open' OR minshi_now() < matter.opens_at
           OR minshi_now() >= matter.closes_at THEN
            RAISE EXCEPTION 'a stub is registered before the end' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.is_void OR (SELECT household_id FROM rolls_unit WHERE id = NEW.unit_id)
           IS DISTINCT FROM (SELECT household_id FROM paper_line WHERE id = NEW.line_id) THEN
            RAISE EXCEPTION 'paper is of the door on its stub' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF TG_OP = 'DELETE' OR (NEW.unit_id, NEW.line_id) <> (OLD.unit_id, OLD.line_id)
          OR NEW.is_void IS DISTINCT FROM (SELECT voided_at IS NOT NULL FROM paper_line WHERE id = NEW.line_id) THEN
        RAISE EXCEPTION 'paper % stays what was registered', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- Its line is read until the result, and from its photo; what counts already is put right and not taken back.
CREATE OR REPLACE FUNCTION refuse_untimely_reading() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paper record;
BEGIN
    EXECUTE format('SELECT p.id, m.stage FROM %s AS p JOIN rolls_unit AS unit ON unit.id = p.unit_id
        JOIN %s AS m ON m.roll_id = unit.roll_id WHERE p.line_id = $1 FOR SHARE OF m', TG_ARGV[0], TG_ARGV[1])
        INTO paper USING NEW.id;
    IF paper.id IS NULL THEN
        RETURN NULL;
    END IF;
    IF paper.stage NOT IN ('open', 'counting') THEN
        RAISE EXCEPTION 'paper % is closed', paper.id USING ERRCODE = 'check_violation';
    END IF;
    IF TG_ARGV[2]::boolean AND paper.stage <> 'counting'
       AND (NEW.second IS NOT NULL OR NEW.corrected_at IS NOT NULL) THEN
        RAISE EXCEPTION 'paper % is confirmed after the end', paper.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.first IS NULL AND NEW.first IS NOT NULL AND NEW.words = '' THEN
        RAISE EXCEPTION 'paper % is read from its photo', paper.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.voided_at IS NULL THEN
        RETURN NULL;
    END IF;
    IF NEW.settled_at IS NOT NULL THEN
        RAISE EXCEPTION 'paper % counts already', paper.id USING ERRCODE = 'check_violation';
    END IF;
    -- After the end nobody alone takes a registered sheet back.
    IF paper.stage = 'counting'
       AND human_of(NEW.voided_by_id) = (SELECT human_of(registered_by_id) FROM paper_sheet WHERE id = NEW.sheet_id) THEN
        RAISE EXCEPTION 'paper % is voided by another person', paper.id USING ERRCODE = 'check_violation';
    END IF;
    EXECUTE format('UPDATE %s SET is_void = true WHERE id = $1', TG_ARGV[0]) USING paper.id;
    RETURN NULL;
END $$;
