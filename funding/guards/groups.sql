-- Residents' odd group of three at least, whole at the end of the transaction that forms it.
CREATE OR REPLACE FUNCTION funding_guard_group() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    members integer;
BEGIN
    SELECT count(*) INTO members FROM funding_groupmember
        WHERE group_id = CASE TG_TABLE_NAME WHEN 'funding_group' THEN NEW.id
                         ELSE (to_jsonb(NEW) ->> 'group_id')::bigint END;
    IF members < 3 OR members % 2 = 0 THEN
        RAISE EXCEPTION 'a project group has an odd number of three members or more, not %', members
            USING ERRCODE = 'check_violation', HINT = '项目小组须有三人以上，且为单数';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER whole_group AFTER INSERT ON funding_group
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION funding_guard_group();
CREATE CONSTRAINT TRIGGER whole_group AFTER INSERT ON funding_groupmember
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION funding_guard_group();
SELECT append_only('funding_group', 'ended_at');
SELECT append_only('funding_groupmember');
