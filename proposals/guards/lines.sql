-- What a version costs is what its lines add up to, where somebody wrote them out.
CREATE OR REPLACE FUNCTION refuse_wrong_sum() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF jsonb_array_length(NEW.lines) > 0 AND NEW.cost_fen IS DISTINCT FROM (
        SELECT sum(round((line ->> 'quantity')::numeric * (line ->> 'price_fen')::numeric))
        FROM jsonb_array_elements(NEW.lines) AS line
    ) THEN
        RAISE EXCEPTION 'the lines of version % do not add up to its cost', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lines_add_up BEFORE INSERT ON proposals_version
    FOR EACH ROW EXECUTE FUNCTION refuse_wrong_sum();
