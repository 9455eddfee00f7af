-- Nobody gets back more than they gave (domain.md 6): what has been paid out to a giver and stands, with this, stays
-- within their contributions that stand and what they have paid of a claim.
CREATE OR REPLACE FUNCTION funding_given(project bigint, of_giver bigint, of_sponsor bigint) RETURNS bigint
    LANGUAGE sql STABLE AS $$
    SELECT (SELECT coalesce(sum(amount_fen), 0) FROM funding_contribution
            WHERE proposal_id = project AND stage = 'confirmed'
              AND giver_id IS NOT DISTINCT FROM of_giver AND sponsor_id IS NOT DISTINCT FROM of_sponsor)
         + (SELECT coalesce(sum(amount_fen - got_fen), 0) FROM funding_claim
            WHERE proposal_id = project AND how = 'returned' AND closed_at IS NOT NULL
              AND giver_id IS NOT DISTINCT FROM of_giver AND sponsor_id IS NOT DISTINCT FROM of_sponsor)
$$;

-- What a giver got back and claims have named already, open or not, is no longer theirs.
CREATE OR REPLACE FUNCTION funding_got(project bigint, of_giver bigint, of_sponsor bigint) RETURNS bigint
    LANGUAGE sql STABLE AS $$
    SELECT (SELECT coalesce(sum(amount_fen), 0) FROM funding_refund
            WHERE proposal_id = project AND annulled_at IS NULL AND paid_at IS NOT NULL
              AND giver_id IS NOT DISTINCT FROM of_giver AND sponsor_id IS NOT DISTINCT FROM of_sponsor)
         - (SELECT coalesce(sum(got_fen), 0) FROM funding_claim
            WHERE proposal_id = project
              AND giver_id IS NOT DISTINCT FROM of_giver AND sponsor_id IS NOT DISTINCT FROM of_sponsor)
$$;

CREATE OR REPLACE FUNCTION funding_guard_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.annulled_at IS NOT NULL THEN
        RAISE EXCEPTION 'refund %: annulled for good', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_stays_annulled';
    END IF;
    IF NEW.annulled_at IS NOT NULL OR NEW.grant_id IS NOT NULL OR NEW.paid_at IS NULL THEN
        RETURN NULL;
    END IF;
    IF funding_got(NEW.proposal_id, NEW.giver_id, NEW.sponsor_id)
       > funding_given(NEW.proposal_id, NEW.giver_id, NEW.sponsor_id) THEN
        RAISE EXCEPTION 'refund %: more than was given', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_within_given';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER guard_refund AFTER INSERT OR UPDATE ON funding_refund
    FOR EACH ROW EXECUTE FUNCTION funding_guard_refund();

-- What is left goes back only when nothing is asked, approved or owed any more (domain.md 4). Where a refund of before
-- was annulled it is ordered anew, and what a supplier is owed meanwhile stays in the purse: see below.
CREATE OR REPLACE FUNCTION funding_guard_surplus() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM funding_refund WHERE proposal_id = NEW.proposal_id AND annulled_at IS NOT NULL) THEN
        RETURN NEW;
    END IF;
    IF EXISTS (
        SELECT FROM funding_payment p JOIN funding_contract c ON c.id = p.contract_id
        WHERE c.proposal_id = NEW.proposal_id AND p.stage IN ('asked', 'approved')
    ) OR funding_owed_fen(NEW.proposal_id) > 0 THEN
        RAISE EXCEPTION 'project %: suppliers are owed', NEW.proposal_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'surplus_after_payments';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_surplus BEFORE INSERT ON funding_refund FOR EACH ROW
    WHEN (NEW.why = 'surplus') EXECUTE FUNCTION funding_guard_surplus();

-- Everybody who is promised money back can be paid: what is owed is in the purse when the transaction ends.
CREATE OR REPLACE FUNCTION funding_guard_owed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    project bigint := NEW.proposal_id;
    kept bigint := (SELECT a.balance_fen FROM funding_purse u JOIN ledger_account a ON a.id = u.account_id
                    WHERE u.proposal_id = project);
    for_suppliers bigint := CASE WHEN TG_TABLE_NAME = 'funding_refund' AND TG_OP = 'INSERT'
                            THEN funding_owed_fen(project) ELSE 0 END;
BEGIN
    IF kept < (SELECT coalesce(sum(amount_fen), 0) FROM funding_refund
               WHERE proposal_id = project AND annulled_at IS NULL AND returned_at IS NULL)
              + for_suppliers THEN
        RAISE EXCEPTION 'project %: more is promised back than there is', project
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refunds_within_purse';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER owed_is_there AFTER INSERT OR UPDATE ON funding_refund
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION funding_guard_owed();
CREATE CONSTRAINT TRIGGER owed_is_there AFTER UPDATE ON funding_contribution
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.stage = 'reversed') EXECUTE FUNCTION funding_guard_owed();

-- A contribution is reversed together with the claim on what its giver has got back already.
CREATE OR REPLACE FUNCTION funding_guard_claimed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF funding_got(NEW.proposal_id, NEW.giver_id, NEW.sponsor_id)
       > funding_given(NEW.proposal_id, NEW.giver_id, NEW.sponsor_id) THEN
        RAISE EXCEPTION 'contribution %: its giver has got back more than they gave, and nobody claims it', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reversal_claims_what_was_returned';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER claimed AFTER UPDATE ON funding_contribution
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.stage = 'reversed') EXECUTE FUNCTION funding_guard_claimed();

SELECT append_only(
    'funding_refund',
    'voucher', 'paid_by_id', 'paid_at', 'confirmed_by_id', 'returned_at', 'name_public', 'annulled_at',
    'annulled_by_id', 'annulled_why'
);
