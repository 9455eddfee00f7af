-- An objection from outside is called a remark by the level above whoever posted the notice: it holds the gate no more,
-- and is answered all the same (domain.md 7).

-- Why an objection is no remark to anybody: '' or the code of what stands in the way (minshi.disclosure.rules puts it
-- into words). Of the place is whose door stands there: the one that counts, the one named at the desk, the one two have
-- read on the sheet, or where whoever spoke lived, confirmed, at that moment; wherever they live today. Not known yet is
-- a sheet that nobody has read again, and a home there of that moment which still waits to be confirmed.
-- An objection names no organisation, and no register says which have their seat in a place (it knows who owns a door):
-- only households count as of the place, until there is one.
CREATE OR REPLACE FUNCTION why_no_remark(which bigint) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    said record;
    home record;
BEGIN
    SELECT objection.*, line.id AS sheet, line.settled_at, line.settled, place.path INTO said
      FROM disclosure_objection AS objection
      JOIN disclosure_notice AS notice ON notice.id = objection.notice_id
      JOIN territory_territory AS place ON place.id = notice.place_id
      LEFT JOIN paper_line AS line ON line.id = objection.line_id
     WHERE objection.id = which;
    SELECT bool_or(residence.confirmed_at IS NOT NULL) AS confirmed,
           bool_or(residence.confirmed_at IS NULL AND residence.until IS NULL) AS claimed INTO home
      FROM residents_residence AS residence
      JOIN territory_household AS household ON household.id = residence.household_id
      JOIN territory_territory AS place ON place.id = household.place_id AND starts_with(place.path, said.path)
     WHERE residence.person_id IN (SELECT people_of_objector(said.speaker_id, said.by_id))
       AND residence.since <= said.at AND (residence.until IS NULL OR residence.until > said.at);
    RETURN CASE
        WHEN said.household_id IS NOT NULL OR said.door_id IS NOT NULL OR home.confirmed THEN 'of_the_place'
        WHEN said.sheet IS NOT NULL AND said.settled_at IS NULL OR home.claimed THEN 'unknown'
        WHEN (said.settled->>'objects')::boolean
             AND stands_in_place_of(said.notice_id, (said.settled->>'household')::bigint) THEN 'of_the_place'
        ELSE ''
    END;
END $$;

-- Everybody in the register who is whoever spoke, or who signed in and spoke; one human may have had two accounts.
CREATE OR REPLACE FUNCTION people_of_objector(speaker bigint, account bigint) RETURNS SETOF bigint
LANGUAGE sql STABLE AS $$
    SELECT people_of_one(speaker)
    UNION SELECT person.id FROM accounts_user AS one
        JOIN residents_person AS person ON person.user_id = ANY (one.also || one.id)
        WHERE one.id = human_of(account)
$$;

-- Said by whoever stands above the poster, while nobody has answered; by nobody who posted the notice, or made this
-- objection or wrote it down; and what the second hand does to it, it does once. The objection is shared, so that no
-- answer comes in between.
CREATE OR REPLACE FUNCTION refuse_remark() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said record;
    why text;
BEGIN
    PERFORM 1 FROM disclosure_objection WHERE id = NEW.objection_id FOR SHARE;
    SELECT objection.answered_at, notice.above, ARRAY(
               SELECT human_of(hand) FROM unnest(ARRAY[
                   notice.posted_by_id, objection.by_id, objection.entered_by_id, person.user_id
               ]) AS hand WHERE hand IS NOT NULL
           ) AS hands INTO said
      FROM disclosure_objection AS objection
      JOIN disclosure_notice AS notice ON notice.id = objection.notice_id
      LEFT JOIN residents_person AS person ON person.id = objection.speaker_id
     WHERE objection.id = NEW.objection_id;
    IF TG_OP = 'INSERT' THEN
        NEW.at := minshi_now();
        IF NEW.level <> said.above OR NEW.second_id IS NOT NULL OR NEW.dropped_at IS NOT NULL THEN
            RAISE EXCEPTION 'objection % is not this level''s to call a remark', NEW.objection_id
                USING ERRCODE = 'check_violation';
        END IF;
    ELSIF OLD.second_id IS NOT NULL OR OLD.dropped_at IS NOT NULL THEN
        RAISE EXCEPTION 'remark % is settled', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF said.answered_at IS NOT NULL THEN
        RAISE EXCEPTION 'objection % is answered', NEW.objection_id USING ERRCODE = 'check_violation';
    END IF;
    IF human_of(NEW.by_id) = ANY (said.hands) OR human_of(NEW.second_id) = ANY (said.hands) THEN
        RAISE EXCEPTION 'remark on objection %: somebody who has part in it', NEW.objection_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'remark_by_who_has_part';
    END IF;
    why := CASE WHEN NEW.dropped_at IS NULL THEN why_no_remark(NEW.objection_id) ELSE '' END;
    IF why = 'of_the_place' THEN
        RAISE EXCEPTION 'objection % comes from the place', NEW.objection_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'remark_of_the_place';
    ELSIF why <> '' THEN
        RAISE EXCEPTION 'objection %: % whether it comes from the place', NEW.objection_id, why
            USING ERRCODE = 'check_violation', CONSTRAINT = 'remark_too_early';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER due_remark BEFORE INSERT OR UPDATE ON disclosure_remark
    FOR EACH ROW EXECUTE FUNCTION refuse_remark();
SELECT append_only('disclosure_remark', 'second_id', 'second_as', 'second_at', 'dropped_at');
SELECT guard_humans('disclosure_remark', 'by_id', 'second_id');

CREATE OR REPLACE FUNCTION count_remarks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM recount_objections((SELECT notice_id FROM disclosure_objection WHERE id = NEW.objection_id));
    RETURN NULL;
END $$;
CREATE TRIGGER counted_remark AFTER INSERT OR UPDATE ON disclosure_remark
    FOR EACH ROW EXECUTE FUNCTION count_remarks();
