-- domain.md 4.11 and 10, kept by the database whoever writes and however.

-- A notice is named once; after that only the one that corrects it takes its place.
CREATE OR REPLACE FUNCTION evaluation_notice_follows(old bigint, new bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT old IS NULL OR old IS NOT DISTINCT FROM new
        OR EXISTS (SELECT 1 FROM disclosure_notice WHERE id = old AND withdrawn_by_id = new)
$$;

-- What the answers decide, by the terms pinned at opening (domain.md 4.11).
CREATE OR REPLACE FUNCTION survey_verdict(answers numeric, satisfied numeric, needed int, terms jsonb) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN answers < needed THEN 'too_few'
        WHEN share_reached(satisfied, answers, terms ->> 'rating.pass') THEN 'passed'
        WHEN share_reached(satisfied, answers, terms ->> 'rating.refuse') THEN 'mend'
        ELSE 'refused' END
$$;

-- Who is asked: the frozen list without the doors that have left the register.
CREATE OR REPLACE FUNCTION frozen_dwellings(project bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT door.id FROM proposals_beneficiary AS frozen JOIN territory_household AS door ON door.id = frozen.household_id
    WHERE frozen.proposal_id = project AND door.is_active
$$;

CREATE OR REPLACE FUNCTION refuse_survey_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    results constant text[] := ARRAY['stage', 'stage_since', 'answers_count', 'satisfied', 'levels', 'aspects',
        'on_paper', 'verdict', 'closed_at'];
    after_closing constant text[] := ARRAY['notice_id', 'ruling', 'ruling_reason', 'ruled_by_id', 'hold_settled_at'];
    told record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.asked IS DISTINCT FROM (SELECT size FROM rolls_roll WHERE id = NEW.roll_id) OR EXISTS (
            SELECT household_id FROM rolls_unit WHERE roll_id = NEW.roll_id
            EXCEPT SELECT id FROM frozen_dwellings(NEW.proposal_id) AS id
        ) OR EXISTS (
            SELECT id FROM frozen_dwellings(NEW.proposal_id) AS id
            EXCEPT SELECT household_id FROM rolls_unit WHERE roll_id = NEW.roll_id
        ) THEN
            RAISE EXCEPTION 'survey: its roll is not the list of beneficiaries' USING ERRCODE = 'check_violation';
        END IF;
        IF (SELECT coalesce(sum((entry ->> 'doors')::int), 0) FROM jsonb_array_elements(NEW.struck_off) AS entry)
           <> (SELECT count(*) FROM proposals_beneficiary WHERE proposal_id = NEW.proposal_id) - NEW.asked THEN
            RAISE EXCEPTION 'survey: who is not asked of the list is said with its reason'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'survey % stays', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.stage = 'closed' THEN
        IF to_jsonb(OLD) - after_closing <> to_jsonb(NEW) - after_closing
           OR NOT evaluation_notice_follows(OLD.notice_id, NEW.notice_id)
           OR OLD.ruling <> '' AND (NEW.ruling, NEW.ruling_reason) <> (OLD.ruling, OLD.ruling_reason)
           OR OLD.hold_settled_at IS NOT NULL AND NEW.hold_settled_at IS DISTINCT FROM OLD.hold_settled_at THEN
            RAISE EXCEPTION 'the result of survey % stays as it is', OLD.id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(OLD) - results - ARRAY['closes_at', 'extended_at']
       <> to_jsonb(NEW) - results - ARRAY['closes_at', 'extended_at'] THEN
        RAISE EXCEPTION 'who is asked in survey % and by which rule is frozen', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.closes_at, NEW.extended_at) IS DISTINCT FROM (OLD.closes_at, OLD.extended_at)
       AND NOT (OLD.stage = 'open' AND NEW.stage = 'open' AND OLD.extended_at IS NULL
                AND NEW.extended_at IS NOT NULL AND NEW.closes_at > OLD.closes_at)
       AND NOT (OLD.stage = 'open' AND NEW.stage = 'open' AND OLD.closes_at > minshi_now()
                AND NEW.extended_at IS NOT DISTINCT FROM OLD.extended_at AND EXISTS (
            SELECT FROM policy_lengthening WHERE subject_type = 'evaluation.survey' AND subject_id = OLD.id
                AND old_end = OLD.closes_at AND new_end = NEW.closes_at)) THEN
        RAISE EXCEPTION 'survey % is extended once and never shortened', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.stage = 'open' AND NEW.stage <> 'open' AND minshi_now() < OLD.closes_at THEN
        RAISE EXCEPTION 'survey % closes at %', OLD.id, OLD.closes_at USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.stage = 'closed' THEN
        SELECT coalesce(sum(units), 0) AS answers,
               coalesce(sum(units) FILTER (WHERE said_word::int <= 3), 0) AS satisfied,
               coalesce(sum(units) FILTER (WHERE channel = 'paper'), 0) AS on_paper
          INTO told FROM roll_tally(NEW.roll_id, 'evaluation_answer', 'level');
        IF EXISTS (
            SELECT FROM evaluation_paperanswer AS paper
                JOIN rolls_unit AS unit ON unit.id = paper.unit_id JOIN paper_line AS line ON line.id = paper.line_id
                LEFT JOIN evaluation_answer AS answer ON answer.unit_id = paper.unit_id AND answer.channel = 'paper'
            WHERE unit.roll_id = NEW.roll_id AND NOT paper.is_void AND (
                line.settled_at IS NULL AND line.corrected_at IS NULL
                OR answer_says(to_jsonb(answer)) IS DISTINCT FROM coalesce(line.corrected, line.settled))
        ) THEN
            RAISE EXCEPTION 'survey %: a registered sheet is not read or not counted', NEW.id
                USING ERRCODE = 'check_violation';
        END IF;
        IF (NEW.answers_count, NEW.satisfied, NEW.on_paper)
           IS DISTINCT FROM (told.answers::int, told.satisfied::int, told.on_paper::int) THEN
            RAISE EXCEPTION 'survey %: the result is not the answers', NEW.id USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.verdict <> survey_verdict(told.answers, told.satisfied, NEW.needed, NEW.terms) THEN
            RAISE EXCEPTION 'survey %: % is not what the answers say', NEW.id, NEW.verdict
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_survey BEFORE INSERT OR UPDATE OR DELETE ON evaluation_survey
    FOR EACH ROW EXECUTE FUNCTION refuse_survey_change();
SELECT guard_stage('evaluation_survey', 'evaluation.survey');
SELECT guard_humans('evaluation_callback', 'mended_by_id', 'settled_by_id');

-- How many households had answered at the last fixed hour: a registered sheet is one, and neither a change, nor its
-- reading, nor taking it back moves the count before the next hour.
CREATE OR REPLACE FUNCTION answered_as_told(survey evaluation_survey) RETURNS int LANGUAGE sql STABLE AS $$
    SELECT count(*)::int
    FROM told_as_of(survey.closes_at, (survey.terms ->> 'ballots.lists_every_hours')::int) AS moment
    JOIN rolls_unit AS unit ON unit.roll_id = survey.roll_id
    WHERE EXISTS (SELECT FROM evaluation_answer AS answer WHERE answer.unit_id = unit.id AND answer.first_at <= moment)
       OR EXISTS (SELECT FROM evaluation_paperanswer AS paper
                  JOIN paper_line AS line ON line.id = paper.line_id
                  JOIN paper_sheet AS sheet ON sheet.id = line.sheet_id
                  WHERE paper.unit_id = unit.id AND sheet.registered_at <= moment
                    AND (NOT paper.is_void OR line.voided_at > moment))
$$;
