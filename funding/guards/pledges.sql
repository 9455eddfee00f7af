-- No fundraising from the public (慈善法): only households that benefit promise and give. A giver is a residence.
CREATE OR REPLACE FUNCTION funding_guard_giver() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.giver_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM proposals_beneficiary AS benefits JOIN residents_residence AS giver
            ON giver.household_id = benefits.household_id
        WHERE benefits.proposal_id = NEW.proposal_id AND giver.id = NEW.giver_id
    ) THEN
        RAISE EXCEPTION 'residence % does not benefit from %', NEW.giver_id, NEW.proposal_id
            USING ERRCODE = 'check_violation', HINT = '只接受受益住户的自愿出资';
    END IF;
    RETURN NEW;
END $$;
-- Whose word it is: an adult of the door, and the giver is where they live.
CREATE OR REPLACE FUNCTION funding_guard_pledge() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    why text;
BEGIN
    IF NEW.household_id IS DISTINCT FROM (SELECT household_id FROM residents_residence WHERE id = NEW.giver_id) THEN
        RAISE EXCEPTION 'a pledge is of its giver''s door' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT NEW.on_paper THEN
        why := why_not_speak(NEW.speaker_id, NEW.household_id, minshi_now(), true);
        IF why IS DISTINCT FROM '' THEN
            RAISE EXCEPTION 'household %: person % may not speak for it: %', NEW.household_id, NEW.speaker_id, why
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_pledge BEFORE INSERT ON funding_pledge FOR EACH ROW EXECUTE FUNCTION funding_guard_pledge();
CREATE TRIGGER guard_giver BEFORE INSERT ON funding_pledge FOR EACH ROW EXECUTE FUNCTION funding_guard_giver();
CREATE TRIGGER guard_giver BEFORE INSERT ON funding_contribution FOR EACH ROW EXECUTE FUNCTION funding_guard_giver();
SELECT guard_stage('funding_contribution', 'funding.contribution');

SELECT append_only('funding_pledge', 'withdrawn_at', 'withdrawn_by_id', 'publishes_name', 'name_public');
SELECT append_only('funding_sponsor', 'publishes_name', 'name_public', 'contact');
SELECT append_only('funding_contribution', 'stage', 'stage_since', 'confirmed_by_id', 'name_public');
SELECT append_only('funding_inkind', 'confirmed_by_id', 'confirmed_at', 'name_public');
