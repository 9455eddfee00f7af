-- Tables are named with their schema throughout: a temporary table of the same name must not answer.

CREATE OR REPLACE FUNCTION ledger_stamp_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := public.minshi_now();
    NEW.xid := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER stamp_entry BEFORE INSERT ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_stamp_entry();

CREATE OR REPLACE FUNCTION ledger_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry public.ledger_entry;
    lines bigint;
    rest numeric;
BEGIN
    SELECT * INTO entry FROM public.ledger_entry
        WHERE id = (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
    SELECT count(*), coalesce(sum(amount_fen), 0) INTO lines, rest
        FROM public.ledger_posting WHERE entry_id = entry.id;
    IF lines < 2 THEN
        RAISE EXCEPTION 'entry % has fewer than two postings', entry.id USING ERRCODE = 'check_violation';
    ELSIF rest <> 0 THEN
        RAISE EXCEPTION 'entry % does not balance', entry.id USING ERRCODE = 'check_violation';
    END IF;
    IF entry.reverses_id IS NULL THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT FROM public.ledger_entry WHERE id = entry.reverses_id AND reverses_id IS NOT NULL) THEN
        RAISE EXCEPTION 'entry % reverses a reversal', entry.id USING ERRCODE = 'check_violation';
    ELSIF EXISTS (
        SELECT FROM public.ledger_posting WHERE entry_id IN (entry.id, entry.reverses_id)
        GROUP BY account_id HAVING sum(amount_fen) <> 0
    ) THEN
        RAISE EXCEPTION 'entry % does not undo what it reverses', entry.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entry_is_balanced AFTER INSERT ON ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_entry('id');
CREATE CONSTRAINT TRIGGER ledger_posting_is_balanced AFTER INSERT ON ledger_posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_entry('entry_id');

SELECT append_only('ledger_entry');
