-- The same triggers for every table: who changed which rows, before and after.
--
-- All of it runs as the owner, who alone may write events. Nobody else may execute these functions, or anybody could
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

-- One trigger for each kind of statement, with all its rows at once: added and gone. Arguments: the key's column; then,
-- where a table has any, hidden and secret columns with commas: each row has a salt of its own.
--
-- Rows that are new and rows that are gone are written down whole: one text makes both functions, of the verb (%1$s),
-- the letter (%2$L), the rows the trigger sees (%3$I), their images before and after (%4$s), and what was known in
-- clear of a hidden column before and after (%5$s).
DO $make$
DECLARE
    whole CONSTANT text := $function$
CREATE OR REPLACE FUNCTION audit_%1$s() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DECLARE
        moment constant timestamptz := public.minshi_now();
        own_xid constant bigint := pg_current_xact_id()::text::bigint;
        who constant bigint := nullif(current_setting('minshi.actor', true), '')::bigint;
        door constant text := coalesce(current_setting('minshi.origin', true), '');
        hidden constant text[] := string_to_array(TG_ARGV[1], ',');
        secret constant text[] := string_to_array(TG_ARGV[2], ',');
    BEGIN
        IF TG_NARGS > 1 THEN
            -- No join: its plan is kept, and one made for two rows would take minutes for thirty thousand.
            WITH salted AS MATERIALIZED (
                SELECT nextval('public.audit_event_id_seq') AS id, to_jsonb(%3$I) AS clear,
                    gen_random_uuid()::text AS salt
                FROM %3$I
            ), each AS MATERIALIZED (
                SELECT id, clear, salt, clear || coalesce((
                    SELECT jsonb_object_agg(
                        f, 'sha256:' || encode(sha256(convert_to(salt || (clear ->> f), 'UTF8')), 'hex')
                    ) FROM unnest(hidden) AS f WHERE clear ->> f IS NOT NULL
                ), '{}') AS image FROM salted
            ), event AS (
                INSERT INTO public.audit_event
                    (id, at, xid, actor, origin, db_user, op, table_name, row_pk, before, after)
                SELECT each.id, moment, own_xid, who, door, session_user, %2$L, TG_TABLE_NAME,
                    each.clear ->> TG_ARGV[0], %4$s
                FROM each
            )
            INSERT INTO public.audit_clear (event_id, field, salt, old, new)
                SELECT each.id, f, each.salt, %5$s FROM each CROSS JOIN unnest(hidden) AS f
                CROSS JOIN LATERAL (SELECT CASE WHEN NOT f = ANY (secret) THEN each.clear ->> f END AS value) AS known
                WHERE each.clear ->> f IS NOT NULL;
            RETURN NULL;
        END IF;
        INSERT INTO public.audit_event (at, xid, actor, origin, db_user, op, table_name, row_pk, before, after)
            SELECT moment, own_xid, who, door, session_user, %2$L, TG_TABLE_NAME, each.image ->> TG_ARGV[0], %4$s
            FROM (SELECT to_jsonb(%3$I) AS image FROM %3$I) AS each;
    END;
    RETURN NULL;
END $$$function$;
BEGIN
    EXECUTE format(whole, 'inserted', 'I', 'added', 'NULL, each.image', 'NULL, known.value');
    EXECUTE format(whole, 'deleted', 'D', 'gone', 'each.image, NULL', 'known.value, NULL');
END $make$;

-- Only what changed. Rows are paired by their key: where that was changed itself, the one row is gone and the other is
-- new. Without jit: the plan is kept, and one made for thousands of rows would compile itself for every two.
CREATE OR REPLACE FUNCTION audit_updated() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    key constant text := TG_ARGV[0];
    hidden constant text[] := string_to_array(TG_ARGV[1], ',');
    secret constant text[] := string_to_array(TG_ARGV[2], ',');
    moment constant timestamptz := public.minshi_now();
    own_xid constant bigint := pg_current_xact_id()::text::bigint;
    who constant bigint := nullif(current_setting('minshi.actor', true), '')::bigint;
    door constant text := coalesce(current_setting('minshi.origin', true), '');
    many boolean;
    row_pk text;
    was jsonb;
    becomes jsonb;
BEGIN
    -- Nearly always it is one row, for which pairing would be half of the cost.
    SELECT (SELECT count(*) FROM gone) > 1, to_jsonb(gone), to_jsonb(added) INTO many, was, becomes FROM gone, added;
    IF many IS NULL OR NOT many AND was = becomes THEN
        RETURN NULL;
    END IF;
    IF NOT many AND was -> key = becomes -> key THEN
        row_pk := was ->> key;
        SELECT jsonb_object_agg(f.key, f.value), jsonb_object_agg(f.key, becomes -> f.key) INTO was, becomes
            FROM jsonb_each(was) AS f WHERE f.value IS DISTINCT FROM becomes -> f.key;
        IF becomes ?| hidden THEN
            PERFORM public.audit_write('U', TG_TABLE_NAME, row_pk, was, becomes, hidden, secret);
        ELSE
            INSERT INTO public.audit_event (at, xid, actor, origin, db_user, op, table_name, row_pk, before, after)
                VALUES (moment, own_xid, who, door, session_user, 'U', TG_TABLE_NAME, row_pk, was, becomes);
        END IF;
        RETURN NULL;
    END IF;
    WITH pair AS (
        SELECT CASE WHEN n.image IS NULL THEN 'D' WHEN o.image IS NULL THEN 'I' ELSE 'U' END AS op,
            coalesce(o.image, n.image) ->> key AS pk, o.image AS was, n.image AS becomes
        FROM (SELECT to_jsonb(gone) AS image FROM gone) AS o
            FULL JOIN (SELECT to_jsonb(added) AS image FROM added) AS n ON n.image ->> key = o.image ->> key
        WHERE o.image IS DISTINCT FROM n.image
    ), change AS MATERIALIZED (
        SELECT op, pk, CASE op WHEN 'U' THEN d.was ELSE pair.was END AS was,
            CASE op WHEN 'U' THEN d.becomes ELSE pair.becomes END AS becomes
        FROM pair CROSS JOIN LATERAL (
            SELECT jsonb_object_agg(f.key, f.value), jsonb_object_agg(f.key, pair.becomes -> f.key)
            FROM jsonb_each(pair.was) AS f WHERE f.value IS DISTINCT FROM pair.becomes -> f.key
        ) AS d (was, becomes)
    ), plain AS (
        INSERT INTO public.audit_event (at, xid, actor, origin, db_user, op, table_name, row_pk, before, after)
        SELECT moment, own_xid, who, door, session_user, c.op, TG_TABLE_NAME, c.pk, c.was, c.becomes
        FROM change AS c WHERE NOT coalesce(coalesce(c.becomes, c.was) ?| hidden, false)
    )
    SELECT count(public.audit_write(c.op, TG_TABLE_NAME, c.pk, c.was, c.becomes, hidden, secret)) > 0 INTO many
        FROM change AS c WHERE coalesce(c.becomes, c.was) ?| hidden;
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

REVOKE EXECUTE ON FUNCTION audit_inserted(), audit_updated(), audit_deleted(), audit_write, audit_baseline FROM PUBLIC;

SELECT append_only('audit_event');
SELECT append_only('audit_deployment');
SELECT revoke_from_application('INSERT, UPDATE, DELETE', 'audit_event', 'audit_clear', 'audit_deployment');
