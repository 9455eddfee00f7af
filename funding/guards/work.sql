SELECT append_only('funding_logentry');
SELECT append_only('funding_logphoto');

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

-- Beyond the share the place allows, or of another content; else it is a change. Decided by somebody else.
CREATE OR REPLACE FUNCTION funding_guard_plan_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    signed record;
BEGIN
    SELECT c.first_price_fen, c.proposal_id, p.proposer_id INTO signed
        FROM funding_contract c JOIN proposals_proposal p ON p.id = c.proposal_id WHERE c.id = NEW.contract_id;
    IF TG_OP = 'INSERT' AND NOT NEW.changes_content AND NOT is_beyond(
        abs(NEW.new_price_fen - signed.first_price_fen), pinned_term(signed.proposal_id, 'change.share'),
        signed.first_price_fen
    ) THEN
        RAISE EXCEPTION 'contract %: % is within the share of a change', NEW.contract_id, NEW.new_price_fen
            USING ERRCODE = 'check_violation', CONSTRAINT = 'plan_change_is_beyond_the_share';
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
