-- The voter shares the motion's row and reads the clock after that; whoever closes it takes the row for itself.
-- So a ballot is either in before the end and counted, or refused.

CREATE OR REPLACE FUNCTION channel_rank(channel text) RETURNS int LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE channel WHEN 'paper' THEN 3 WHEN 'proxy' THEN 2 ELSE 1 END $$;

CREATE OR REPLACE FUNCTION refuse_ballot() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE OR REPLACE FUNCTION keep_earlier_ballot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO deliberation_ballotchange (unit_id, choice, channel, receipt, by_id, cast_at, replaced_at)
        VALUES (OLD.unit_id, OLD.choice, OLD.channel, OLD.receipt, OLD.by_id, OLD.cast_at, NEW.cast_at);
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
CREATE TRIGGER no_removal BEFORE DELETE ON deliberation_paperballot
    FOR EACH ROW EXECUTE FUNCTION refuse_ballot_removal();
