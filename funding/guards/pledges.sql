-- No fundraising from the public (慈善法): only households that benefit promise and give.
CREATE OR REPLACE FUNCTION funding_guard_giver() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.household_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM proposals_beneficiary WHERE proposal_id = NEW.proposal_id AND household_id = NEW.household_id
    ) THEN
        RAISE EXCEPTION 'household % does not benefit from %', NEW.household_id, NEW.proposal_id
            USING ERRCODE = 'check_violation', HINT = '只接受受益住户的自愿出资';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_giver BEFORE INSERT ON funding_pledge FOR EACH ROW EXECUTE FUNCTION funding_guard_giver();
CREATE TRIGGER guard_giver BEFORE INSERT ON funding_contribution FOR EACH ROW EXECUTE FUNCTION funding_guard_giver();
SELECT guard_stage('funding_contribution', 'funding.contribution');

SELECT append_only('funding_pledge', 'withdrawn_at', 'withdrawn_by_id', 'publishes_name', 'name_public');
SELECT append_only('funding_sponsor', 'publishes_name', 'name_public', 'contact');
SELECT append_only('funding_contribution', 'stage', 'stage_since', 'confirmed_by_id', 'name_public');
SELECT append_only('funding_inkind', 'confirmed_by_id', 'confirmed_at', 'name_public');
