CREATE OR REPLACE FUNCTION funding_guard_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    signed record;
    part record;
    accepted record;
    together bigint;
BEGIN
    IF NEW.stage IN ('refused', 'reversed') THEN
        RETURN NEW;
    END IF;
    SELECT c.id, c.price_fen, c.ended_at, c.proposal_id, p.proposer_id, p.stage INTO signed
        FROM funding_contract c JOIN proposals_proposal p ON p.id = c.proposal_id
        WHERE c.id = NEW.contract_id FOR NO KEY UPDATE OF c;
    SELECT contract_id, kind, amount_fen INTO part FROM funding_milestone WHERE id = NEW.milestone_id;
    IF part.contract_id <> NEW.contract_id OR part.amount_fen <> NEW.amount_fen THEN
        RAISE EXCEPTION 'payment: not what milestone % says', NEW.milestone_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_of_its_milestone';
    END IF;
    IF signed.ended_at IS NOT NULL OR signed.stage = 'cancelled' THEN
        RAISE EXCEPTION 'contract % has ended', signed.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_on_running_contract';
    END IF;
    SELECT coalesce(sum(amount_fen), 0) INTO together FROM funding_payment
        WHERE contract_id = NEW.contract_id AND stage NOT IN ('refused', 'reversed') AND id IS DISTINCT FROM NEW.id;
    IF together + NEW.amount_fen > signed.price_fen THEN
        RAISE EXCEPTION 'payment: beyond the price of contract %', signed.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_within_price';
    END IF;
    IF signed.proposer_id IN (NEW.asked_by_id, NEW.approved_by_id, NEW.paid_by_id) THEN
        RAISE EXCEPTION 'payment: the proposer has no hand in it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'proposer_handles_no_payment';
    END IF;
    IF EXISTS (
        SELECT FROM funding_panelist s JOIN residents_person r ON r.id = s.person_id
            JOIN funding_acceptance a ON a.id = s.acceptance_id JOIN funding_contract c ON c.id = a.contract_id
        WHERE c.proposal_id = signed.proposal_id AND r.user_id IN (NEW.approved_by_id, NEW.paid_by_id)
    ) THEN
        RAISE EXCEPTION 'payment: who accepted neither approves nor pays'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'panelist_handles_no_payment';
    END IF;
    IF EXISTS (SELECT FROM funding_claim WHERE proposal_id = signed.proposal_id AND closed_at IS NULL AND short_fen > 0) THEN
        RAISE EXCEPTION 'payment: the purse is short of what was reversed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_waits_for_claim';
    END IF;
    IF part.kind = 'acceptance' THEN
        SELECT passed, notice_id INTO accepted FROM funding_acceptance WHERE contract_id = NEW.contract_id
            ORDER BY round DESC LIMIT 1;
        IF accepted.passed IS NOT TRUE OR NOT notice_passed(funding_notice_in_force(accepted.notice_id)) THEN
            RAISE EXCEPTION 'payment: not accepted, or its notice still runs'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_after_acceptance';
        END IF;
    ELSIF part.kind = 'retention'
          AND NOT EXISTS (SELECT FROM funding_hold WHERE contract_id = NEW.contract_id AND stage = 'released') THEN
        RAISE EXCEPTION 'payment: the retention of contract % is on hold', NEW.contract_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'retention_after_rating';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_payment BEFORE INSERT OR UPDATE ON funding_payment
    FOR EACH ROW EXECUTE FUNCTION funding_guard_payment();
SELECT guard_stage('funding_payment', 'funding.payment');
SELECT append_only('funding_payment', 'stage', 'stage_since', 'due_at', 'approved_by_id', 'paid_by_id', 'voucher',
                   'reversed_by_id');
