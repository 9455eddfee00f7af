SELECT append_only('funding_logentry');
SELECT append_only('funding_logphoto');

CREATE OR REPLACE FUNCTION funding_guard_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM funding_contract c JOIN proposals_proposal p ON p.id = c.proposal_id
               WHERE c.id = NEW.contract_id AND p.proposer_id IN (NEW.decided_by_id)) THEN
        RAISE EXCEPTION 'change %: the proposer decides on nothing here', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'proposer_decides_no_change';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_change BEFORE INSERT OR UPDATE ON funding_change
    FOR EACH ROW EXECUTE FUNCTION funding_guard_change();
SELECT guard_stage('funding_change', 'funding.change');
SELECT append_only('funding_change', 'stage', 'stage_since', 'due_at', 'decided_by_id', 'notice_id');
