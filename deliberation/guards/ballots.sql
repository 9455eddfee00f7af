-- The voter shares the motion's row and reads the clock after that; whoever closes it takes the row for itself.
-- So a ballot is either in before the end and counted, or refused.

CREATE OR REPLACE FUNCTION refuse_ballot() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    motion record;
    sheet record;
    has_sheet boolean;
    why text;
BEGIN
    SELECT stage, closes_at, roll_id INTO motion FROM deliberation_motion WHERE id = NEW.motion_id FOR SHARE;
    NEW.cast_at := minshi_now();
    NEW.voice := one_voice(NEW.unit_id, NEW.speaker_id);
    IF motion.roll_id IS DISTINCT FROM (SELECT roll_id FROM rolls_unit WHERE id = NEW.unit_id) THEN
        RAISE EXCEPTION 'unit % is not on the roll of motion %', NEW.unit_id, NEW.motion_id
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT line.settled, line.corrected, line.signer_id INTO sheet
        FROM deliberation_paperballot AS paper JOIN paper_line AS line ON line.id = paper.line_id
        WHERE paper.unit_id = NEW.unit_id AND NOT paper.is_void;
    has_sheet := FOUND;
    IF NEW.channel = 'paper' THEN
        IF motion.stage IS DISTINCT FROM 'counting' THEN
            RAISE EXCEPTION 'paper is counted after the end' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.choice IS DISTINCT FROM (coalesce(sheet.corrected, sheet.settled) ->> 'choice')
           OR NEW.speaker_id IS DISTINCT FROM sheet.signer_id THEN
            RAISE EXCEPTION 'unit %: its paper is not confirmed so', NEW.unit_id USING ERRCODE = 'check_violation';
        END IF;
    ELSIF motion.stage IS DISTINCT FROM 'open' OR NEW.cast_at >= motion.closes_at THEN
        RAISE EXCEPTION 'motion % is closed', NEW.motion_id USING ERRCODE = 'check_violation';
    ELSIF has_sheet THEN
        RAISE EXCEPTION 'unit % has a registered paper', NEW.unit_id USING ERRCODE = 'check_violation';
    ELSIF NEW.channel <> 'proxy' THEN
        -- Who cast it may change it; who has moved keeps what they said, and nobody changes it on a screen.
        why := why_not_speak_for(NEW.unit_id, NEW.speaker_id, NEW.cast_at, TG_OP = 'UPDATE');
        IF why IS DISTINCT FROM '' THEN
            RAISE EXCEPTION 'unit %: person % may not speak for it: %', NEW.unit_id, NEW.speaker_id, why
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF EXISTS (SELECT FROM deliberation_ballotchange WHERE slip_number = NEW.slip_number) THEN
        RAISE EXCEPTION 'this ballot came before and was replaced' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.unit_id, NEW.motion_id) <> (OLD.unit_id, OLD.motion_id) OR NEW.slip_number = OLD.slip_number
           OR NEW.check_number = OLD.check_number THEN
            RAISE EXCEPTION 'a changed ballot is of the same unit, with new numbers' USING ERRCODE = 'check_violation';
        END IF;
        IF channel_rank(NEW.channel) < channel_rank(OLD.channel)
           OR channel_rank(NEW.channel) = channel_rank(OLD.channel) AND NEW.channel <> 'paper'
              AND NEW.speaker_id IS DISTINCT FROM OLD.speaker_id THEN
            RAISE EXCEPTION 'unit %: this ballot is not theirs to change', NEW.unit_id USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rightful_ballot BEFORE INSERT OR UPDATE ON deliberation_ballot
    FOR EACH ROW EXECUTE FUNCTION refuse_ballot();

CREATE OR REPLACE FUNCTION keep_earlier_ballot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO deliberation_ballotchange (unit_id, choice, channel, slip_number, speaker_id, by_id, cast_at, replaced_at)
        VALUES (OLD.unit_id, OLD.choice, OLD.channel, OLD.slip_number, OLD.speaker_id, OLD.by_id, OLD.cast_at, NEW.cast_at);
    RETURN NULL;
END $$;
CREATE TRIGGER kept_ballot AFTER UPDATE ON deliberation_ballot
    FOR EACH ROW EXECUTE FUNCTION keep_earlier_ballot();
SELECT append_only('deliberation_ballotchange');

CREATE OR REPLACE FUNCTION refuse_ballot_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a ballot is never removed' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER no_removal BEFORE DELETE ON deliberation_ballot
    FOR EACH ROW EXECUTE FUNCTION refuse_ballot_removal();

-- The application writes ballots through the functions of casting.sql alone.
SELECT revoke_from_application('INSERT, UPDATE, DELETE', 'deliberation_ballot', 'deliberation_ballotchange');

SELECT guard_single_voice('deliberation_ballot', 'motion_id', 'voice', 'unit_id', 'true');
