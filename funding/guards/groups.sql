-- Residents' odd group, whole at the end of the transaction that forms it. By then the project may stand in another
-- stage: the row keeps the rule it was formed by.
CREATE OR REPLACE FUNCTION funding_pin_group() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.terms := pinned_terms(NEW.proposal_id, 'group.minimum');
    RETURN NEW;
END $$;
CREATE TRIGGER pinned_terms BEFORE INSERT ON funding_group FOR EACH ROW EXECUTE FUNCTION funding_pin_group();

CREATE OR REPLACE FUNCTION funding_guard_group() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    formed bigint := CASE TG_TABLE_NAME WHEN 'funding_group' THEN NEW.id ELSE (to_jsonb(NEW) ->> 'group_id')::bigint END;
    fewest integer := (SELECT (terms ->> 'group.minimum')::integer FROM funding_group WHERE id = formed);
    members integer := (SELECT count(*) FROM funding_groupmember WHERE group_id = formed);
    doors integer := (
        SELECT count(*) FROM benefiting_doors((SELECT proposal_id FROM funding_group WHERE id = formed))
    );
BEGIN
    -- Where fewer doors benefit than that, all of them are the group.
    IF doors BETWEEN 1 AND fewest - 1 THEN
        IF members < doors THEN
            RAISE EXCEPTION 'all % doors are the group, not %', doors, members
                USING ERRCODE = 'check_violation', CONSTRAINT = 'project_group_is_all_doors',
                    DETAIL = jsonb_build_object('doors', doors)::text;
        END IF;
    ELSIF members < fewest OR members % 2 = 0 THEN
        RAISE EXCEPTION 'a project group has an odd number of % members or more, not %', fewest, members
            USING ERRCODE = 'check_violation', CONSTRAINT = 'project_group_is_odd',
                DETAIL = jsonb_build_object('least', fewest)::text;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER whole_group AFTER INSERT ON funding_group
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION funding_guard_group();
CREATE CONSTRAINT TRIGGER whole_group AFTER INSERT ON funding_groupmember
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION funding_guard_group();
SELECT append_only('funding_group', 'ended_at');
SELECT append_only('funding_groupmember', 'name_public');
SELECT guard_name('funding_groupmember', 'name_public', 'funding.groupmember', 'shown.id', 'shown.person_id');
