SELECT append_only('proposals_cosign');
SELECT append_only('proposals_beneficiary');

-- A signature on a screen is an adult's of the door, or comes along with a proposal that was merged; one on paper is
-- whose its sheet names.
CREATE OR REPLACE FUNCTION refuse_foreign_cosign() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    why text;
BEGIN
    IF NEW.channel = 'online' AND NOT EXISTS (
        SELECT FROM proposals_cosign AS earlier JOIN proposals_proposal AS merged ON merged.id = earlier.proposal_id
        WHERE merged.merged_into_id = NEW.proposal_id
          AND (earlier.household_id, earlier.speaker_id) = (NEW.household_id, NEW.speaker_id)
    ) THEN
        why := why_not_speak(NEW.speaker_id, NEW.household_id, minshi_now(), true);
        IF why IS DISTINCT FROM '' THEN
            RAISE EXCEPTION 'household %: person % may not speak for it: %', NEW.household_id, NEW.speaker_id, why
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rightful_cosign BEFORE INSERT ON proposals_cosign
    FOR EACH ROW EXECUTE FUNCTION refuse_foreign_cosign();
