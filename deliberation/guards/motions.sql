-- domain.md 5 and 10.1, kept by the database whoever writes and however.

CREATE OR REPLACE FUNCTION refuse_motion_change() RETURNS trigger LANGUAGE plpgsql AS $$
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
