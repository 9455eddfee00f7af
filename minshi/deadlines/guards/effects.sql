-- domain.md 10.5: never early, and (the primary key of effect) never twice. What is late is looked at again at its
-- own time; its day stays.
CREATE OR REPLACE FUNCTION refuse_early_effect() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT coalesce(wakes_at, due) FROM deadlines_deadline WHERE id = NEW.deadline_id) > minshi_now() THEN
        RAISE EXCEPTION 'deadline % is not due yet', NEW.deadline_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER never_early BEFORE INSERT ON deadlines_effect FOR EACH ROW EXECUTE FUNCTION refuse_early_effect();
SELECT append_only('deadlines_effect');

-- domain.md 4: a due date never moves by being late. Before it is over it may move with its rule, afterwards never.
CREATE OR REPLACE FUNCTION refuse_moved_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.set_at IS DISTINCT FROM OLD.set_at OR OLD.due <= minshi_now() OR NEW.due <= minshi_now() THEN
        RAISE EXCEPTION 'deadline % stays due as it was', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER end_stays BEFORE UPDATE OF due, set_at ON deadlines_deadline
    FOR EACH ROW WHEN (NEW.due <> OLD.due OR NEW.set_at <> OLD.set_at) EXECUTE FUNCTION refuse_moved_end();
