-- Runs as the owner: the application has no right to a balance. Not for PUBLIC, or anybody could
-- hang it on a temporary table of made-up postings.
CREATE OR REPLACE FUNCTION ledger_move_balances() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added JOIN ledger_entry e ON e.id = added.entry_id
        WHERE e.xid <> pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION 'a posting joins its entry in the entry''s own transaction only'
            USING ERRCODE = 'check_violation';
    END IF;
    UPDATE ledger_account a SET balance_fen = a.balance_fen + moved.fen
        FROM (SELECT account_id, sum(amount_fen)::bigint AS fen FROM added GROUP BY account_id) moved
        WHERE a.id = moved.account_id;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION ledger_move_balances() FROM PUBLIC;
CREATE TRIGGER move_balances AFTER INSERT ON ledger_posting
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_move_balances();

SELECT append_only('ledger_posting');
