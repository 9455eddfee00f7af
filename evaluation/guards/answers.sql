-- Whoever answers shares the survey's row and reads the clock after that; whoever closes it takes the row for
-- itself. So an answer is either in before the end and counted, or refused.
CREATE OR REPLACE FUNCTION refuse_answer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    survey record;
    moment timestamptz;
    why text;
    said constant text[] := ARRAY['confirmed_by_id', 'confirmed_at'];
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
    IF TG_OP = 'UPDATE' AND OLD.channel = 'paper' AND OLD.confirmed_at IS NULL AND NEW.channel = 'paper' THEN
        -- Reading a sheet that came in time: confirming what was entered, or entering it anew.
        IF NEW.confirmed_at IS NOT NULL THEN
            IF to_jsonb(OLD) - said <> to_jsonb(NEW) - said THEN
                RAISE EXCEPTION 'confirming changes nothing else' USING ERRCODE = 'check_violation';
            END IF;
            NEW.confirmed_at := moment;
        END IF;
        RETURN NEW;
    END IF;
    IF survey.stage <> 'open' OR moment < survey.opens_at OR moment >= survey.closes_at THEN
        RAISE EXCEPTION 'survey % does not run', NEW.survey_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.confirmed_at IS NOT NULL THEN
        RAISE EXCEPTION 'what is new has not been confirmed' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.channel = 'paper' AND NEW.channel = 'online' THEN
        RAISE EXCEPTION 'a signed paper is not replaced online' USING ERRCODE = 'check_violation';
    END IF;
    IF survey.roll_id IS DISTINCT FROM (SELECT roll_id FROM rolls_unit WHERE id = NEW.unit_id) THEN
        RAISE EXCEPTION 'unit % is not on the roll', NEW.unit_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.channel IN ('online', 'kiosk') THEN
        why := why_not_speak_for(NEW.unit_id, NEW.speaker_id, moment,
                                 TG_OP = 'UPDATE' AND NEW.speaker_id IS NOT DISTINCT FROM OLD.speaker_id);
        IF why IS DISTINCT FROM '' THEN
            RAISE EXCEPTION 'unit %: person % may not speak for it: %', NEW.unit_id, NEW.speaker_id, why
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    NEW.voice := one_voice(NEW.unit_id, NEW.speaker_id);
    NEW.at := moment;
    RETURN NEW;
END $$;
CREATE TRIGGER rightful_answer BEFORE INSERT OR UPDATE OR DELETE ON evaluation_answer
    FOR EACH ROW EXECUTE FUNCTION refuse_answer();
