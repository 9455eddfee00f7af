-- The notice's row is locked first and the clock read after it: nothing comes in behind a gate that has passed.
CREATE OR REPLACE FUNCTION refuse_late_objection() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    notice record;
BEGIN
    SELECT number, posted_at, ends_at, withdrawn_by_id, objections_total INTO notice
      FROM disclosure_notice WHERE id = NEW.notice_id FOR NO KEY UPDATE;
    NEW.at := minshi_now();
    IF NEW.at < notice.posted_at OR NEW.at >= notice.ends_at OR notice.withdrawn_by_id IS NOT NULL THEN
        RAISE EXCEPTION 'the period of notice % does not run', notice.number USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.answered_at IS NOT NULL OR NEW.climbed_at IS NOT NULL THEN
        RAISE EXCEPTION 'a new objection has no answer' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER timely_objection BEFORE INSERT ON disclosure_objection
    FOR EACH ROW EXECUTE FUNCTION refuse_late_objection();

CREATE OR REPLACE FUNCTION refuse_second_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.answered_at IS NOT NULL THEN
        RAISE EXCEPTION 'objection % is answered', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER one_answer BEFORE UPDATE ON disclosure_objection
    FOR EACH ROW EXECUTE FUNCTION refuse_second_answer();
SELECT append_only(
    'disclosure_objection',
    'level', 'due_at', 'climbed_at', 'climb_reason', 'answer',
    'outcome', 'answered_at', 'answered_by_id', 'answered_as'
);

-- The lock in a statement of its own: the count after it then sees what others have committed.
CREATE OR REPLACE FUNCTION count_objections() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM disclosure_notice WHERE id = NEW.notice_id FOR NO KEY UPDATE;
    UPDATE disclosure_notice AS notice SET
        objections_total = counted.total,
        objections_open = counted.open,
        objecting_households = counted.households,
        reopened_at = CASE
            WHEN notice.reopened_at IS NULL AND notice.reopen_households > 0
                 AND counted.households >= notice.reopen_households THEN minshi_now()
            ELSE notice.reopened_at END
    FROM (SELECT count(*) AS total, count(*) FILTER (WHERE answered_at IS NULL) AS open,
                 count(DISTINCT household_id) AS households
            FROM disclosure_objection WHERE notice_id = NEW.notice_id) AS counted
    WHERE notice.id = NEW.notice_id;
    RETURN NULL;
END $$;
CREATE TRIGGER counted_objection AFTER INSERT OR UPDATE OF answered_at ON disclosure_objection
    FOR EACH ROW EXECUTE FUNCTION count_objections();
