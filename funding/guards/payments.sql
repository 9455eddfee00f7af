-- What is still owed to suppliers, as funding.selectors.unpaid_parts has it: of the contract that runs what is neither
-- paid nor given up by two, but not the retained part once it was refused; of an earlier one what the bank sent back.
CREATE OR REPLACE FUNCTION funding_owed_fen(project bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(m.amount_fen), 0)::bigint FROM funding_milestone m
        JOIN funding_contract c ON c.id = m.contract_id LEFT JOIN funding_hold h ON h.contract_id = c.id
    WHERE c.proposal_id = project
      AND NOT EXISTS (SELECT FROM funding_payment p WHERE p.milestone_id = m.id AND p.stage = 'paid')
      AND NOT EXISTS (SELECT FROM funding_waiver w WHERE w.milestone_id = m.id AND w.confirmed_at IS NOT NULL)
      AND (c.ended_at IS NULL AND NOT (m.kind = 'retention' AND h.stage IS NOT DISTINCT FROM 'refused')
           OR EXISTS (SELECT FROM funding_payment p WHERE p.milestone_id = m.id AND p.stage = 'reversed'))
$$;

-- Of that what contracts other than this one have still to get: the bank sent it back after they had ended.
CREATE OR REPLACE FUNCTION funding_owed_before_fen(project bigint, running bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(m.amount_fen), 0)::bigint FROM funding_milestone m JOIN funding_contract c ON c.id = m.contract_id
    WHERE c.proposal_id = project AND c.id IS DISTINCT FROM running AND c.ended_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM funding_payment p WHERE p.milestone_id = m.id AND p.stage = 'paid')
      AND NOT EXISTS (SELECT FROM funding_waiver w WHERE w.milestone_id = m.id AND w.confirmed_at IS NOT NULL)
      AND EXISTS (SELECT FROM funding_payment p WHERE p.milestone_id = m.id AND p.stage = 'reversed')
$$;

CREATE OR REPLACE FUNCTION funding_guard_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    signed record;
    part record;
    accepted record;
    together bigint;
    sent_back boolean;
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
    IF EXISTS (SELECT FROM funding_waiver WHERE milestone_id = NEW.milestone_id AND annulled_at IS NULL) THEN
        RAISE EXCEPTION 'payment: milestone % was given up', NEW.milestone_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_of_what_was_waived';
    END IF;
    sent_back := EXISTS (SELECT FROM funding_payment WHERE milestone_id = NEW.milestone_id AND stage = 'reversed');
    IF NOT sent_back AND (signed.ended_at IS NOT NULL OR signed.stage = 'cancelled') THEN
        RAISE EXCEPTION 'contract % has ended', signed.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_on_running_contract';
    END IF;
    SELECT coalesce(sum(amount_fen), 0) INTO together FROM funding_payment
        WHERE contract_id = NEW.contract_id AND stage NOT IN ('refused', 'reversed') AND id IS DISTINCT FROM NEW.id;
    IF together + NEW.amount_fen > signed.price_fen THEN
        RAISE EXCEPTION 'payment: beyond the price of contract %', signed.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_within_price';
    END IF;
    IF human_of(signed.proposer_id) IN (human_of(NEW.asked_by_id), human_of(NEW.approved_by_id), human_of(NEW.paid_by_id)) THEN
        RAISE EXCEPTION 'payment: the proposer has no hand in it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'proposer_handles_no_payment';
    END IF;
    IF EXISTS (
        SELECT FROM funding_panelist s JOIN residents_person r ON r.id = s.person_id
            JOIN funding_acceptance a ON a.id = s.acceptance_id
        WHERE a.proposal_id = signed.proposal_id
          AND human_of(r.user_id) IN (human_of(NEW.approved_by_id), human_of(NEW.paid_by_id))
    ) THEN
        RAISE EXCEPTION 'payment: who accepted neither approves nor pays'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'panelist_handles_no_payment';
    END IF;
    IF EXISTS (SELECT FROM funding_claim WHERE proposal_id = signed.proposal_id AND closed_at IS NULL AND short_fen > 0) THEN
        RAISE EXCEPTION 'payment: the purse is short of what was reversed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_waits_for_claim';
    END IF;
    IF sent_back THEN
        RETURN NEW;
    ELSIF part.kind = 'acceptance' THEN
        SELECT passed, notice_id INTO accepted FROM funding_acceptance WHERE contract_id = NEW.contract_id
            ORDER BY round DESC LIMIT 1;
        -- While the work is mended or looked at anew, an acceptance of before is none (domain.md 4).
        IF signed.stage IN ('delivering', 'accepting') OR accepted.passed IS NOT TRUE OR NOT notice_passed(funding_notice_in_force(accepted.notice_id)) THEN
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
