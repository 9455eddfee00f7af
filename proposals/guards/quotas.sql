-- How much one person may put forward at a time is the place's rule, and counts for the person named, on every channel:
-- for every account of the human, and for whoever is in no register by the name that stands on paper of that place.
CREATE OR REPLACE FUNCTION name_out_of_register(account bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT person.name FROM residents_person AS person JOIN accounts_user AS login ON login.id = person.user_id
    WHERE login.id = account AND login.phone IS NULL AND NOT login.is_staff AND person.name <> ''
      AND NOT EXISTS (SELECT FROM residents_residence WHERE person_id = person.id)
$$;

-- Two at once of one person come one after the other: the second waits, and then counts the first.
CREATE OR REPLACE FUNCTION wait_for_author(of_what text, author bigint, place bigint) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended(
        of_what || ':' || coalesce(place || ':' || name_out_of_register(author), human_of(author)::text), 0
    ))
$$;

CREATE OR REPLACE FUNCTION refuse_many_proposals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    most int := (policy_in_force('propose.most_open', NEW.place_id))::int;
    named text := name_out_of_register(NEW.proposer_id);
    already int;
BEGIN
    PERFORM wait_for_author('proposals', NEW.proposer_id, NEW.place_id);
    SELECT count(*) INTO already FROM proposals_proposal AS earlier
    WHERE earlier.stage NOT IN (
              'reserved', 'archived', 'declined', 'withdrawn', 'merged', 'not_passed', 'lapsed', 'cancelled'
          )
      AND (earlier.proposer_id IN (SELECT id FROM accounts_user WHERE human_of(NEW.proposer_id) IN (id, joined_to_id))
           OR named IS NOT NULL AND earlier.entered_by_id IS NOT NULL
              AND earlier.place_id = NEW.place_id AND name_out_of_register(earlier.proposer_id) = named);
    IF already >= most THEN
        RAISE EXCEPTION 'account % has % open proposals', NEW.proposer_id, already
            USING ERRCODE = 'check_violation', CONSTRAINT = 'open_proposals_of_one_person',
                  DETAIL = jsonb_build_object('most', most)::text;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER not_too_many BEFORE INSERT ON proposals_proposal FOR EACH ROW EXECUTE FUNCTION refuse_many_proposals();

CREATE OR REPLACE FUNCTION refuse_many_wishes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    most int := (policy_in_force('wish.most', NEW.place_id))::int;
    days int := (policy_in_force('wish.most_days', NEW.place_id))::int;
    named text := name_out_of_register(NEW.by_id);
    already timestamptz[];
BEGIN
    PERFORM wait_for_author('wishes', NEW.by_id, NEW.place_id);
    SELECT array_agg(earlier.at ORDER BY earlier.at DESC) INTO already FROM proposals_wish AS earlier
    WHERE earlier.at > (SELECT minshi_now()) - make_interval(days => days)
      AND (earlier.by_id IN (SELECT id FROM accounts_user WHERE human_of(NEW.by_id) IN (id, joined_to_id))
           OR named IS NOT NULL AND earlier.entered_by_id IS NOT NULL
              AND earlier.place_id = NEW.place_id AND name_out_of_register(earlier.by_id) = named);
    IF coalesce(cardinality(already), 0) >= most THEN
        RAISE EXCEPTION 'account % has made % wishes in % days', NEW.by_id, cardinality(already), days
            USING ERRCODE = 'check_violation', CONSTRAINT = 'wishes_of_one_person',
                  DETAIL = jsonb_build_object(
                      'most', most, 'days', days,
                      'next', coalesce(already[most], minshi_now()) + make_interval(days => days)
                  )::text;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER not_too_many BEFORE INSERT ON proposals_wish FOR EACH ROW EXECUTE FUNCTION refuse_many_wishes();
