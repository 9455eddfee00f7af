SELECT guard_stage('evaluation_callback', 'evaluation.callback');
SELECT guard_stage('evaluation_check', 'evaluation.check');

CREATE OR REPLACE FUNCTION refuse_evaluation_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% %: it stays', TG_TABLE_NAME, OLD.id USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER no_removal BEFORE DELETE ON evaluation_callback
    FOR EACH ROW EXECUTE FUNCTION refuse_evaluation_removal();
CREATE TRIGGER no_removal BEFORE DELETE ON evaluation_aftercare
    FOR EACH ROW EXECUTE FUNCTION refuse_evaluation_removal();
CREATE TRIGGER no_removal BEFORE DELETE ON evaluation_check
    FOR EACH ROW EXECUTE FUNCTION refuse_evaluation_removal();

CREATE OR REPLACE FUNCTION refuse_check_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.stage = 'done' THEN
        RAISE EXCEPTION 'check % is done', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.stage = 'done' AND minshi_now() < OLD.begins_at THEN
        RAISE EXCEPTION 'check % begins at %', OLD.id, OLD.begins_at USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_check BEFORE UPDATE ON evaluation_check
    FOR EACH ROW EXECUTE FUNCTION refuse_check_change();
