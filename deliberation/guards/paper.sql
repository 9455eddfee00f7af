CREATE OR REPLACE FUNCTION refuse_paper() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    at text;
    ends timestamptz;
BEGIN
    SELECT motion.stage, motion.closes_at INTO at, ends FROM deliberation_motion AS motion
        JOIN deliberation_unit AS unit ON unit.motion_id = motion.id WHERE unit.id = NEW.unit_id FOR SHARE OF motion;
    IF TG_OP = 'INSERT' THEN
        NEW.registered_at := minshi_now();
        IF at <> 'open' OR NEW.registered_at >= ends THEN
            RAISE EXCEPTION 'a stub is registered before the end' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.confirmed_at IS NOT NULL OR NEW.corrected_at IS NOT NULL OR NEW.doubted_by_id IS NOT NULL
           OR NEW.voided_at IS NOT NULL THEN
            RAISE EXCEPTION 'a new stub has no past' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.voided_at IS NOT NULL OR at NOT IN ('open', 'counting') THEN
        RAISE EXCEPTION 'paper % is closed', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.unit_id, NEW.registered_by_id, NEW.registered_at, NEW.receipt)
       <> (OLD.unit_id, OLD.registered_by_id, OLD.registered_at, OLD.receipt)
       OR OLD.choice <> '' AND NEW.photo <> OLD.photo THEN
        RAISE EXCEPTION 'paper % stays what was registered', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.confirmed_at IS NOT NULL AND (NEW.choice, NEW.confirmed_at) IS DISTINCT FROM (OLD.choice, OLD.confirmed_at)
       OR OLD.corrected_at IS NOT NULL THEN
        RAISE EXCEPTION 'paper % is settled', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    -- The second reading and the household's own word belong to the counting.
    IF at <> 'counting' AND (NEW.confirmed_at, NEW.doubted_by_id, NEW.corrected_at)
       IS DISTINCT FROM (OLD.confirmed_at, OLD.doubted_by_id, OLD.corrected_at) THEN
        RAISE EXCEPTION 'paper % is confirmed after the end', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.corrected_at IS NOT NULL AND minshi_now() >= OLD.correct_until THEN
        RAISE EXCEPTION 'paper %: the days to correct it are over', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    -- After the end nobody alone takes a registered sheet back.
    IF NEW.voided_at IS NOT NULL AND at = 'counting' AND NEW.voided_by_id = OLD.registered_by_id THEN
        RAISE EXCEPTION 'paper % is voided by another person', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rightful_paper BEFORE INSERT OR UPDATE ON deliberation_paperballot
    FOR EACH ROW EXECUTE FUNCTION refuse_paper();
