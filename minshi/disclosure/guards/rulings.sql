-- What a third of the households reopened is changed or answered before it is announced again, the same content once;
-- then the level above decides in public (domain.md 4).

CREATE OR REPLACE FUNCTION is_confirmed_above(which bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM disclosure_ruling
        WHERE notice_id = which AND confirms AND dropped_at IS NULL AND (level <> 'above' OR second_id IS NOT NULL)
    )
$$;

-- What is said, without what changes nothing of it: spaces seen and unseen, width, case, and punctuation, but not the
-- point within a number.
CREATE OR REPLACE FUNCTION notice_content(body text, content jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(
        lower(normalize(body || content::text, NFKC)),
        '[\s"''\u201c\u201d\u2018\u2019,\u3001\u3002;:!?()\[\]\u300a\u300b\u2014\u00b7\u200b-\u200d\u2060\ufeff\u2800\u1160]'
            || '|\.(?![0-9])',
        '', 'g'
    )
$$;

-- How often a third reopened this content of this matter, and what of that is not answered. What the level above
-- confirmed is settled and counts no more.
CREATE OR REPLACE FUNCTION reopened_alike(said disclosure_notice)
RETURNS TABLE (times bigint, unanswered bigint) LANGUAGE sql STABLE AS $$
    SELECT count(*), coalesce(sum(before.objections_open + before.objections_unread), 0)::bigint
    FROM disclosure_notice AS before
    WHERE before.is_gate AND before.kind = said.kind AND before.link = said.link AND before.reopened_at IS NOT NULL
      AND (said.link <> '' OR (before.place_id, before.title) = (said.place_id, said.title))
      AND notice_content(before.body, before."table") = notice_content(said.body, said."table")
      AND NOT is_confirmed_above(before.id)
$$;

CREATE OR REPLACE FUNCTION is_reopened_again(which bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT alike.times >= 2 FROM disclosure_notice AS notice, reopened_alike(notice) AS alike
        WHERE notice.id = which AND notice.reopened_at IS NOT NULL
    ), false)
$$;

CREATE OR REPLACE FUNCTION refuse_same_content() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before record;
BEGIN
    SELECT * INTO before FROM reopened_alike(NEW);
    IF before.times >= 2 THEN
        RAISE EXCEPTION 'this content was reopened twice' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'content_reopened_twice';
    END IF;
    IF before.unanswered > 0 THEN
        RAISE EXCEPTION 'what reopened this content is not answered' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'content_reopened_unanswered',
            DETAIL = jsonb_build_object('count', before.unanswered)::text;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER changed_or_answered BEFORE INSERT ON disclosure_notice
    FOR EACH ROW WHEN (NEW.is_gate) EXECUTE FUNCTION refuse_same_content();

-- Decided on is what was reopened again, once all is over and answered where it is to count as passed; and what the
-- second hand does to it, it does once.
CREATE OR REPLACE FUNCTION refuse_ruling() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    notice record;
BEGIN
    SELECT * INTO notice FROM disclosure_notice WHERE id = NEW.notice_id FOR SHARE;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.second_id IS NOT NULL OR OLD.dropped_at IS NOT NULL THEN
            RAISE EXCEPTION 'ruling % is settled', OLD.id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    NEW.at := minshi_now();
    IF NOT is_reopened_again(NEW.notice_id) OR NEW.second_id IS NOT NULL OR NEW.dropped_at IS NOT NULL THEN
        RAISE EXCEPTION 'nothing of notice % is to be decided above', notice.number USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.confirms AND (notice.ends_at > minshi_now() OR notice.objections_open > notice.objections_remarked
                         OR notice.objections_unread > 0) THEN
        RAISE EXCEPTION 'notice % still runs or has an objection open', notice.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER due_ruling BEFORE INSERT OR UPDATE ON disclosure_ruling
    FOR EACH ROW EXECUTE FUNCTION refuse_ruling();
SELECT append_only('disclosure_ruling', 'second_id', 'second_as', 'second_at', 'dropped_at');
SELECT guard_humans('disclosure_ruling', 'by_id', 'second_id');
