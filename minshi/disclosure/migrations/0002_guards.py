from django.db import migrations

from minshi.audit.operations import AppendOnly

NOTICE = """
-- Whole from the first moment: posted now, ending at midnight, and a gate as long as it says.
CREATE FUNCTION refuse_short_notice() RETURNS trigger LANGUAGE plpgsql AS $$
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
       OR NEW.objections_open <> 0 OR NEW.objecting_households <> 0 THEN
        RAISE EXCEPTION 'a new notice has no past' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER whole_notice BEFORE INSERT ON disclosure_notice
    FOR EACH ROW EXECUTE FUNCTION refuse_short_notice();

-- Withdrawn and reopened are for good; the counters are what the objections' rows say.
CREATE FUNCTION refuse_false_notice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    counted record;
BEGIN
    IF OLD.reopened_at IS NOT NULL AND NEW.reopened_at IS DISTINCT FROM OLD.reopened_at THEN
        RAISE EXCEPTION 'notice % stays reopened', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.withdrawn_by_id IS DISTINCT FROM OLD.withdrawn_by_id
       AND (OLD.withdrawn_by_id IS NOT NULL OR NEW.objections_open > 0 OR NEW.withdrawn_by_id <= NEW.id) THEN
        RAISE EXCEPTION 'notice % cannot be withdrawn so', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    SELECT count(*) AS total, count(*) FILTER (WHERE answered_at IS NULL) AS open,
           count(DISTINCT household_id) AS households
      INTO counted FROM disclosure_objection WHERE notice_id = OLD.id;
    IF (NEW.objections_total, NEW.objections_open, NEW.objecting_households)
       <> (counted.total, counted.open, counted.households) THEN
        RAISE EXCEPTION 'the counters of notice % are kept by its objections', OLD.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER true_notice BEFORE UPDATE ON disclosure_notice
    FOR EACH ROW EXECUTE FUNCTION refuse_false_notice();
"""

OBJECTION = """
-- The notice's row is locked first and the clock read after it: nothing comes in behind a gate that has passed.
CREATE FUNCTION refuse_late_objection() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION refuse_second_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.answered_at IS NOT NULL THEN
        RAISE EXCEPTION 'objection % is answered', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER one_answer BEFORE UPDATE ON disclosure_objection
    FOR EACH ROW EXECUTE FUNCTION refuse_second_answer();

-- The lock in a statement of its own: the count after it then sees what others have committed.
CREATE FUNCTION count_objections() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""

# What a step that waits for a notice asks. The share lock waits for an objection being written; the second
# statement then sees it, and none can come after it.
PASSED = """
CREATE FUNCTION notice_passed(notice bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM disclosure_notice WHERE id = notice FOR SHARE;
    RETURN EXISTS (
        SELECT 1 FROM disclosure_notice
        WHERE id = notice AND withdrawn_by_id IS NULL AND reopened_at IS NULL
          AND objections_open = 0 AND ends_at <= minshi_now()
    );
END $$;
"""

BACKWARD = """
DROP FUNCTION notice_passed(bigint);
DROP TRIGGER counted_objection ON disclosure_objection;
DROP FUNCTION count_objections();
DROP TRIGGER one_answer ON disclosure_objection;
DROP FUNCTION refuse_second_answer();
DROP TRIGGER timely_objection ON disclosure_objection;
DROP FUNCTION refuse_late_objection();
DROP TRIGGER true_notice ON disclosure_notice;
DROP FUNCTION refuse_false_notice();
DROP TRIGGER whole_notice ON disclosure_notice;
DROP FUNCTION refuse_short_notice();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("disclosure", "0001_initial"),
        ("audit", "0001_refuse_change"),
        ("clock", "0001_initial"),
    ]
    operations = [
        AppendOnly(
            "disclosure_notice",
            mutable=(
                "withdrawn_by_id",
                "reopened_at",
                "objections_total",
                "objections_open",
                "objecting_households",
            ),
        ),
        AppendOnly(
            "disclosure_objection",
            mutable=(
                "level",
                "due_at",
                "climbed_at",
                "climb_reason",
                "answer",
                "outcome",
                "answered_at",
                "answered_by_id",
                "answered_as",
            ),
        ),
        AppendOnly("disclosure_postingphoto"),
        migrations.RunSQL(NOTICE + OBJECTION + PASSED, BACKWARD),
    ]
