-- Accounts are made when nothing is asked, approved or owed to a supplier any more (domain.md 4).
CREATE OR REPLACE FUNCTION refuse_early_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF funding_owed_fen(NEW.proposal_id) > 0 THEN
        RAISE EXCEPTION 'accounts: suppliers of project % are owed', NEW.proposal_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'accounts_after_payments';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER nothing_owed BEFORE INSERT ON evaluation_finalaccounts
    FOR EACH ROW EXECUTE FUNCTION refuse_early_accounts();

CREATE OR REPLACE FUNCTION refuse_second_confirmation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.confirmed_at IS NOT NULL
       AND (NEW.confirmed_at, NEW.confirmed_by_id) IS DISTINCT FROM (OLD.confirmed_at, OLD.confirmed_by_id)
       OR NOT evaluation_notice_follows(OLD.notice_id, NEW.notice_id) THEN
        RAISE EXCEPTION 'accounts %: confirmed and announced once', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER confirmed_once BEFORE UPDATE ON evaluation_finalaccounts
    FOR EACH ROW EXECUTE FUNCTION refuse_second_confirmation();
SELECT append_only('evaluation_finalaccounts', 'confirmed_by_id', 'confirmed_at', 'notice_id');
SELECT guard_hands('evaluation_finalaccounts', 'made_by_id', 'confirmed_by_id');
SELECT guard_humans('evaluation_finalaccounts', 'made_by_id', 'confirmed_by_id');
