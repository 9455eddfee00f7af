-- Whoever answers shares the survey's row and reads the clock after that; whoever closes it takes the row for
-- itself. So an answer is either in before the end and counted, or refused. A paper's answer says what its line
-- says, and is of the time when its sheet was registered.
CREATE OR REPLACE FUNCTION refuse_answer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    survey record;
    sheet record;
    has_sheet boolean;
    moment timestamptz;
    why text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an answer is never removed' USING ERRCODE = 'check_violation';
    END IF;
    SELECT stage, opens_at, closes_at, roll_id INTO survey
        FROM evaluation_survey WHERE id = NEW.survey_id FOR SHARE;
    moment := minshi_now();
    IF survey.stage IS DISTINCT FROM 'open' AND survey.stage IS DISTINCT FROM 'counting' THEN
        RAISE EXCEPTION 'survey % is closed', NEW.survey_id USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.survey_id, NEW.unit_id) <> (OLD.survey_id, OLD.unit_id) THEN
        RAISE EXCEPTION 'an answer stays with its household' USING ERRCODE = 'check_violation';
    END IF;
    IF survey.roll_id IS DISTINCT FROM (SELECT roll_id FROM rolls_unit WHERE id = NEW.unit_id) THEN
        RAISE EXCEPTION 'unit % is not on the roll', NEW.unit_id USING ERRCODE = 'check_violation';
    END IF;
    SELECT coalesce(line.corrected, line.settled) AS said, line.signer_id, paper_sheet.registered_at INTO sheet
        FROM evaluation_paperanswer AS paper JOIN paper_line AS line ON line.id = paper.line_id
        JOIN paper_sheet ON paper_sheet.id = line.sheet_id
        WHERE paper.unit_id = NEW.unit_id AND NOT paper.is_void;
    has_sheet := FOUND;
    IF NEW.channel = 'paper' THEN
        IF answer_says(to_jsonb(NEW)) IS DISTINCT FROM sheet.said OR NEW.speaker_id IS DISTINCT FROM sheet.signer_id THEN
            RAISE EXCEPTION 'unit %: its paper is not read so', NEW.unit_id USING ERRCODE = 'check_violation';
        END IF;
        NEW.at := sheet.registered_at;
    ELSE
        IF survey.stage <> 'open' OR moment < survey.opens_at OR moment >= survey.closes_at THEN
            RAISE EXCEPTION 'survey % does not run', NEW.survey_id USING ERRCODE = 'check_violation';
        END IF;
        IF has_sheet THEN
            RAISE EXCEPTION 'unit % has a registered paper', NEW.unit_id USING ERRCODE = 'check_violation';
        END IF;
        IF TG_OP = 'UPDATE' AND channel_rank(NEW.channel) < channel_rank(OLD.channel) THEN
            RAISE EXCEPTION 'a signed paper is not replaced online' USING ERRCODE = 'check_violation';
        END IF;
        -- Who moved keeps what they said; those behind the door now do not say it for them.
        IF TG_OP = 'UPDATE' AND NEW.speaker_id IS DISTINCT FROM OLD.speaker_id
           AND why_not_speak_for(NEW.unit_id, OLD.speaker_id, moment, true) IN ('unregistered', 'elsewhere') THEN
            RAISE EXCEPTION 'unit %: this answer is not theirs to change', NEW.unit_id USING ERRCODE = 'check_violation';
        END IF;
        why := why_not_speak_for(NEW.unit_id, NEW.speaker_id, moment,
                                 TG_OP = 'UPDATE' AND NEW.speaker_id IS NOT DISTINCT FROM OLD.speaker_id);
        IF why IS DISTINCT FROM '' THEN
            RAISE EXCEPTION 'unit %: person % may not speak for it: %', NEW.unit_id, NEW.speaker_id, why
                USING ERRCODE = 'check_violation';
        END IF;
        NEW.at := moment;
    END IF;
    -- Whatever becomes of it later, a household answered when it first did.
    NEW.first_at := CASE WHEN TG_OP = 'UPDATE' THEN OLD.first_at ELSE NEW.at END;
    NEW.voice := one_voice(NEW.unit_id, NEW.speaker_id);
    RETURN NEW;
END $$;
CREATE TRIGGER rightful_answer BEFORE INSERT OR UPDATE OR DELETE ON evaluation_answer
    FOR EACH ROW EXECUTE FUNCTION refuse_answer();

-- What an answer says, in the form in which a sheet is read.
CREATE OR REPLACE FUNCTION answer_says(answer jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object(
        'level', answer -> 'level', 'quality', answer -> 'quality', 'price', answer -> 'price',
        'process', answer -> 'process', 'responsiveness', answer -> 'responsiveness', 'advice', answer -> 'advice')
$$;

SELECT guard_single_voice('evaluation_answer', 'survey_id', 'voice', 'unit_id', 'true');
