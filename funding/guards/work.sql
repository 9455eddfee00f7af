SELECT append_only('funding_logentry');
SELECT append_only('funding_logphoto', 'withheld_at', 'withheld_by_id', 'withheld_why', 'digest');

CREATE OR REPLACE FUNCTION funding_guard_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM funding_contract c JOIN proposals_proposal p ON p.id = c.proposal_id
               WHERE c.id = NEW.contract_id AND human_of(p.proposer_id) = human_of(NEW.decided_by_id)) THEN
        RAISE EXCEPTION 'change %: the proposer decides on nothing here', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'proposer_decides_no_change';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_change BEFORE INSERT OR UPDATE ON funding_change
    FOR EACH ROW EXECUTE FUNCTION funding_guard_change();
SELECT guard_stage('funding_change', 'funding.change');
SELECT append_only('funding_change', 'stage', 'stage_since', 'due_at', 'decided_by_id', 'notice_id');

-- What the plan that holds expects in work, goods and venues, in fen.
CREATE OR REPLACE FUNCTION funding_planned_in_kind(project bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(l.amount_fen), 0)::bigint FROM funding_planline l
    WHERE l.source = 'in_kind'
      AND l.plan_id = (SELECT id FROM funding_plan WHERE proposal_id = project ORDER BY number DESC LIMIT 1)
$$;

-- Beyond the share the place allows, or of another content; else it is a change. Decided by somebody else. Where nothing
-- was bought, beyond what the plan expects in kind.
CREATE OR REPLACE FUNCTION funding_guard_plan_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    signed record;
BEGIN
    IF NEW.contract_id IS NULL THEN
        SELECT funding_planned_in_kind(p.id) AS first_price_fen, p.id AS proposal_id, p.proposer_id INTO signed
            FROM proposals_proposal p WHERE p.id = NEW.proposal_id;
    ELSE
        SELECT c.first_price_fen, c.proposal_id, p.proposer_id INTO signed
            FROM funding_contract c JOIN proposals_proposal p ON p.id = c.proposal_id WHERE c.id = NEW.contract_id;
    END IF;
    IF TG_OP = 'INSERT' AND NOT NEW.changes_content AND NOT is_beyond(
        abs(NEW.new_price_fen - signed.first_price_fen), pinned_term(signed.proposal_id, 'change.share'),
        signed.first_price_fen
    ) THEN
        RAISE EXCEPTION 'contract %: % is within the share of a change', NEW.contract_id, NEW.new_price_fen
            USING ERRCODE = 'check_violation', CONSTRAINT = 'plan_change_is_beyond_the_share';
    END IF;
    -- Of its project's contract; of none only where nothing was bought (domain.md 4).
    IF TG_OP = 'INSERT' AND (NEW.proposal_id IS DISTINCT FROM signed.proposal_id
        OR NEW.contract_id IS NULL AND NOT funding_buys_nothing(NEW.proposal_id)) THEN
        RAISE EXCEPTION 'plan change: of no contract of project %', NEW.proposal_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'plan_change_of_its_contract';
    END IF;
    IF human_of(NEW.confirmed_by_id) = human_of(signed.proposer_id) THEN
        RAISE EXCEPTION 'plan change %: the proposer decides on nothing here', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'proposer_decides_no_change';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.confirmed_at IS NOT NULL OR OLD.dropped_at IS NOT NULL) THEN
        RAISE EXCEPTION 'plan change %: decided once', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_plan_change BEFORE INSERT OR UPDATE ON funding_planchange
    FOR EACH ROW EXECUTE FUNCTION funding_guard_plan_change();
SELECT append_only('funding_planchange', 'confirmed_by_id', 'confirmed_at', 'dropped_by_id', 'dropped_at');
CREATE TRIGGER withheld BEFORE UPDATE OR DELETE ON funding_logphoto FOR EACH ROW
    WHEN (OLD.withheld_at IS NOT NULL) EXECUTE FUNCTION refuse_withheld();
