-- One sealer chains what is complete.
--
-- Ids commit out of order, so "everything above the last id" would skip the slower transaction. Taken is what
-- lies below the oldest transaction still running (horizon): all of it is committed and visible, or undone.
--
-- A dump restored into another cluster begins again with small transaction numbers. So each link names its
-- cluster; where that changes, the first sealing looks at every event once and goes on from its own horizon.

CREATE OR REPLACE FUNCTION audit_seal() RETURNS bigint LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    own bigint := pg_current_xact_id()::text::bigint;
    here bigint := (SELECT system_identifier FROM pg_control_system());
    moment timestamptz;
    running pg_snapshot;
    last public.audit_link;
    moved boolean;
    is_from bigint;
    horizon bigint;
    unborn bigint;
    event public.audit_event;
    sealed bigint := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('audit_seal'));
    moment := public.minshi_now();
    SELECT * INTO last FROM public.audit_link ORDER BY seq DESC LIMIT 1;
    IF (last.sealed_at AT TIME ZONE 'Asia/Shanghai')::date < (moment AT TIME ZONE 'Asia/Shanghai')::date THEN
        INSERT INTO public.audit_dayroot (day, seq, hash)
            VALUES ((last.sealed_at AT TIME ZONE 'Asia/Shanghai')::date, last.seq, last.hash)
            ON CONFLICT DO NOTHING;
    END IF;

    running := pg_current_snapshot();
    horizon := pg_snapshot_xmin(running)::text::bigint;
    unborn := pg_snapshot_xmax(running)::text::bigint;
    moved := last.cluster IS DISTINCT FROM here;
    is_from := CASE WHEN moved THEN 0 ELSE last.horizon END;
    FOR event IN
        SELECT * FROM public.audit_event e
        WHERE e.xid >= is_from AND e.xid <> own AND (e.xid < horizon OR moved AND e.xid >= unborn)
            AND NOT EXISTS (SELECT FROM public.audit_link l WHERE l.event_id = e.id)
        ORDER BY e.xid, e.id
    LOOP
        sealed := sealed + 1;
        last.seq := coalesce(last.seq, 0) + 1;
        last.hash := sha256(coalesce(last.hash, '') || convert_to(jsonb_build_array(
            last.seq, to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), horizon, here,
            event.id, to_char(event.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), event.xid, event.actor,
            event.origin, event.db_user, event.op, event.table_name, event.row_pk, event.before, event.after
        )::text, 'UTF8'));
        INSERT INTO public.audit_link (seq, event_id, sealed_at, horizon, cluster, hash)
            VALUES (last.seq, event.id, moment, horizon, here, last.hash);
    END LOOP;
    RETURN sealed;
END $$;

SELECT append_only('audit_link');
SELECT append_only('audit_dayroot');
SELECT revoke_from_application('INSERT, UPDATE, DELETE', 'audit_link', 'audit_dayroot');
