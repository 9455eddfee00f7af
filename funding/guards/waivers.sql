-- Given up is what nobody pays; by two people, neither of them the proposer.
CREATE OR REPLACE FUNCTION funding_guard_waiver() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM funding_milestone WHERE id = NEW.milestone_id FOR NO KEY UPDATE;
    IF NEW.annulled_at IS NULL AND EXISTS (
        SELECT FROM funding_payment WHERE milestone_id = NEW.milestone_id AND stage NOT IN ('refused', 'reversed')
    ) OR NEW.amount_fen <> (SELECT amount_fen FROM funding_milestone WHERE id = NEW.milestone_id) THEN
        RAISE EXCEPTION 'waiver: milestone % is being paid, or is another sum', NEW.milestone_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'waiver_of_what_is_owed';
    END IF;
    IF human_of(NEW.confirmed_by_id) IN (
        SELECT human_of(p.proposer_id) FROM funding_milestone m JOIN funding_contract c ON c.id = m.contract_id
            JOIN proposals_proposal p ON p.id = c.proposal_id WHERE m.id = NEW.milestone_id
    ) THEN
        RAISE EXCEPTION 'waiver %: the proposer confirms nothing here', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'proposer_confirms_no_waiver';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_waiver BEFORE INSERT OR UPDATE ON funding_waiver
    FOR EACH ROW EXECUTE FUNCTION funding_guard_waiver();
SELECT append_only('funding_waiver', 'confirmed_by_id', 'confirmed_at', 'annulled_by_id', 'annulled_at');
