-- Two people are two humans (domain.md 6): of accounts that were joined one stays, and stands for all of them.
CREATE OR REPLACE FUNCTION human_of(account bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT joined_to_id FROM accounts_user WHERE id = account), account)
$$;

-- Columns of one row that two humans fill: guard_humans(table, column, column, …). The same account twice is refused
-- by the table's own check; this one knows the human behind two accounts, also for what was done before they were joined.
CREATE OR REPLACE FUNCTION refuse_one_human() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_is jsonb := to_jsonb(NEW);
    before jsonb := CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) ELSE '{}' END;
    hand text;
    other text;
BEGIN
    FOREACH hand IN ARRAY TG_ARGV LOOP
        CONTINUE WHEN now_is ->> hand IS NOT DISTINCT FROM before ->> hand OR now_is ->> hand IS NULL;
        FOREACH other IN ARRAY TG_ARGV LOOP
            IF now_is ->> other <> now_is ->> hand
               AND human_of((now_is ->> other)::bigint) = human_of((now_is ->> hand)::bigint) THEN
                RAISE EXCEPTION '%: % and % are one human', TG_TABLE_NAME, other, hand
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'one_human_acts_once';
            END IF;
        END LOOP;
    END LOOP;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION guard_humans(guarded regclass, VARIADIC hands text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER %I BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION refuse_one_human(%s)',
        left('two_humans_' || hands[1], 63), guarded, (SELECT string_agg(quote_literal(hand), ', ') FROM unnest(hands) AS hand)
    );
END $$;

-- Who was joined is kept beside the account that stays, so that nobody asks for it on every page.
CREATE OR REPLACE FUNCTION keep_joined() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE accounts_user SET also = '{}' WHERE id IN (NEW.joined_to_id, OLD.joined_to_id);
    RETURN NULL;
END $$;
CREATE TRIGGER kept_joined AFTER UPDATE OF joined_to_id ON accounts_user FOR EACH ROW
    WHEN (NEW.joined_to_id IS DISTINCT FROM OLD.joined_to_id) EXECUTE FUNCTION keep_joined();

CREATE OR REPLACE FUNCTION count_joined() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.also := ARRAY(SELECT id FROM accounts_user WHERE joined_to_id = NEW.id ORDER BY id);
    RETURN NEW;
END $$;
CREATE TRIGGER counted_joined BEFORE UPDATE OF also ON accounts_user FOR EACH ROW EXECUTE FUNCTION count_joined();
