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

-- Whether the plan that holds has no money in it, as funding.selectors.buys_nothing has it.
CREATE OR REPLACE FUNCTION funding_buys_nothing(project bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT NOT EXISTS (SELECT FROM funding_planline l WHERE l.plan_id = p.id AND l.source <> 'in_kind')
        FROM funding_plan p WHERE p.proposal_id = project ORDER BY p.number DESC LIMIT 1
    ), false)
$$;

-- What is bought is bought by quotes and contract; what is only in kind needs none (domain.md 4).
CREATE OR REPLACE FUNCTION funding_guard_way_of_buying() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.stage IN ('procuring', 'delivering') AND (NEW.stage = 'delivering') <> funding_buys_nothing(NEW.id) THEN
        RAISE EXCEPTION 'proposal %: its plan does not lead to %', NEW.id, NEW.stage
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bought_by_quotes_alone';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER way_of_buying BEFORE UPDATE OF stage ON proposals_proposal FOR EACH ROW
    WHEN (OLD.stage = 'funded' AND NEW.stage <> 'funded') EXECUTE FUNCTION funding_guard_way_of_buying();
