-- A new door was read into building, unit and number, and is nothing else: no pasted row, no telephone. What one door
-- is, minshi.territory.reading says; that it stands once in its place is the index on what was read. Older rows stay.
CREATE OR REPLACE FUNCTION refuse_what_is_no_door() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.key !~ '^[^/[:space:]]*/[^/[:space:]]*/[^/[:space:]]+$' THEN
        RAISE EXCEPTION 'household: not read as a door' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.address ~ E'[\t\n\r]' OR NEW.address ~ '[0-9]{7}' THEN
        RAISE EXCEPTION 'household: more than a door' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER read_door BEFORE INSERT OR UPDATE OF address, key, place_id ON territory_household
    FOR EACH ROW EXECUTE FUNCTION refuse_what_is_no_door();
