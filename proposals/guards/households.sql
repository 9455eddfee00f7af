SELECT append_only('proposals_cosign', 'is_void');
SELECT append_only('proposals_beneficiary');

-- A signature on a screen is an adult's of the door, made before the end; one on paper is of the door and signer its
-- line names, on a sheet registered before the end; the door is one that benefits. Either may come along with a proposal
-- that was merged: as a copy that names what it was copied from, and stands as long as that one does and is merged.
CREATE OR REPLACE FUNCTION still_carried(origin bigint, project bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT NOT given.is_void AND source.merged_into_id = project
        FROM proposals_cosign AS given JOIN proposals_proposal AS source ON source.id = given.proposal_id
        WHERE given.id = origin
    ), false)
$$;

CREATE OR REPLACE FUNCTION refuse_foreign_cosign() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    why text;
    paper record;
    proposal record;
    made timestamptz := minshi_now();
BEGIN
    IF NEW.line_id IS NOT NULL THEN
        SELECT line.household_id, line.signer_id, line.first, sheet.registered_at,
            line.voided_at IS NOT NULL OR line.settled IS NOT DISTINCT FROM '{"signed": false}'::jsonb AS is_unsigned
        INTO paper FROM paper_line AS line JOIN paper_sheet AS sheet ON sheet.id = line.sheet_id WHERE line.id = NEW.line_id;
        IF (NEW.household_id, NEW.speaker_id) IS DISTINCT FROM (paper.household_id, paper.signer_id)
           OR paper.first IS NULL OR paper.is_unsigned OR NEW.is_void THEN
            RAISE EXCEPTION 'a signature on paper is what its line says' USING ERRCODE = 'check_violation';
        END IF;
        made := paper.registered_at;
    END IF;
    IF NEW.carried_from_id IS NOT NULL THEN
        IF NOT still_carried(NEW.carried_from_id, NEW.proposal_id) OR NOT EXISTS (
            SELECT FROM proposals_cosign AS earlier
            WHERE earlier.id = NEW.carried_from_id AND earlier.household_id = NEW.household_id
              AND (earlier.speaker_id, earlier.line_id) IS NOT DISTINCT FROM (NEW.speaker_id, NEW.line_id)
        ) THEN
            RAISE EXCEPTION 'a signature comes along only from a proposal that is merged, as it stands there'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    SELECT stage, due_at INTO proposal FROM proposals_proposal WHERE id = NEW.proposal_id FOR SHARE;
    IF NEW.line_id IS NULL THEN
        why := why_not_speak(NEW.speaker_id, NEW.household_id, minshi_now(), true);
        IF why IS DISTINCT FROM '' THEN
            RAISE EXCEPTION 'household %: person % may not speak for it: %', NEW.household_id, NEW.speaker_id, why
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF NOT benefits(NEW.proposal_id, NEW.household_id) THEN
        RAISE EXCEPTION 'household % does not benefit from proposal %', NEW.household_id, NEW.proposal_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF proposal.stage = 'cosigning' AND made >= proposal.due_at THEN
        RAISE EXCEPTION 'a signature comes before the end' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rightful_cosign BEFORE INSERT ON proposals_cosign
    FOR EACH ROW EXECUTE FUNCTION refuse_foreign_cosign();

-- A door is free again exactly where two did not find its signature on the sheet, and where what came along with a
-- merged proposal went back with it.
CREATE OR REPLACE FUNCTION refuse_untrue_void() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.is_void IS DISTINCT FROM (coalesce(
        (SELECT voided_at IS NOT NULL OR settled IS NOT DISTINCT FROM '{"signed": false}'::jsonb
         FROM paper_line WHERE id = NEW.line_id), false)
       OR NEW.carried_from_id IS NOT NULL AND NOT still_carried(NEW.carried_from_id, NEW.proposal_id)) THEN
        RAISE EXCEPTION 'cosign % stands as its line was read', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER void_as_read BEFORE UPDATE ON proposals_cosign FOR EACH ROW EXECUTE FUNCTION refuse_untrue_void();

CREATE OR REPLACE FUNCTION free_unsigned_door() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE proposals_cosign SET is_void = true WHERE line_id = NEW.id AND NOT is_void;
    RETURN NULL;
END $$;
-- Who came along goes back when the two are parted again: nobody supports by one signature what they did not sign.
CREATE OR REPLACE FUNCTION part_signatures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE proposals_cosign SET is_void = true
    WHERE proposal_id = OLD.merged_into_id AND NOT is_void
      AND carried_from_id IN (SELECT id FROM proposals_cosign WHERE proposal_id = NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER part_signatures AFTER UPDATE OF merged_into_id ON proposals_proposal FOR EACH ROW
    WHEN (OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id) EXECUTE FUNCTION part_signatures();

CREATE OR REPLACE FUNCTION part_copies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE proposals_cosign SET is_void = true WHERE carried_from_id = NEW.id AND NOT is_void;
    RETURN NULL;
END $$;
CREATE TRIGGER part_copies AFTER UPDATE OF is_void ON proposals_cosign FOR EACH ROW
    WHEN (NEW.is_void AND NOT OLD.is_void) EXECUTE FUNCTION part_copies();

-- Nobody alone takes back what they registered, and nobody once the signatures have had their effect.
CREATE OR REPLACE FUNCTION refuse_lonely_void() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM proposals_cosign WHERE line_id = NEW.id) THEN
        RETURN NULL;
    END IF;
    IF human_of(NEW.voided_by_id) = (SELECT human_of(registered_by_id) FROM paper_sheet WHERE id = NEW.sheet_id) THEN
        RAISE EXCEPTION 'line % of a signed list is voided by another person', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (
        SELECT FROM proposals_cosign AS given JOIN proposals_proposal AS p ON p.id = given.proposal_id
        WHERE given.line_id = NEW.id AND p.stage IN ('submitted', 'cosigning', 'cosigned')
          AND NOT EXISTS (
            SELECT FROM lifecycle_steprecord
            WHERE subject_type = 'proposals.proposal' AND subject_id = p.id AND verb = 'open_vote'
          )
    ) THEN
        RAISE EXCEPTION 'line %: its signature has had its effect', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER lonely_void AFTER UPDATE ON paper_line FOR EACH ROW
    WHEN (NEW.voided_at IS NOT NULL) EXECUTE FUNCTION refuse_lonely_void();

CREATE TRIGGER free_unsigned_door AFTER UPDATE ON paper_line FOR EACH ROW
    WHEN (NEW.voided_at IS NOT NULL OR NEW.settled IS NOT DISTINCT FROM '{"signed": false}'::jsonb)
    EXECUTE FUNCTION free_unsigned_door();

-- How many households benefit is counted when co-signing begins and stays so: nobody types what a signature is counted
-- against, and who moves in or is struck off meanwhile moves no threshold.
CREATE OR REPLACE FUNCTION pin_households() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Nor does it move where signatures that were enough are gathered on.
    IF NEW.stage <> 'cosigning' OR OLD.stage IN ('cosigning', 'cosigned') THEN
        NEW.pinned_households := OLD.pinned_households;
    ELSE
        NEW.pinned_households := (SELECT count(*) FROM benefiting_doors(NEW.id));
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pinned_households BEFORE UPDATE OF stage, pinned_households ON proposals_proposal
    FOR EACH ROW EXECUTE FUNCTION pin_households();

SELECT guard_single_voice('proposals_cosign', 'proposal_id', 'speaker_id', 'household_id', 'NOT earlier.is_void');
