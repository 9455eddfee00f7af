-- A claim stands beside the reversal it comes from, and is closed once.
CREATE OR REPLACE FUNCTION funding_guard_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.closed_at IS NOT NULL THEN
        RAISE EXCEPTION 'claim %: closed for good', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_is_closed_once';
    END IF;
    IF NOT EXISTS (
        SELECT FROM funding_contribution WHERE id = NEW.contribution_id AND stage = 'reversed'
          AND proposal_id = NEW.proposal_id AND giver_id IS NOT DISTINCT FROM NEW.giver_id
          AND sponsor_id IS NOT DISTINCT FROM NEW.sponsor_id AND NEW.short_fen <= amount_fen
    ) THEN
        RAISE EXCEPTION 'claim %: of no reversed contribution', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_of_a_reversal';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_claim BEFORE INSERT OR UPDATE ON funding_claim
    FOR EACH ROW EXECUTE FUNCTION funding_guard_claim();
SELECT append_only('funding_claim', 'how', 'voucher', 'reason', 'settled_by_id', 'confirmed_by_id', 'closed_at', 'name_public');
