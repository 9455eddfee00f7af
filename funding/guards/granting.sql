-- A grant changes in these ways and in no other: the application has no right to write the table itself. Each follows
-- the step that its transaction has just put on record: who took it is whom the grant names, and where it led is
-- where the grant stands.

CREATE OR REPLACE FUNCTION grant_step(which bigint, taken text) RETURNS lifecycle_steprecord LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
DECLARE
    step lifecycle_steprecord;
BEGIN
    SELECT * INTO step FROM lifecycle_steprecord
        WHERE subject_type = 'funding.grant' AND subject_id = which AND xid = pg_current_xact_id()::text::bigint
        ORDER BY id DESC LIMIT 1;
    IF step.verb IS DISTINCT FROM taken THEN
        RAISE EXCEPTION 'grant %: no record of "%" in this transaction', which, taken USING ERRCODE = 'check_violation';
    END IF;
    RETURN step;
END $$;

CREATE OR REPLACE FUNCTION grant_asked(
    which bigint, project bigint, by_plan bigint, whose text, from_pot bigint, fen bigint, above_cap boolean,
    until timestamptz
) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO funding_grant (id, proposal_id, plan_id, source, pot_id, amount_fen, needs_district, asked_by_id,
                               completions, days_left, stage, stage_since, due_at)
    SELECT which, project, by_plan, whose, from_pot, fen, above_cap, step.by_id, 0, 0, step.target, step.at, until
    FROM grant_step(which, 'ask') AS step
$$;

CREATE OR REPLACE FUNCTION grant_returned(which bigint, left_then integer, until timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE funding_grant AS g SET stage = step.target, stage_since = step.at, completions = g.completions + 1,
        days_left = left_then, due_at = until
    FROM grant_step(which, 'return_for_completion') AS step WHERE g.id = which AND g.stage = step.source
$$;

CREATE OR REPLACE FUNCTION grant_completed(which bigint, until timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE funding_grant AS g SET stage = step.target, stage_since = step.at, due_at = until
    FROM grant_step(which, 'complete') AS step WHERE g.id = which AND g.stage = step.source
$$;

CREATE OR REPLACE FUNCTION grant_examined(which bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE funding_grant AS g SET stage = step.target, stage_since = step.at, examined_by_id = step.by_id
    FROM grant_step(which, 'examine') AS step WHERE g.id = which AND g.stage = step.source
$$;

CREATE OR REPLACE FUNCTION grant_approved(which bigint, set_aside bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE funding_grant AS g SET stage = step.target, stage_since = step.at, approved_by_id = step.by_id,
        account_id = set_aside
    FROM grant_step(which, 'approve') AS step WHERE g.id = which AND g.stage = step.source
$$;

CREATE OR REPLACE FUNCTION grant_passed_on(which bigint, until timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE funding_grant AS g SET stage = step.target, stage_since = step.at, approved_by_id = step.by_id,
        due_at = until
    FROM grant_step(which, 'pass_on') AS step WHERE g.id = which AND g.stage = step.source
$$;

CREATE OR REPLACE FUNCTION grant_decided(which bigint, set_aside bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE funding_grant AS g SET stage = step.target, stage_since = step.at, district_by_id = step.by_id,
        account_id = set_aside
    FROM grant_step(which, 'decide') AS step WHERE g.id = which AND g.stage = step.source
$$;

CREATE OR REPLACE FUNCTION grant_refused(which bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE funding_grant AS g SET stage = step.target, stage_since = step.at
    FROM grant_step(which, 'refuse') AS step WHERE g.id = which AND g.stage = step.source
$$;

CREATE OR REPLACE FUNCTION grant_withdrawn(which bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE funding_grant AS g SET stage = step.target, stage_since = step.at
    FROM grant_step(which, 'withdraw') AS step WHERE g.id = which AND g.stage = step.source
$$;

CREATE OR REPLACE FUNCTION grant_placed(which bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE funding_grant AS g SET stage = step.target, stage_since = step.at
    FROM grant_step(which, 'place') AS step WHERE g.id = which AND g.stage = step.source
$$;
