from django.db import migrations

from minshi.audit.operations import AppendOnly

# domain.md 5 and 10.1, kept by the database whoever writes and however.

SHARES = """
-- Exact: "1/2" means more than half, every other share is reached when met (policy).
CREATE FUNCTION share_reached(part bigint, whole bigint, share text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN whole <= 0 THEN false
        WHEN split_part(share, '/', 1)::bigint * 2 = split_part(share, '/', 2)::bigint THEN part * 2 > whole
        ELSE part * split_part(share, '/', 2)::bigint >= whole * split_part(share, '/', 1)::bigint
    END
$$;
"""

MOTION = """
CREATE FUNCTION refuse_motion_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changing constant text[] := ARRAY['stage', 'stage_since', 'agree', 'against', 'abstain', 'on_paper',
        'unreachable', 'passed', 'digest', 'published_at', 'notice_id'];
    told record;
BEGIN
    IF TG_OP = 'DELETE' OR OLD.stage = 'published' THEN
        RAISE EXCEPTION 'motion % stays as it was published', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF to_jsonb(OLD) - changing <> to_jsonb(NEW) - changing THEN
        RAISE EXCEPTION 'the question and rule of motion % are frozen', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.stage = '' AND NEW.stage = 'open'
       AND NEW.electorate <> (SELECT count(*) FROM deliberation_unit WHERE motion_id = NEW.id) THEN
        RAISE EXCEPTION 'motion %: the electorate is not the one it says', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.stage = 'open' AND NEW.stage <> 'open' AND minshi_now() < OLD.closes_at THEN
        RAISE EXCEPTION 'motion % closes at %', OLD.id, OLD.closes_at USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.stage = 'published' THEN
        SELECT count(*) AS cast_, count(*) FILTER (WHERE choice = 'agree') AS agree,
               count(*) FILTER (WHERE choice = 'against') AS against,
               count(*) FILTER (WHERE choice = 'abstain') AS abstain,
               count(*) FILTER (WHERE channel = 'paper') AS on_paper
          INTO told FROM deliberation_ballot WHERE motion_id = NEW.id;
        IF (NEW.agree, NEW.against, NEW.abstain, NEW.on_paper)
           IS DISTINCT FROM (told.agree::int, told.against::int, told.abstain::int, told.on_paper::int) THEN
            RAISE EXCEPTION 'motion %: the tally is not the ballots', NEW.id USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.passed IS DISTINCT FROM (
            NEW.agree > NEW.against
            AND share_reached(told.cast_, CASE NEW.quorum_base WHEN 'cast' THEN told.cast_ ELSE NEW.electorate END, NEW.quorum)
            AND share_reached(NEW.agree, CASE NEW.threshold_base WHEN 'roll' THEN NEW.electorate ELSE told.cast_ END, NEW.threshold)
        ) THEN
            RAISE EXCEPTION 'motion %: the outcome is not what its rule says', NEW.id USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (
            SELECT 1 FROM deliberation_paperballot AS paper
            JOIN deliberation_unit AS unit ON unit.id = paper.unit_id AND unit.motion_id = NEW.id
            LEFT JOIN deliberation_ballot AS ballot ON ballot.unit_id = unit.id AND ballot.channel = 'paper'
            WHERE paper.voided_at IS NULL AND ballot.unit_id IS NULL
        ) THEN
            RAISE EXCEPTION 'motion %: a registered paper is not counted', NEW.id USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_motion BEFORE UPDATE OR DELETE ON deliberation_motion
    FOR EACH ROW EXECUTE FUNCTION refuse_motion_change();
SELECT guard_stage('deliberation_motion', 'deliberation.motion');

-- The electorate is written before the window opens and never after.
CREATE FUNCTION refuse_late_unit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    at text;
BEGIN
    SELECT stage INTO at FROM deliberation_motion WHERE id = NEW.motion_id;
    IF TG_OP = 'INSERT' AND at <> '' OR TG_OP = 'UPDATE' AND at = 'published' THEN
        RAISE EXCEPTION 'the electorate of motion % is frozen', NEW.motion_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_electorate BEFORE INSERT OR UPDATE ON deliberation_unit
    FOR EACH ROW EXECUTE FUNCTION refuse_late_unit();
"""

# The voter shares the motion's row and reads the clock after that; whoever closes it takes the row for itself.
# So a ballot is either in before the end and counted, or refused.
BALLOT = """
ALTER TABLE deliberation_ballot ADD CONSTRAINT ballot_of_unit_and_motion
    FOREIGN KEY (unit_id, motion_id) REFERENCES deliberation_unit (id, motion_id) DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION channel_rank(channel text) RETURNS int LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE channel WHEN 'paper' THEN 3 WHEN 'proxy' THEN 2 ELSE 1 END $$;

CREATE FUNCTION refuse_ballot() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    motion record;
    sheet record;
    has_sheet boolean;
BEGIN
    SELECT stage, closes_at INTO motion FROM deliberation_motion WHERE id = NEW.motion_id FOR SHARE;
    NEW.cast_at := minshi_now();
    SELECT choice, confirmed_at, corrected_at, corrected_by_id INTO sheet
        FROM deliberation_paperballot WHERE unit_id = NEW.unit_id AND voided_at IS NULL;
    has_sheet := FOUND;
    IF NEW.channel = 'paper' THEN
        IF motion.stage IS DISTINCT FROM 'counting' THEN
            RAISE EXCEPTION 'paper is counted after the end' USING ERRCODE = 'check_violation';
        END IF;
        IF sheet.corrected_at IS NOT NULL AND NEW.by_id = sheet.corrected_by_id
           OR sheet.corrected_at IS NULL AND sheet.confirmed_at IS NOT NULL AND NEW.choice = sheet.choice THEN
            NULL;
        ELSE
            RAISE EXCEPTION 'unit %: its paper is not confirmed so', NEW.unit_id USING ERRCODE = 'check_violation';
        END IF;
    ELSIF motion.stage IS DISTINCT FROM 'open' OR NEW.cast_at >= motion.closes_at THEN
        RAISE EXCEPTION 'motion % is closed', NEW.motion_id USING ERRCODE = 'check_violation';
    ELSIF has_sheet THEN
        RAISE EXCEPTION 'unit % has a registered paper', NEW.unit_id USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF NEW.unit_id <> OLD.unit_id OR NEW.motion_id <> OLD.motion_id OR NEW.receipt = OLD.receipt THEN
            RAISE EXCEPTION 'a changed ballot is of the same unit, with a new receipt' USING ERRCODE = 'check_violation';
        END IF;
        IF channel_rank(NEW.channel) < channel_rank(OLD.channel)
           OR channel_rank(NEW.channel) = channel_rank(OLD.channel) AND NEW.channel <> 'paper'
              AND NEW.by_id <> OLD.by_id THEN
            RAISE EXCEPTION 'unit %: this ballot is not theirs to change', NEW.unit_id USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rightful_ballot BEFORE INSERT OR UPDATE ON deliberation_ballot
    FOR EACH ROW EXECUTE FUNCTION refuse_ballot();

CREATE FUNCTION keep_earlier_ballot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO deliberation_ballotchange (unit_id, choice, channel, receipt, by_id, cast_at, replaced_at)
        VALUES (OLD.unit_id, OLD.choice, OLD.channel, OLD.receipt, OLD.by_id, OLD.cast_at, NEW.cast_at);
    RETURN NULL;
END $$;
CREATE TRIGGER kept_ballot AFTER UPDATE ON deliberation_ballot
    FOR EACH ROW EXECUTE FUNCTION keep_earlier_ballot();

CREATE FUNCTION refuse_ballot_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a ballot is never removed' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER no_removal BEFORE DELETE ON deliberation_ballot
    FOR EACH ROW EXECUTE FUNCTION refuse_ballot_removal();
CREATE TRIGGER no_removal BEFORE DELETE ON deliberation_paperballot
    FOR EACH ROW EXECUTE FUNCTION refuse_ballot_removal();
"""

# The whole act of voting online in one call, whose plans every connection keeps: half of its cost was planning.
# Who acts is set first, for the audit; the unit is found by the conditions that rules.why_not_vote puts into words.
# Late voters stop here without touching the motion's lock. NULL when there is more to be said.
CAST = """
CREATE FUNCTION cast_ballot(motion_key bigint, voter bigint, chosen text, number text, came_from text)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    own_unit bigint;
    stored timestamptz;
BEGIN
    PERFORM set_config('minshi.actor', voter::text, true), set_config('minshi.origin', came_from, true);
    SELECT unit.id INTO own_unit
    FROM residents_person AS person
    JOIN deliberation_unit AS unit ON unit.motion_id = motion_key AND unit.household_id = person.household_id
    JOIN deliberation_motion AS motion ON motion.id = unit.motion_id
    WHERE person.user_id = voter AND person.confirmed_at IS NOT NULL AND person.is_adult
      AND motion.stage = 'open' AND minshi_now() < motion.closes_at
      AND (person.is_representative OR NOT EXISTS (
          SELECT 1 FROM residents_person AS other
          WHERE other.household_id = person.household_id AND other.is_representative));
    IF FOUND THEN
        INSERT INTO deliberation_ballot (unit_id, motion_id, choice, channel, receipt, by_id)
        VALUES (own_unit, motion_key, chosen, 'online', number, voter)
        ON CONFLICT DO NOTHING RETURNING cast_at INTO stored;
    END IF;
    RETURN stored;
END $$;
"""

PAPER = """
CREATE FUNCTION refuse_paper() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    at text;
    ends timestamptz;
BEGIN
    SELECT motion.stage, motion.closes_at INTO at, ends FROM deliberation_motion AS motion
        JOIN deliberation_unit AS unit ON unit.motion_id = motion.id WHERE unit.id = NEW.unit_id FOR SHARE OF motion;
    IF TG_OP = 'INSERT' THEN
        NEW.registered_at := minshi_now();
        IF at <> 'open' OR NEW.registered_at >= ends THEN
            RAISE EXCEPTION 'a stub is registered before the end' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.confirmed_at IS NOT NULL OR NEW.corrected_at IS NOT NULL OR NEW.doubted_by_id IS NOT NULL
           OR NEW.voided_at IS NOT NULL THEN
            RAISE EXCEPTION 'a new stub has no past' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.voided_at IS NOT NULL OR at NOT IN ('open', 'counting') THEN
        RAISE EXCEPTION 'paper % is closed', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.unit_id, NEW.registered_by_id, NEW.registered_at, NEW.receipt)
       <> (OLD.unit_id, OLD.registered_by_id, OLD.registered_at, OLD.receipt)
       OR OLD.choice <> '' AND NEW.photo <> OLD.photo THEN
        RAISE EXCEPTION 'paper % stays what was registered', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.confirmed_at IS NOT NULL AND (NEW.choice, NEW.confirmed_at) IS DISTINCT FROM (OLD.choice, OLD.confirmed_at)
       OR OLD.corrected_at IS NOT NULL THEN
        RAISE EXCEPTION 'paper % is settled', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    -- The second reading and the household's own word belong to the counting.
    IF at <> 'counting' AND (NEW.confirmed_at, NEW.doubted_by_id, NEW.corrected_at)
       IS DISTINCT FROM (OLD.confirmed_at, OLD.doubted_by_id, OLD.corrected_at) THEN
        RAISE EXCEPTION 'paper % is confirmed after the end', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.corrected_at IS NOT NULL AND minshi_now() >= OLD.correct_until THEN
        RAISE EXCEPTION 'paper %: the days to correct it are over', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    -- After the end nobody alone takes a registered sheet back.
    IF NEW.voided_at IS NOT NULL AND at = 'counting' AND NEW.voided_by_id = OLD.registered_by_id THEN
        RAISE EXCEPTION 'paper % is voided by another person', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rightful_paper BEFORE INSERT OR UPDATE ON deliberation_paperballot
    FOR EACH ROW EXECUTE FUNCTION refuse_paper();
"""

MEETING = """
-- What was not announced in time is not voted, and what was recorded stays; the words keep their versions.
CREATE FUNCTION refuse_meeting_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    words constant text[] := ARRAY['minutes', 'dissent'];
BEGIN
    IF TG_OP = 'DELETE' OR OLD.stage = 'called_off'
       OR OLD.stage = 'recorded' AND to_jsonb(OLD) - words <> to_jsonb(NEW) - words THEN
        RAISE EXCEPTION 'meeting % stays as recorded', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.stage = 'recorded' AND OLD.stage <> 'recorded' AND (
        minshi_now() < NEW.begins_at
        OR NEW.begins_at < (SELECT ends_at FROM disclosure_notice WHERE id = NEW.agenda_notice_id)
    ) THEN
        RAISE EXCEPTION 'meeting % was not announced in time, or has not begun', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_meeting BEFORE UPDATE OR DELETE ON deliberation_meeting
    FOR EACH ROW EXECUTE FUNCTION refuse_meeting_change();
SELECT guard_stage('deliberation_meeting', 'deliberation.meeting');
"""

DECISION = """
CREATE FUNCTION date_study() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := minshi_now();
    RETURN NEW;
END $$;
CREATE TRIGGER dated_study BEFORE INSERT ON deliberation_partystudy FOR EACH ROW EXECUTE FUNCTION date_study();

-- The Party branch studies first (law from 2026-01-01), and studies this very version.
CREATE FUNCTION refuse_unstudied_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := minshi_now();
    IF NOT EXISTS (
        SELECT 1 FROM deliberation_partystudy
        WHERE id = NEW.study_id AND proposal_id = NEW.proposal_id AND version_id = NEW.version_id AND at < NEW.at
    ) THEN
        RAISE EXCEPTION 'proposal %: a decision needs an earlier study', NEW.proposal_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.motion_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM deliberation_motion
        WHERE id = NEW.motion_id AND proposal_id = NEW.proposal_id AND version_id = NEW.version_id
          AND stage = 'published' AND (passed OR NEW.outcome <> 'approve')
    ) THEN
        RAISE EXCEPTION 'proposal %: the formal vote does not carry this decision', NEW.proposal_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER studied_decision BEFORE INSERT ON deliberation_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_unstudied_decision();
"""

BACKWARD = """
DROP TRIGGER studied_decision ON deliberation_decision;
DROP FUNCTION refuse_unstudied_decision();
DROP TRIGGER dated_study ON deliberation_partystudy;
DROP FUNCTION date_study();
DROP TRIGGER recorded_stage ON deliberation_meeting;
DROP TRIGGER recorded_first_stage ON deliberation_meeting;
DROP TRIGGER frozen_meeting ON deliberation_meeting;
DROP FUNCTION refuse_meeting_change();
DROP TRIGGER rightful_paper ON deliberation_paperballot;
DROP FUNCTION refuse_paper();
DROP FUNCTION cast_ballot(bigint, bigint, text, text, text);
DROP TRIGGER no_removal ON deliberation_paperballot;
DROP TRIGGER no_removal ON deliberation_ballot;
DROP FUNCTION refuse_ballot_removal();
DROP TRIGGER kept_ballot ON deliberation_ballot;
DROP FUNCTION keep_earlier_ballot();
DROP TRIGGER rightful_ballot ON deliberation_ballot;
DROP FUNCTION refuse_ballot();
DROP FUNCTION channel_rank(text);
ALTER TABLE deliberation_ballot DROP CONSTRAINT ballot_of_unit_and_motion;
DROP TRIGGER frozen_electorate ON deliberation_unit;
DROP FUNCTION refuse_late_unit();
DROP TRIGGER recorded_stage ON deliberation_motion;
DROP TRIGGER recorded_first_stage ON deliberation_motion;
DROP TRIGGER frozen_motion ON deliberation_motion;
DROP FUNCTION refuse_motion_change();
DROP FUNCTION share_reached(bigint, bigint, text);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("deliberation", "0001_initial"),
        ("residents", "0001_initial"),
        ("lifecycle", "0002_guards"),
        ("disclosure", "0002_guards"),
    ]
    operations = [
        migrations.RunSQL(SHARES + MOTION + BALLOT + CAST + PAPER + MEETING + DECISION, BACKWARD),
        AppendOnly("deliberation_unit", mutable=("reach", "reach_by_id", "reach_note")),
        AppendOnly("deliberation_ballotchange"),
        AppendOnly("deliberation_workinggroup", mutable=("ended_at",)),
        AppendOnly("deliberation_member"),
        AppendOnly("deliberation_attendance"),
        AppendOnly("deliberation_resolution"),
        AppendOnly("deliberation_plan"),
        AppendOnly("deliberation_partystudy"),
        AppendOnly("deliberation_decision"),
        AppendOnly("deliberation_mark"),
    ]
