-- Nobody is confirmed behind a door that was struck off. The door is shared, so that striking it off waits for us.
CREATE OR REPLACE FUNCTION refuse_confirming_into_nowhere() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    dwelling boolean;
BEGIN
    SELECT is_active INTO dwelling FROM territory_household WHERE id = NEW.household_id FOR SHARE;
    IF NOT dwelling THEN
        RAISE EXCEPTION 'household % is struck off', NEW.household_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER confirmed_somewhere_new BEFORE INSERT ON residents_residence
    FOR EACH ROW WHEN (NEW.confirmed_at IS NOT NULL AND NEW.until IS NULL)
    EXECUTE FUNCTION refuse_confirming_into_nowhere();
CREATE TRIGGER confirmed_somewhere BEFORE UPDATE ON residents_residence
    FOR EACH ROW WHEN (NEW.confirmed_at IS NOT NULL AND OLD.confirmed_at IS NULL AND NEW.until IS NULL)
    EXECUTE FUNCTION refuse_confirming_into_nowhere();

-- A residence stays who it was of, and behind which door; ended and confirmed once.
CREATE OR REPLACE FUNCTION refuse_residence_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.person_id, NEW.household_id, NEW.since) IS DISTINCT FROM
                           (OLD.person_id, OLD.household_id, OLD.since)
       OR OLD.until IS NOT NULL AND NEW.until IS DISTINCT FROM OLD.until
       OR OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at THEN
        RAISE EXCEPTION 'residence % stays what it was', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_residence BEFORE UPDATE OR DELETE ON residents_residence
    FOR EACH ROW EXECUTE FUNCTION refuse_residence_change();

-- A door leaves the register by what two people said of it, and comes back before that counts no more.
CREATE OR REPLACE FUNCTION refuse_striking_alone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.is_active = EXISTS (
        SELECT FROM residents_strikeoff
        WHERE household_id = NEW.id AND is_granted AND restored_at IS NULL
    ) THEN
        RAISE EXCEPTION 'household %: two people strike it off', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER struck_by_two BEFORE UPDATE ON territory_household
    FOR EACH ROW WHEN (NEW.is_active IS DISTINCT FROM OLD.is_active) EXECUTE FUNCTION refuse_striking_alone();

-- Asked, answered and restored once each; the answer is of a time when the asking stood there.
CREATE OR REPLACE FUNCTION refuse_strike_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.answered_at IS NOT NULL OR NEW.restored_at IS NOT NULL)
       OR TG_OP = 'UPDATE' AND (
           OLD.answered_at IS NOT NULL AND (NEW.answered_by_id, NEW.answered_as, NEW.answered_at, NEW.is_granted, NEW.answer)
               IS DISTINCT FROM (OLD.answered_by_id, OLD.answered_as, OLD.answered_at, OLD.is_granted, OLD.answer)
           OR OLD.restored_at IS NOT NULL
       ) THEN
        RAISE EXCEPTION 'the striking off of household % is asked and answered once', NEW.household_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER strike_stays BEFORE INSERT OR UPDATE ON residents_strikeoff
    FOR EACH ROW EXECUTE FUNCTION refuse_strike_change();
SELECT append_only('residents_strikeoff', 'answered_by_id', 'answered_as', 'answered_at', 'is_granted', 'answer',
    'restored_by_id', 'restored_at');
SELECT guard_humans('residents_strikeoff', 'asked_by_id', 'answered_by_id');
