-- Who benefits stands on a proposal's version as places and doors; nobody counts them but these functions.

-- A path lies within another one; both ends of the range can be looked up in its index.
CREATE OR REPLACE FUNCTION lies_within(path text, above text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT path ~>=~ above AND path ~<~ (above || '~') AND starts_with(path, above)
$$;

-- Whom a list means today: each dwelling in its places, and its doors; one that was struck off is none.
CREATE OR REPLACE FUNCTION doors_of_list(places bigint[], doors bigint[]) RETURNS SETOF bigint
LANGUAGE sql STABLE AS $$
    SELECT door.id FROM territory_territory AS listed
    JOIN territory_territory AS place ON lies_within(place.path, listed.path)
    JOIN territory_household AS door ON door.place_id = place.id
    WHERE listed.id = ANY (places) AND door.is_active
    UNION
    SELECT id FROM territory_household WHERE id = ANY (doors) AND is_active
$$;

-- The list the decision froze; before that what the newest version lists.
CREATE OR REPLACE FUNCTION benefiting_doors(project bigint) RETURNS SETOF bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF (SELECT beneficiaries_frozen_at FROM proposals_proposal WHERE id = project) IS NOT NULL THEN
        RETURN QUERY SELECT household_id FROM proposals_beneficiary WHERE proposal_id = project;
    ELSE
        RETURN QUERY SELECT listed FROM (
            SELECT places, doors FROM proposals_version WHERE proposal_id = project ORDER BY number DESC LIMIT 1
        ) AS newest, doors_of_list(newest.places, newest.doors) AS listed;
    END IF;
END $$;

CREATE OR REPLACE FUNCTION benefits(project bigint, door bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM benefiting_doors(project) AS listed WHERE listed = door)
$$;

-- A list names somebody, within the proposal's place, and is no longer another one while signatures are counted
-- against its number or once the decision froze it. How many it is, is counted here and typed nowhere.
CREATE OR REPLACE FUNCTION refuse_wrong_list() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    proposal record;
    last record;
    is_as_before boolean;
BEGIN
    SELECT own.path, project.stage, project.beneficiaries_frozen_at INTO proposal FROM proposals_proposal AS project
        JOIN territory_territory AS own ON own.id = project.place_id WHERE project.id = NEW.proposal_id;
    -- Shared, so that dividing or merging one waits for us, and we for it.
    PERFORM FROM territory_territory WHERE id = ANY (NEW.places) ORDER BY id FOR KEY SHARE;
    IF cardinality(NEW.places) + cardinality(NEW.doors) = 0 THEN
        RAISE EXCEPTION 'version: it lists nobody who benefits' USING ERRCODE = 'check_violation';
    END IF;
    SELECT places, doors INTO last FROM proposals_version WHERE proposal_id = NEW.proposal_id
        ORDER BY number DESC LIMIT 1;
    is_as_before := FOUND AND (NEW.places, NEW.doors) = (last.places, last.doors);
    -- As it was listed before it stays listed: a door may stand in another place since then.
    IF NOT is_as_before AND (EXISTS (
        SELECT FROM unnest(NEW.places) AS listed LEFT JOIN territory_territory AS place ON place.id = listed
        WHERE place.id IS NULL OR NOT starts_with(place.path, proposal.path)
    ) OR EXISTS (
        SELECT FROM unnest(NEW.doors) AS listed LEFT JOIN territory_household AS door ON door.id = listed
            LEFT JOIN territory_territory AS place ON place.id = door.place_id
        WHERE place.id IS NULL OR NOT starts_with(place.path, proposal.path)
    )) THEN
        RAISE EXCEPTION 'version: who benefits is in its place' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT is_as_before AND EXISTS (
        SELECT FROM territory_territory WHERE id = ANY (NEW.places) AND merged_into_id IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'version: it lists a place that was merged'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'listed_place_stands';
    END IF;
    IF last IS NOT NULL AND NOT is_as_before
       AND (proposal.stage = 'cosigning' OR proposal.beneficiaries_frozen_at IS NOT NULL) THEN
        RAISE EXCEPTION 'proposal %: its list of beneficiaries stays', NEW.proposal_id
            USING ERRCODE = 'check_violation';
    END IF;
    NEW.households := CASE WHEN proposal.beneficiaries_frozen_at IS NULL
        THEN (SELECT count(*) FROM doors_of_list(NEW.places, NEW.doors))
        ELSE (SELECT count(*) FROM benefiting_doors(NEW.proposal_id)) END;
    RETURN NEW;
END $$;
CREATE TRIGGER who_benefits BEFORE INSERT ON proposals_version FOR EACH ROW EXECUTE FUNCTION refuse_wrong_list();

-- What the decision freezes is what was listed, all of it, and stays.
CREATE OR REPLACE FUNCTION refuse_other_beneficiaries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.beneficiaries_frozen_at IS NOT DISTINCT FROM OLD.beneficiaries_frozen_at THEN
        RETURN NEW;
    END IF;
    IF OLD.beneficiaries_frozen_at IS NOT NULL OR EXISTS (
        SELECT household_id FROM proposals_beneficiary WHERE proposal_id = NEW.id
        EXCEPT SELECT * FROM benefiting_doors(NEW.id)
    ) OR EXISTS (
        SELECT * FROM benefiting_doors(NEW.id)
        EXCEPT SELECT household_id FROM proposals_beneficiary WHERE proposal_id = NEW.id
    ) THEN
        RAISE EXCEPTION 'proposal %: what is frozen is who was listed, and stays', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_list BEFORE UPDATE OF beneficiaries_frozen_at ON proposals_proposal
    FOR EACH ROW EXECUTE FUNCTION refuse_other_beneficiaries();

CREATE OR REPLACE FUNCTION refuse_late_beneficiary() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT beneficiaries_frozen_at FROM proposals_proposal WHERE id = NEW.proposal_id FOR SHARE) IS NOT NULL THEN
        RAISE EXCEPTION 'proposal %: its list of beneficiaries is frozen', NEW.proposal_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER not_after_freezing BEFORE INSERT ON proposals_beneficiary
    FOR EACH ROW EXECUTE FUNCTION refuse_late_beneficiary();

-- A door moves out of no place by which it is listed, as long as the list says places and not yet doors; nor out of the
-- place a project is of, whose doors vote, and choose its group, as often as it comes back to them.
CREATE OR REPLACE FUNCTION refuse_moving_who_benefits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    running text;
BEGIN
    IF NOT EXISTS (SELECT FROM stood JOIN stands USING (id) WHERE stands.place_id <> stood.place_id) THEN
        RETURN NULL;
    END IF;
    PERFORM FROM territory_territory WHERE id IN (
        SELECT stood.place_id FROM stood JOIN stands USING (id) WHERE stands.place_id <> stood.place_id
    ) ORDER BY id FOR UPDATE;
    SELECT string_agg(DISTINCT project.number, '、') INTO running
    FROM (
        SELECT DISTINCT left_place.path AS was, new_place.path AS becomes FROM stood
        JOIN stands ON stands.id = stood.id AND stands.place_id <> stood.place_id
        JOIN territory_territory AS left_place ON left_place.id = stood.place_id
        JOIN territory_territory AS new_place ON new_place.id = stands.place_id
    ) AS moved
    JOIN territory_territory AS listed ON starts_with(moved.was, listed.path) AND NOT starts_with(moved.becomes, listed.path)
    JOIN territory_territory AS own ON starts_with(listed.path, own.path)
    JOIN proposals_proposal AS project ON project.place_id = own.id AND project.due_at IS NOT NULL
    JOIN LATERAL (
        SELECT places FROM proposals_version WHERE proposal_id = project.id ORDER BY number DESC LIMIT 1
    ) AS newest ON listed.id = own.id OR project.beneficiaries_frozen_at IS NULL AND listed.id = ANY (newest.places);
    IF running IS NOT NULL THEN
        RAISE EXCEPTION 'households: % lists the place they stand in', running
            USING ERRCODE = 'check_violation', CONSTRAINT = 'door_of_a_running_project',
                  DETAIL = jsonb_build_object('numbers', running)::text;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER stays_where_it_is_listed AFTER UPDATE ON territory_household
    REFERENCING OLD TABLE AS stood NEW TABLE AS stands
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_moving_who_benefits();
