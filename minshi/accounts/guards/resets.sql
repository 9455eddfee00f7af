-- A login whose access somebody else made anew takes no step with money for a working day (domain.md 6). Tables about
-- money say which columns name the hand: refuse_fresh_hands(column, …).
CREATE OR REPLACE FUNCTION refuse_fresh_hands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) ELSE '{}' END;
    hand text;
BEGIN
    FOREACH hand IN ARRAY TG_ARGV LOOP
        IF to_jsonb(NEW) ->> hand IS DISTINCT FROM before ->> hand AND EXISTS (
            SELECT FROM accounts_user WHERE id = (to_jsonb(NEW) ->> hand)::bigint AND money_from > minshi_now()
        ) THEN
            RAISE EXCEPTION '%: the access of login % was made anew just now', TG_TABLE_NAME, to_jsonb(NEW) ->> hand
                USING ERRCODE = 'check_violation', CONSTRAINT = 'login_was_reset';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION guard_hands(guarded regclass, VARIADIC hands text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER fresh_hands BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION refuse_fresh_hands(%s)',
        guarded, (SELECT string_agg(quote_literal(hand), ', ') FROM unnest(hands) AS hand)
    );
END $$;
