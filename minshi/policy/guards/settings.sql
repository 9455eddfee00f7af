-- A project pinned it, a notice quoted it: what has begun to hold is not rewritten, only succeeded.
CREATE OR REPLACE FUNCTION setting_in_force_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.since <= minshi_today() THEN
        RAISE EXCEPTION 'a setting in force is not changed, a later one succeeds it' USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER setting_in_force_stays BEFORE UPDATE OR DELETE ON policy_setting
    FOR EACH ROW EXECUTE FUNCTION setting_in_force_stays();

-- The rule of the nearest place that gave one, else the platform's: what minshi/policy/selectors.py answers.
CREATE OR REPLACE FUNCTION policy_in_force(of_parameter text, of_place bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT setting.value FROM policy_setting AS setting
    JOIN policy_parameter AS parameter ON parameter.id = setting.parameter_id AND parameter.name = of_parameter
    LEFT JOIN territory_territory AS whole ON whole.id = setting.place_id
    WHERE setting.since <= minshi_today() AND (
        setting.place_id IS NULL
        OR EXISTS (SELECT FROM territory_territory AS place WHERE place.id = of_place AND starts_with(place.path, whole.path))
    )
    ORDER BY length(whole.path) DESC NULLS LAST, setting.since DESC LIMIT 1
$$;
