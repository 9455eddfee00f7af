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
