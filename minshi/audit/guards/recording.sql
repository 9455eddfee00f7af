-- One trigger function for every table: who changed which row, before and after.
--
-- All of it runs as the owner, who alone may write events. Nobody else may execute audit_row, or anybody could
-- hang it on a temporary table called like a real one and so forge events.

-- hidden: columns that stand in the event as digests; secret: those of them kept nowhere in clear.
CREATE OR REPLACE FUNCTION audit_write(
    op text, table_name text, row_pk text, was jsonb, becomes jsonb, hidden text[], secret text[]
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    salt text := gen_random_uuid()::text;
    event bigint;
    f text;
    old text;
    new text;
    fields text[];
    olds text[];
    news text[];
BEGIN
    FOREACH f IN ARRAY hidden LOOP
        old := was ->> f;
        new := becomes ->> f;
        CONTINUE WHEN old IS NULL AND new IS NULL;
        IF old IS NOT NULL THEN
            was := was || jsonb_build_object(f, 'sha256:' || encode(sha256(convert_to(salt || old, 'UTF8')), 'hex'));
        END IF;
        IF new IS NOT NULL THEN
            becomes := becomes
                || jsonb_build_object(f, 'sha256:' || encode(sha256(convert_to(salt || new, 'UTF8')), 'hex'));
        END IF;
        fields := fields || f;
        olds := olds || CASE WHEN NOT f = ANY (secret) THEN old END;
        news := news || CASE WHEN NOT f = ANY (secret) THEN new END;
    END LOOP;
    INSERT INTO public.audit_event (at, xid, actor, origin, db_user, op, table_name, row_pk, before, after)
        VALUES (
            public.minshi_now(), pg_current_xact_id()::text::bigint,
            nullif(current_setting('minshi.actor', true), '')::bigint,
            coalesce(current_setting('minshi.origin', true), ''), session_user, op, table_name, row_pk, was, becomes
        ) RETURNING id INTO event;
    IF fields IS NOT NULL THEN
        INSERT INTO public.audit_clear (event_id, field, salt, old, new)
            SELECT event, c.field, salt, c.old, c.new FROM unnest(fields, olds, news) AS c (field, old, new);
    END IF;
END $$;

-- Arguments: the key's column; then, where a table has any, hidden and secret columns with commas.
CREATE OR REPLACE FUNCTION audit_row() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    was jsonb;
    becomes jsonb;
    row_pk text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        becomes := to_jsonb(NEW);
        row_pk := becomes ->> TG_ARGV[0];
    ELSIF TG_OP = 'DELETE' THEN
        was := to_jsonb(OLD);
        row_pk := was ->> TG_ARGV[0];
    ELSE
        was := to_jsonb(OLD);
        becomes := to_jsonb(NEW);
        IF was = becomes THEN
            RETURN NULL;
        END IF;
        row_pk := was ->> TG_ARGV[0];
        SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, becomes -> o.key) INTO was, becomes
            FROM jsonb_each(was) o WHERE o.value IS DISTINCT FROM becomes -> o.key;
    END IF;
    IF TG_NARGS > 1 AND coalesce(becomes, was) ?| string_to_array(TG_ARGV[1], ',') THEN
        PERFORM public.audit_write(
            left(TG_OP, 1), TG_TABLE_NAME, row_pk, was, becomes,
            string_to_array(TG_ARGV[1], ','), string_to_array(TG_ARGV[2], ',')
        );
    ELSE
        INSERT INTO public.audit_event (at, xid, actor, origin, db_user, op, table_name, row_pk, before, after)
            VALUES (
                public.minshi_now(), pg_current_xact_id()::text::bigint,
                nullif(current_setting('minshi.actor', true), '')::bigint,
                coalesce(current_setting('minshi.origin', true), ''), session_user,
                left(TG_OP, 1), TG_TABLE_NAME, row_pk, was, becomes
            );
    END IF;
    RETURN NULL;
END $$;

-- Rows that were there before anybody recorded: written down as they are, once.
CREATE OR REPLACE FUNCTION audit_baseline(target regclass, key text, hidden text[], secret text[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    name text := (SELECT relname FROM pg_class WHERE oid = target);
    image jsonb;
BEGIN
    FOR image IN EXECUTE format(
        'SELECT to_jsonb(t) FROM %s t WHERE NOT EXISTS ('
        'SELECT FROM public.audit_event e WHERE e.table_name = %L AND e.row_pk = t.%I::text)',
        target, name, key
    ) LOOP
        PERFORM public.audit_write('B', name, image ->> key, NULL, image, hidden, secret);
    END LOOP;
END $$;

-- Erasing is itself an event: what was known is gone, that it was taken away is not.
CREATE OR REPLACE FUNCTION audit_erase(erased_table text, keys text[]) RETURNS bigint LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    erased text[];
    erased_key text;
BEGIN
    WITH gone AS (
        DELETE FROM public.audit_clear c USING public.audit_event e
        WHERE e.id = c.event_id AND e.table_name = erased_table AND e.row_pk = ANY (keys)
        RETURNING e.row_pk
    ) SELECT array_agg(gone.row_pk) INTO erased FROM gone;
    FOR erased_key IN SELECT DISTINCT unnest(erased) ORDER BY 1 LOOP
        PERFORM public.audit_write('E', erased_table, erased_key, NULL, NULL, '{}', '{}');
    END LOOP;
    RETURN coalesce(cardinality(erased), 0);
END $$;

REVOKE EXECUTE ON FUNCTION audit_row(), audit_write, audit_baseline FROM PUBLIC;

SELECT append_only('audit_event');
SELECT revoke_from_application('INSERT, UPDATE, DELETE', 'audit_event', 'audit_clear');
