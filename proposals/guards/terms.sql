-- Rules as the project pinned them when its stage began, the same that its actions read. There are no others: where
-- a stage did not pin what a guard asks for, the guard refuses.
CREATE OR REPLACE FUNCTION pinned_terms(project bigint, VARIADIC names text[]) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    pinned jsonb := (SELECT terms FROM proposals_proposal WHERE id = project);
BEGIN
    IF pinned ?& names THEN
        RETURN (SELECT jsonb_object_agg(name, pinned -> name) FROM unnest(names) AS name);
    END IF;
    RAISE EXCEPTION 'proposal %: its stage does not pin %', project, names USING ERRCODE = 'check_violation';
END $$;

CREATE OR REPLACE FUNCTION pinned_term(project bigint, name text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT pinned_terms(project, name) ->> name
$$;
