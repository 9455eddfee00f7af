-- Whether a door stands where the notice is posted, or beneath it.
CREATE OR REPLACE FUNCTION stands_in_place_of(which bigint, door bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM disclosure_notice AS notice
        JOIN territory_territory AS whole ON whole.id = notice.place_id
        JOIN territory_household AS household ON household.id = door
        JOIN territory_territory AS place ON place.id = household.place_id AND starts_with(place.path, whole.path)
        WHERE notice.id = which
    )
$$;

-- Whose objections count towards reopening: of those that benefit, as they were when the notice was posted; without
-- a list of them every household of its place.
CREATE OR REPLACE FUNCTION counts_for_notice(which bigint, door bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT door = ANY (doors) FROM disclosure_concerned WHERE notice_id = which),
                    stands_in_place_of(which, door))
$$;

-- The list is the notice's from its posting, and as many as it says.
CREATE OR REPLACE FUNCTION refuse_other_list() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT (households, objections_total) FROM disclosure_notice WHERE id = NEW.notice_id)
       IS DISTINCT FROM (cardinality(NEW.doors), 0) THEN
        RAISE EXCEPTION 'notice %: its list is of whom it says, from its posting', NEW.notice_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER concerned_from_posting BEFORE INSERT ON disclosure_concerned
    FOR EACH ROW EXECUTE FUNCTION refuse_other_list();
SELECT append_only('disclosure_concerned');

-- The notice's row is locked first and the clock read after it: nothing comes in behind a gate that has passed.
CREATE OR REPLACE FUNCTION refuse_late_objection() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    notice record;
BEGIN
    SELECT number, posted_at, ends_at, withdrawn_by_id, objections_total INTO notice
      FROM disclosure_notice WHERE id = NEW.notice_id FOR NO KEY UPDATE;
    NEW.at := minshi_now();
    IF NEW.at < notice.posted_at OR NEW.at >= notice.ends_at OR notice.withdrawn_by_id IS NOT NULL THEN
        RAISE EXCEPTION 'the period of notice % does not run', notice.number USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.answered_at IS NOT NULL OR NEW.climbed_at IS NOT NULL THEN
        RAISE EXCEPTION 'a new objection has no answer' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.by_id IS NOT NULL
       AND NEW.speaker_id IS DISTINCT FROM (SELECT id FROM residents_person WHERE user_id = NEW.by_id) THEN
        RAISE EXCEPTION 'online everybody objects as themselves' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.household_id IS NOT NULL AND NOT counts_for_notice(NEW.notice_id, NEW.household_id) THEN
        RAISE EXCEPTION 'household % is none of those that benefit', NEW.household_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.door_id IS NOT NULL AND NOT stands_in_place_of(NEW.notice_id, NEW.door_id) THEN
        RAISE EXCEPTION 'door % is not where the notice is posted', NEW.door_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.by_id IS NOT NULL AND NEW.household_id IS NOT NULL AND NEW.speaker_id IS NULL THEN
        RAISE EXCEPTION 'a household objects through one of its people' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.line_id IS NOT NULL AND (NEW.household_id IS NOT NULL OR NOT EXISTS (
        SELECT FROM paper_line WHERE id = NEW.line_id AND first IS NOT NULL AND second IS NULL AND voided_at IS NULL
           AND correcting_id IS NULL AND signer_id IS NOT DISTINCT FROM NEW.speaker_id
    )) THEN
        RAISE EXCEPTION 'a sheet is read once when it comes in, and its household counts after the second reading'
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM refuse_second_voice(NEW.notice_id, NEW.speaker_id, NEW.household_id, NEW.at, NEW.line_id IS NULL);
    RETURN NEW;
END $$;
-- One person is one voice, and speaks for the household they live in; on paper that was asked when the sheet came in.
CREATE OR REPLACE FUNCTION refuse_second_voice(
    notice bigint, speaker bigint, household bigint, moment timestamptz, asks_home boolean
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    why text;
BEGIN
    IF speaker IS NULL OR household IS NULL THEN
        RETURN;
    END IF;
    IF has_spoken_elsewhere(notice, speaker, household) THEN
        RAISE EXCEPTION 'person % has objected for another household', speaker USING ERRCODE = 'check_violation';
    END IF;
    why := CASE WHEN asks_home THEN why_not_speak(speaker, household, moment, true) ELSE '' END;
    IF why NOT IN ('', 'closed') THEN
        RAISE EXCEPTION 'person % cannot object for household %: %', speaker, household, why
            USING ERRCODE = 'check_violation';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION has_spoken_elsewhere(notice bigint, speaker bigint, household bigint)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM disclosure_objection
        WHERE notice_id = notice AND speaker_id IN (SELECT people_of_one(speaker)) AND household_id <> household
    )
$$;
CREATE TRIGGER timely_objection BEFORE INSERT ON disclosure_objection
    FOR EACH ROW EXECUTE FUNCTION refuse_late_objection();

CREATE OR REPLACE FUNCTION refuse_second_answer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sheet record;
BEGIN
    IF (NEW.household_id, NEW.speaker_id) IS NOT DISTINCT FROM (OLD.household_id, OLD.speaker_id) THEN
        IF OLD.answered_at IS NOT NULL THEN
            RAISE EXCEPTION 'objection % is answered', OLD.id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    -- What two have read on its sheet, and nothing else beside it; also where it was answered before.
    SELECT settled, household_id INTO sheet FROM paper_line WHERE id = OLD.line_id AND settled_at IS NOT NULL;
    IF NOT FOUND OR OLD.household_id IS NOT NULL
       OR NEW.household_id IS NOT NULL
          AND (NOT (sheet.settled->>'objects')::boolean
               OR NEW.household_id IS DISTINCT FROM (sheet.settled->>'household')::bigint)
       OR NEW.speaker_id IS DISTINCT FROM OLD.speaker_id
          AND (NEW.speaker_id IS NOT NULL OR (sheet.settled->>'household')::bigint = sheet.household_id)
       OR (to_jsonb(NEW) - '{household_id,speaker_id}'::text[])
          IS DISTINCT FROM (to_jsonb(OLD) - '{household_id,speaker_id}'::text[]) THEN
        RAISE EXCEPTION 'objection % counts as its sheet was read', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    PERFORM refuse_second_voice(NEW.notice_id, NEW.speaker_id, NEW.household_id, NEW.at, false);
    RETURN NEW;
END $$;
CREATE TRIGGER one_answer BEFORE UPDATE ON disclosure_objection
    FOR EACH ROW EXECUTE FUNCTION refuse_second_answer();
SELECT append_only(
    'disclosure_objection',
    'household_id', 'speaker_id', 'level', 'due_at', 'climbed_at', 'climb_reason', 'answer',
    'outcome', 'answered_at', 'answered_by_id', 'answered_as'
);

-- A notice's objections, those without an answer, the sheets that wait for their second reading, the households
-- that count: of a sheet only the one two have read alike; and of those without an answer what was called a remark.
CREATE OR REPLACE FUNCTION objections_of(notice bigint)
RETURNS TABLE (total bigint, open bigint, unread bigint, households bigint, remarked bigint) LANGUAGE sql STABLE AS $$
    SELECT count(*), count(*) FILTER (WHERE objection.answered_at IS NULL),
           count(*) FILTER (WHERE line.id IS NOT NULL AND line.settled_at IS NULL AND objection.outcome <> 'withdrawn'),
           count(DISTINCT objection.household_id) FILTER (WHERE objection.outcome <> 'withdrawn'),
           count(remark.id) FILTER (WHERE objection.answered_at IS NULL)
    FROM disclosure_objection AS objection LEFT JOIN paper_line AS line ON line.id = objection.line_id
    LEFT JOIN disclosure_remark AS remark ON remark.objection_id = objection.id AND remark.dropped_at IS NULL
         AND (remark.level <> 'above' OR remark.second_id IS NOT NULL)
    WHERE objection.notice_id = notice
$$;

-- The lock in a statement of its own: the count after it then sees what others have committed.
CREATE OR REPLACE FUNCTION recount_objections(which bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM disclosure_notice WHERE id = which FOR NO KEY UPDATE;
    UPDATE disclosure_notice AS notice SET
        objections_total = counted.total,
        objections_open = counted.open,
        objections_unread = counted.unread,
        objecting_households = counted.households,
        objections_remarked = counted.remarked,
        reopened_at = CASE
            WHEN notice.reopened_at IS NULL AND notice.reopen_households > 0
                 AND counted.households >= notice.reopen_households THEN minshi_now()
            ELSE notice.reopened_at END
    FROM objections_of(which) AS counted
    WHERE notice.id = which;
END $$;

CREATE OR REPLACE FUNCTION count_objections() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM recount_objections(NEW.notice_id);
    RETURN NULL;
END $$;
CREATE TRIGGER counted_objection AFTER INSERT OR UPDATE OF answered_at, household_id ON disclosure_objection
    FOR EACH ROW EXECUTE FUNCTION count_objections();

-- What two have read alike takes effect with the reading itself: the door that stands on the sheet counts, if it
-- benefits and its signer has not objected for another. Read as another door than was registered,
-- the signer who was registered with that one is nobody's. Nothing here is taken back or put right: whoever says
-- otherwise objects again.
CREATE OR REPLACE FUNCTION settle_objection() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    objection record;
    door bigint;
    voice bigint;
BEGIN
    SELECT id, notice_id, speaker_id INTO objection FROM disclosure_objection WHERE line_id = NEW.id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF NEW.voided_at IS NOT NULL OR NEW.corrected_at IS NOT NULL THEN
        RAISE EXCEPTION 'the sheet of objection % is read, not taken back', objection.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.settled_at IS NULL OR OLD.settled_at IS NOT NULL THEN
        RETURN NULL;
    END IF;
    PERFORM 1 FROM disclosure_notice WHERE id = objection.notice_id FOR NO KEY UPDATE;
    SELECT household.id INTO door
      FROM territory_household AS household
     WHERE (NEW.settled->>'objects')::boolean AND household.id = (NEW.settled->>'household')::bigint
       AND counts_for_notice(objection.notice_id, household.id);
    voice := CASE WHEN (NEW.settled->>'household')::bigint = NEW.household_id THEN objection.speaker_id END;
    IF has_spoken_elsewhere(objection.notice_id, voice, door) THEN
        door := NULL;
    END IF;
    IF door IS NOT NULL OR voice IS DISTINCT FROM objection.speaker_id THEN
        UPDATE disclosure_objection SET household_id = door, speaker_id = voice WHERE id = objection.id;
    END IF;
    PERFORM recount_objections(objection.notice_id);
    RETURN NULL;
END $$;
CREATE TRIGGER settled_objection AFTER UPDATE ON paper_line
    FOR EACH ROW EXECUTE FUNCTION settle_objection();
-- Of one human one is open at a time, as of one person.
SELECT guard_single_voice('disclosure_objection', 'notice_id', 'speaker_id', '', 'earlier.answered_at IS NULL');
CREATE TRIGGER two_humans BEFORE UPDATE ON disclosure_objection FOR EACH ROW WHEN (NEW.outcome <> 'withdrawn')
    EXECUTE FUNCTION refuse_one_human('answered_by_id', 'by_id');
