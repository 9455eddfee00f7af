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

-- A door stands in a place that is there, and never leaves its community. The places are shared, so that merging one
-- waits for us, and we for it.
CREATE OR REPLACE FUNCTION refuse_door_nowhere() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM territory_territory WHERE id IN (SELECT DISTINCT place_id FROM stands) ORDER BY id FOR KEY SHARE;
    IF EXISTS (
        SELECT FROM territory_territory
        WHERE id IN (SELECT DISTINCT place_id FROM stands) AND merged_into_id IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'household: its place was merged into another' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER door_somewhere_new AFTER INSERT ON territory_household REFERENCING NEW TABLE AS stands
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_door_nowhere();

CREATE OR REPLACE FUNCTION refuse_door_elsewhere() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved record;
BEGIN
    FOR moved IN
        SELECT DISTINCT left_place.id, left_place.path AS was, new_place.path AS becomes, new_place.merged_into_id FROM stood
        JOIN stands ON stands.id = stood.id AND stands.place_id <> stood.place_id
        JOIN territory_territory AS left_place ON left_place.id = stood.place_id
        JOIN territory_territory AS new_place ON new_place.id = stands.place_id
        ORDER BY left_place.id
    LOOP
        IF moved.merged_into_id IS NOT NULL OR NOT EXISTS (
            SELECT FROM territory_territory AS community
            WHERE community.level_id = 'community'
              AND starts_with(moved.was, community.path) AND starts_with(moved.becomes, community.path)
        ) THEN
            RAISE EXCEPTION 'household: it stays in its community' USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER door_in_its_community AFTER UPDATE ON territory_household
    REFERENCING OLD TABLE AS stood NEW TABLE AS stands
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_door_elsewhere();

-- What was merged is empty and stays so.
CREATE OR REPLACE FUNCTION refuse_full_merge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.merged_into_id IS NOT NULL OR EXISTS (SELECT FROM territory_household WHERE place_id = NEW.id) OR EXISTS (
        SELECT FROM territory_territory WHERE parent_id = NEW.id AND merged_into_id IS NULL
    ) THEN
        RAISE EXCEPTION 'place %: it is not empty, or was merged before', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER empty_when_merged BEFORE UPDATE OF merged_into_id ON territory_territory FOR EACH ROW
    WHEN (OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id) EXECUTE FUNCTION refuse_full_merge();

SELECT append_only('territory_placechange');
