-- What domain.md 6 and 10.3 forbid, refused whoever writes the row and however. A guard that names a CONSTRAINT
-- has its sentence in funding.rules: what a person reads whose action runs into it.

-- The tier bounds the sources (domain.md 4.7): 1 self-raised, sponsors, in kind; 2 adds the street's subsidy; 3 the district.
CREATE OR REPLACE FUNCTION funding_guard_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    tier_now integer;
BEGIN
    SELECT p.tier INTO tier_now FROM proposals_proposal p JOIN funding_plan f ON f.proposal_id = p.id
        WHERE f.id = NEW.plan_id;
    IF (NEW.source = 'subsidy' AND coalesce(tier_now, 1) < 2) OR (NEW.source = 'district' AND coalesce(tier_now, 1) < 3) THEN
        RAISE EXCEPTION 'plan %: tier % has no money from %', NEW.plan_id, tier_now, NEW.source
            USING ERRCODE = 'check_violation', CONSTRAINT = 'source_of_the_tier';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_line BEFORE INSERT ON funding_planline FOR EACH ROW EXECUTE FUNCTION funding_guard_line();
SELECT append_only('funding_plan');
SELECT append_only('funding_planline');
