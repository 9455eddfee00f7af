CREATE OR REPLACE FUNCTION ledger_guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an account is never deleted' USING ERRCODE = 'check_violation';
    ELSIF TG_OP = 'INSERT' THEN
        IF NEW.balance_fen <> 0 THEN
            RAISE EXCEPTION 'an account begins empty' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF (NEW.id, NEW.key, NEW.kind, NEW.may_be_negative)
            IS DISTINCT FROM (OLD.id, OLD.key, OLD.kind, OLD.may_be_negative) THEN
        RAISE EXCEPTION 'an account stays what it was opened as' USING ERRCODE = 'check_violation';
    -- Depth 1 is somebody's own UPDATE; the postings' trigger comes at depth 2.
    ELSIF NEW.balance_fen <> OLD.balance_fen AND pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'a balance changes by postings only' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_account BEFORE INSERT OR UPDATE OR DELETE ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_guard_account();

-- Balances are the postings' business: the application may rename an account and no more.
SELECT revoke_from_application('UPDATE, DELETE', 'ledger_account');
SELECT grant_to_application('UPDATE (title, place_path)', 'ledger_account');
