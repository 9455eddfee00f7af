-- The application's rights. Every load begins by giving it reading and writing everywhere; guards take back.
-- Its name is set by the load, empty where it is the owner itself and nothing can be taken from it.
CREATE OR REPLACE FUNCTION revoke_from_application(rights text, VARIADIC tables regclass[]) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    application text := current_setting('minshi.application_role');
    guarded regclass;
BEGIN
    IF application <> '' THEN
        FOREACH guarded IN ARRAY tables LOOP
            EXECUTE format('REVOKE %s ON %s FROM %I', rights, guarded, application);
        END LOOP;
    END IF;
END $$;

-- Rights may name columns: 'UPDATE (title)'.
CREATE OR REPLACE FUNCTION grant_to_application(rights text, guarded regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    application text := current_setting('minshi.application_role');
BEGIN
    IF application <> '' THEN
        EXECUTE format('GRANT %s ON %s TO %I', rights, guarded, application);
    END IF;
END $$;
