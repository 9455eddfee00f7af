-- domain.md 4: whatever ends a project that a holder took on goes through its ending, and leaves nothing behind.
CREATE OR REPLACE FUNCTION funding_refuse_other_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.stage = OLD.stage
       OR NEW.stage NOT IN ('declined', 'withdrawn', 'merged', 'not_passed', 'lapsed', 'cancelled', 'reserved', 'archived')
       OR NOT EXISTS (SELECT FROM funding_purse WHERE proposal_id = NEW.id) THEN
        RETURN NEW;
    END IF;
    IF NEW.stage <> 'archived' AND NOT (OLD.stage = 'ending' AND EXISTS (
        SELECT FROM funding_ending WHERE proposal_id = NEW.id AND stage = 'closed' AND outcome = NEW.stage
    )) THEN
        RAISE EXCEPTION 'proposal %: it ends through its ending', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ends_through_its_ending';
    END IF;
    IF (SELECT a.balance_fen FROM funding_purse u JOIN ledger_account a ON a.id = u.account_id
        WHERE u.proposal_id = NEW.id) <> 0
       OR EXISTS (SELECT FROM funding_refund WHERE proposal_id = NEW.id AND returned_at IS NULL AND annulled_at IS NULL)
       OR EXISTS (SELECT FROM funding_payment p JOIN funding_contract c ON c.id = p.contract_id
                  WHERE c.proposal_id = NEW.id AND p.stage IN ('asked', 'approved'))
       OR EXISTS (SELECT FROM funding_contribution WHERE proposal_id = NEW.id AND stage = 'recorded')
       OR NEW.stage <> 'archived' AND (
           EXISTS (SELECT FROM funding_claim WHERE proposal_id = NEW.id AND closed_at IS NULL)
           OR EXISTS (SELECT FROM funding_contract WHERE proposal_id = NEW.id AND ended_at IS NULL)
           OR EXISTS (SELECT FROM funding_pledge WHERE proposal_id = NEW.id AND withdrawn_at IS NULL)
           OR EXISTS (SELECT FROM funding_grant WHERE proposal_id = NEW.id
                      AND stage IN ('asked', 'incomplete', 'examined', 'cleared', 'approved'))) THEN
        RAISE EXCEPTION 'proposal %: money, a contract or a promise is left', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'nothing_is_left_behind';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ends_with_nothing_left BEFORE UPDATE OF stage ON proposals_proposal
    FOR EACH ROW EXECUTE FUNCTION funding_refuse_other_end();

-- While a project ends, what is paid is what two people found to be owed for accepted work, and nothing else.
CREATE OR REPLACE FUNCTION funding_guard_ending_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    part text := (SELECT kind FROM funding_milestone WHERE id = NEW.milestone_id);
    owed record;
BEGIN
    -- What had been paid and the bank sent back is owed as it was.
    IF NEW.stage IN ('refused', 'reversed')
       OR EXISTS (SELECT FROM funding_payment WHERE milestone_id = NEW.milestone_id AND stage = 'reversed') THEN
        RETURN NEW;
    END IF;
    SELECT p.stage AS project, e.stage, e.work_fen, e.contract_id INTO owed
        FROM funding_contract c JOIN proposals_proposal p ON p.id = c.proposal_id
            LEFT JOIN funding_ending e ON e.proposal_id = p.id AND e.stage IN ('counting', 'paying', 'returning')
        WHERE c.id = NEW.contract_id;
    IF part = 'ending' OR owed.project = 'ending' THEN
        IF part <> 'ending' OR owed.stage IS DISTINCT FROM 'paying' OR owed.contract_id <> NEW.contract_id
           OR owed.work_fen < NEW.amount_fen + (SELECT coalesce(sum(amount_fen), 0) FROM funding_payment
               WHERE contract_id = NEW.contract_id AND stage = 'paid' AND id IS DISTINCT FROM NEW.id) THEN
            RAISE EXCEPTION 'payment: not what the ending of contract % found to be owed', NEW.contract_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ending_pays_what_is_owed';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_ending_payment BEFORE INSERT OR UPDATE ON funding_payment
    FOR EACH ROW EXECUTE FUNCTION funding_guard_ending_payment();

SELECT guard_stage('funding_ending', 'funding.ending');
SELECT append_only('funding_ending', 'stage', 'stage_since', 'due_at', 'confirmed_by_id', 'contract_id', 'work_fen', 'work');
