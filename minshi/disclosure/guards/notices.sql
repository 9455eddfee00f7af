-- Whole from the first moment: posted now, ending at midnight, and a gate as long as it says.
CREATE OR REPLACE FUNCTION refuse_short_notice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    posted date := (NEW.posted_at AT TIME ZONE 'Asia/Shanghai')::date;
    first_end timestamptz := (NEW.starts_on + NEW.working_days + NEW.calendar_days)::timestamp
                             AT TIME ZONE 'Asia/Shanghai';
BEGIN
    IF NEW.posted_at NOT BETWEEN minshi_now() - interval '10 minutes' AND minshi_now() THEN
        RAISE EXCEPTION 'a notice is posted now, not at %', NEW.posted_at USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.starts_on <> posted + 1 OR NEW.ends_at < first_end
       OR (NEW.ends_at AT TIME ZONE 'Asia/Shanghai')::time <> time '00:00' THEN
        RAISE EXCEPTION 'notice % ends at % before its days are over', NEW.number, NEW.ends_at
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.withdrawn_by_id IS NOT NULL OR NEW.reopened_at IS NOT NULL OR NEW.objections_total <> 0
       OR NEW.objections_open <> 0 OR NEW.objections_unread <> 0 OR NEW.objecting_households <> 0
       OR NEW.objections_remarked <> 0 THEN
        RAISE EXCEPTION 'a new notice has no past' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER whole_notice BEFORE INSERT ON disclosure_notice
    FOR EACH ROW EXECUTE FUNCTION refuse_short_notice();

-- Withdrawn and reopened are for good; the counters are what the objections' rows say.
CREATE OR REPLACE FUNCTION refuse_false_notice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    counted record;
BEGIN
    IF OLD.reopened_at IS NOT NULL AND NEW.reopened_at IS DISTINCT FROM OLD.reopened_at THEN
        RAISE EXCEPTION 'notice % stays reopened', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.withdrawn_by_id IS DISTINCT FROM OLD.withdrawn_by_id
       AND (OLD.withdrawn_by_id IS NOT NULL OR OLD.reopened_at IS NOT NULL OR NEW.objections_open > 0 OR NEW.objections_unread > 0
            OR NEW.withdrawn_by_id <= NEW.id) THEN
        RAISE EXCEPTION 'notice % cannot be withdrawn so', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    -- It ends later than it said only while it runs, and by a calendar that is on record in this transaction.
    IF NEW.ends_at <> OLD.ends_at AND (OLD.ends_at <= minshi_now() OR NOT EXISTS (
        SELECT 1 FROM policy_lengthening WHERE subject_type = 'disclosure.notice' AND subject_id = OLD.id
            AND old_end = OLD.ends_at AND new_end = NEW.ends_at)) THEN
        RAISE EXCEPTION 'notice % ends when it was said', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.provisional AND NOT OLD.provisional THEN
        RAISE EXCEPTION 'the end of notice % is firm', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    SELECT * INTO counted FROM objections_of(OLD.id);
    IF (NEW.objections_total, NEW.objections_open, NEW.objections_unread, NEW.objecting_households, NEW.objections_remarked)
       <> (counted.total, counted.open, counted.unread, counted.households, counted.remarked) THEN
        RAISE EXCEPTION 'the counters of notice % are kept by its objections', OLD.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER true_notice BEFORE UPDATE ON disclosure_notice
    FOR EACH ROW EXECUTE FUNCTION refuse_false_notice();
SELECT append_only(
    'disclosure_notice',
    'withdrawn_by_id', 'reopened_at', 'objections_total', 'objections_open', 'objections_unread',
    'objecting_households', 'objections_remarked', 'ends_at', 'provisional'
);

-- What a step that waits for a notice asks. The share lock waits for an objection being written, and for a sheet being
-- read again; the second statement then sees it, and none can come after it. A sheet that nobody has read a second
-- time may be the one household that reopens it. What a third objected to twice passes by the word of the level above,
-- and what was called a remark holds nothing up.
CREATE OR REPLACE FUNCTION notice_passed(notice bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM disclosure_notice WHERE id = notice FOR SHARE;
    RETURN EXISTS (
        SELECT 1 FROM disclosure_notice
        WHERE id = notice AND withdrawn_by_id IS NULL AND (reopened_at IS NULL OR is_confirmed_above(id))
          AND objections_open = objections_remarked AND objections_unread = 0 AND ends_at <= minshi_now()
    );
END $$;
