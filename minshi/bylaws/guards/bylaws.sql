-- Who entered it does not confirm it.
SELECT guard_humans('bylaws_bylaw', 'entered_by_id', 'answered_by_id');
SELECT append_only('bylaws_bylaw', 'answered_by_id', 'answered_as', 'answered_at', 'is_granted', 'answer',
    'since', 'until', 'replaces_id');

-- Once confirmed nothing of it changes but its end, which another of its kind brings, from today on: what held on a
-- past day held. It is answered once; confirmed late it begins on that day.
CREATE OR REPLACE FUNCTION refuse_bylaw_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.answered_at IS NOT NULL THEN
            RAISE EXCEPTION 'bylaw %: two people make it', NEW.id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.answered_at IS NULL THEN
        IF NEW.until IS DISTINCT FROM OLD.until OR NEW.since <> OLD.since AND NOT (
            NEW.is_granted IS TRUE AND NEW.since = minshi_today() AND NEW.since > OLD.since
        ) THEN
            RAISE EXCEPTION 'bylaw %: its days stay as they were entered', NEW.id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(OLD) - 'until' <> to_jsonb(NEW) - 'until' OR NOT OLD.is_granted
       OR NEW.until IS NULL OR NEW.until >= OLD.until OR NEW.until < minshi_today() OR NOT EXISTS (
        SELECT FROM bylaws_bylaw
        WHERE place_id = OLD.place_id AND kind = OLD.kind AND answered_at IS NULL AND since <= NEW.until
    ) THEN
        RAISE EXCEPTION 'bylaw %: it stays as it was confirmed', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bylaw_stays BEFORE INSERT OR UPDATE ON bylaws_bylaw
    FOR EACH ROW EXECUTE FUNCTION refuse_bylaw_change();
