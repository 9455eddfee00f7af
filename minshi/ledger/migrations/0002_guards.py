from typing import Any

from django.db import migrations

from minshi.audit.operations import AppendOnly
from minshi.audit.privileges import application_role

# Tables are named with their schema throughout: a temporary table of the same name must not answer.
FORWARD = """
CREATE FUNCTION ledger_stamp_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := public.minshi_now();
    NEW.xid := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER stamp_entry BEFORE INSERT ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_stamp_entry();

CREATE FUNCTION ledger_guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
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

-- Runs as the owner: the application has no right to a balance. Not for PUBLIC, or anybody could
-- hang it on a temporary table of made-up postings.
CREATE FUNCTION ledger_move_balances() RETURNS trigger LANGUAGE plpgsql
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

CREATE FUNCTION ledger_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""

BACKWARD = """
DROP TRIGGER ledger_posting_is_balanced ON ledger_posting;
DROP TRIGGER ledger_entry_is_balanced ON ledger_entry;
DROP FUNCTION ledger_check_entry();
DROP TRIGGER move_balances ON ledger_posting;
DROP FUNCTION ledger_move_balances();
DROP TRIGGER guard_account ON ledger_account;
DROP FUNCTION ledger_guard_account();
DROP TRIGGER stamp_entry ON ledger_entry;
DROP FUNCTION ledger_stamp_entry();
"""


def take_balances_from_the_application(apps: Any, schema_editor: Any) -> None:
    if role := application_role(schema_editor.connection):
        schema_editor.execute(f'REVOKE UPDATE, DELETE ON ledger_account FROM "{role}"')
        schema_editor.execute(f'GRANT UPDATE (title, place_path) ON ledger_account TO "{role}"')


def give_them_back(apps: Any, schema_editor: Any) -> None:
    if role := application_role(schema_editor.connection):
        schema_editor.execute(f'GRANT UPDATE, DELETE ON ledger_account TO "{role}"')


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("audit", "0001_refuse_change")]
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        AppendOnly("ledger_entry"),
        AppendOnly("ledger_posting"),
        migrations.RunPython(take_balances_from_the_application, give_them_back),
    ]
