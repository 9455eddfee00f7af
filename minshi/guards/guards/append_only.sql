-- Rows of a table are written once: a row trigger refuses UPDATE and DELETE for everybody. Columns named as
-- mutable may still change. The application also loses the privilege, so a dropped trigger alone does not open
-- the table.
CREATE OR REPLACE FUNCTION append_only(guarded regclass, VARIADIC mutable text[] DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION refuse_change(%s)',
        guarded, (SELECT string_agg(quote_literal(name), ', ') FROM unnest(mutable) AS name)
    );
    PERFORM revoke_from_application('UPDATE, DELETE', guarded);
    IF cardinality(mutable) > 0 THEN
        PERFORM grant_to_application(
            format('UPDATE (%s)', (SELECT string_agg(quote_ident(name), ', ') FROM unnest(mutable) AS name)), guarded
        );
    END IF;
END $$;

-- to_jsonb() minus the mutable columns must be equal; TG_ARGV holds their names.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (to_jsonb(OLD) - TG_ARGV) = (to_jsonb(NEW) - TG_ARGV) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
