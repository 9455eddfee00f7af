from django.db import migrations

from minshi.audit.operations import AppendOnly

# domain.md 4.11 and 10, kept by the database whoever writes and however.

SURVEY = """
-- A notice is named once; after that only the one that corrects it takes its place.
CREATE FUNCTION evaluation_notice_follows(old bigint, new bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT old IS NULL OR old IS NOT DISTINCT FROM new
        OR EXISTS (SELECT 1 FROM disclosure_notice WHERE id = old AND withdrawn_by_id = new)
$$;

CREATE FUNCTION refuse_survey_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    results constant text[] := ARRAY['stage', 'stage_since', 'answers_count', 'satisfied', 'levels', 'aspects',
        'on_paper', 'verdict', 'closed_at'];
    after_closing constant text[] := ARRAY['notice_id', 'ruling', 'ruling_reason', 'ruled_by_id', 'hold_settled_at'];
    told record;
    expected text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.roll <> (SELECT count(*) FROM proposals_beneficiary WHERE proposal_id = NEW.proposal_id) THEN
            RAISE EXCEPTION 'survey: its roll is not the list of beneficiaries' USING ERRCODE = 'check_violation';
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
                AND NEW.extended_at IS NOT NULL AND NEW.closes_at > OLD.closes_at) THEN
        RAISE EXCEPTION 'survey % is extended once and never shortened', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.stage = 'open' AND NEW.stage <> 'open' AND minshi_now() < OLD.closes_at THEN
        RAISE EXCEPTION 'survey % closes at %', OLD.id, OLD.closes_at USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.stage = 'closed' THEN
        SELECT count(*) AS answers, count(*) FILTER (WHERE level <= 3) AS satisfied,
               count(*) FILTER (WHERE channel = 'paper') AS on_paper,
               count(*) FILTER (WHERE channel = 'paper' AND confirmed_at IS NULL) AS unread
          INTO told FROM evaluation_answer WHERE survey_id = NEW.id;
        IF told.unread > 0 THEN
            RAISE EXCEPTION 'survey %: a paper answer is not confirmed', NEW.id USING ERRCODE = 'check_violation';
        END IF;
        IF (NEW.answers_count, NEW.satisfied, NEW.on_paper)
           IS DISTINCT FROM (told.answers::int, told.satisfied::int, told.on_paper::int) THEN
            RAISE EXCEPTION 'survey %: the result is not the answers', NEW.id USING ERRCODE = 'check_violation';
        END IF;
        expected := CASE
            WHEN told.answers < NEW.needed THEN 'too_few'
            WHEN share_reached(told.satisfied, told.answers, NEW.terms->>'rating.pass') THEN 'passed'
            WHEN share_reached(told.satisfied, told.answers, NEW.terms->>'rating.refuse') THEN 'mend'
            ELSE 'refused' END;
        IF NEW.verdict <> expected THEN
            RAISE EXCEPTION 'survey %: % is not what the answers say', NEW.id, NEW.verdict
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_survey BEFORE INSERT OR UPDATE OR DELETE ON evaluation_survey
    FOR EACH ROW EXECUTE FUNCTION refuse_survey_change();
SELECT guard_stage('evaluation_survey', 'evaluation.survey');
"""

# Whoever answers shares the survey's row and reads the clock after that; whoever closes it takes the row for
# itself. So an answer is either in before the end and counted, or refused.
ANSWER = """
CREATE FUNCTION refuse_answer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    survey record;
    moment timestamptz;
    said constant text[] := ARRAY['confirmed_by_id', 'confirmed_at'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an answer is never removed' USING ERRCODE = 'check_violation';
    END IF;
    SELECT stage, opens_at, closes_at, proposal_id INTO survey
        FROM evaluation_survey WHERE id = NEW.survey_id FOR SHARE;
    moment := minshi_now();
    IF survey.stage IS DISTINCT FROM 'open' AND survey.stage IS DISTINCT FROM 'counting' THEN
        RAISE EXCEPTION 'survey % is closed', NEW.survey_id USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.survey_id, NEW.household_id) <> (OLD.survey_id, OLD.household_id) THEN
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
    IF NOT EXISTS (
        SELECT 1 FROM proposals_beneficiary
        WHERE proposal_id = survey.proposal_id AND household_id = NEW.household_id
    ) THEN
        RAISE EXCEPTION 'household % is not on the roll', NEW.household_id USING ERRCODE = 'check_violation';
    END IF;
    NEW.at := moment;
    RETURN NEW;
END $$;
CREATE TRIGGER rightful_answer BEFORE INSERT OR UPDATE OR DELETE ON evaluation_answer
    FOR EACH ROW EXECUTE FUNCTION refuse_answer();
SELECT guard_stage('evaluation_callback', 'evaluation.callback');
SELECT guard_stage('evaluation_check', 'evaluation.check');

CREATE FUNCTION refuse_evaluation_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% %: it stays', TG_TABLE_NAME, OLD.id USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER no_removal BEFORE DELETE ON evaluation_callback
    FOR EACH ROW EXECUTE FUNCTION refuse_evaluation_removal();
CREATE TRIGGER no_removal BEFORE DELETE ON evaluation_aftercare
    FOR EACH ROW EXECUTE FUNCTION refuse_evaluation_removal();
CREATE TRIGGER no_removal BEFORE DELETE ON evaluation_check
    FOR EACH ROW EXECUTE FUNCTION refuse_evaluation_removal();

CREATE FUNCTION refuse_check_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.stage = 'done' THEN
        RAISE EXCEPTION 'check % is done', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.stage = 'done' AND minshi_now() < OLD.begins_at THEN
        RAISE EXCEPTION 'check % begins at %', OLD.id, OLD.begins_at USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_check BEFORE UPDATE ON evaluation_check
    FOR EACH ROW EXECUTE FUNCTION refuse_check_change();
"""

PROPOSAL = """
-- The stages of this app are entered only with what they stand for.
CREATE FUNCTION refuse_unfounded_stage() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    latest record;
BEGIN
    IF NEW.stage = OLD.stage THEN
        RETURN NEW;
    END IF;
    IF NEW.stage = 'rating' OR OLD.stage = 'rating' AND NEW.stage <> 'cancelled' THEN
        SELECT stage, verdict, ruling INTO latest FROM evaluation_survey
            WHERE proposal_id = NEW.id ORDER BY round DESC LIMIT 1;
        IF NOT FOUND OR NOT (CASE NEW.stage
            WHEN 'rating' THEN latest.stage = 'open'
            WHEN 'rated' THEN latest.verdict = 'passed' OR latest.ruling <> ''
            WHEN 'rework' THEN latest.verdict = 'mend'
            WHEN 'accepting' THEN latest.verdict = 'refused'
            ELSE false END) THEN
            RAISE EXCEPTION 'proposal %: its survey does not lead to %', NEW.id, NEW.stage
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF NEW.stage = 'settling' AND NOT EXISTS (
        SELECT 1 FROM evaluation_finalaccounts
        WHERE proposal_id = NEW.id AND confirmed_at IS NOT NULL AND notice_id = NEW.gate_notice_id
    ) THEN
        RAISE EXCEPTION 'proposal %: no confirmed accounts are announced', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.stage = 'archived' AND NOT EXISTS (SELECT 1 FROM evaluation_archive WHERE proposal_id = NEW.id) THEN
        RAISE EXCEPTION 'proposal %: its file is not sealed', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER founded_stage BEFORE UPDATE OF stage ON proposals_proposal
    FOR EACH ROW EXECUTE FUNCTION refuse_unfounded_stage();

CREATE FUNCTION refuse_second_confirmation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.confirmed_at IS NOT NULL
       AND (NEW.confirmed_at, NEW.confirmed_by_id) IS DISTINCT FROM (OLD.confirmed_at, OLD.confirmed_by_id)
       OR NOT evaluation_notice_follows(OLD.notice_id, NEW.notice_id) THEN
        RAISE EXCEPTION 'accounts %: confirmed and announced once', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER confirmed_once BEFORE UPDATE ON evaluation_finalaccounts
    FOR EACH ROW EXECUTE FUNCTION refuse_second_confirmation();
"""

ARCHIVE = """
-- Each file is sealed together with all before it: change, drop or swap one and no later seal fits.
CREATE FUNCTION seal_archive_file() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    SELECT ordinal, seal INTO last FROM evaluation_archivefile
        WHERE proposal_id = NEW.proposal_id ORDER BY ordinal DESC LIMIT 1;
    IF NEW.ordinal <> coalesce(last.ordinal, 0) + 1 THEN
        RAISE EXCEPTION 'archive file %: the next is %', NEW.ordinal, coalesce(last.ordinal, 0) + 1
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.sha256 <> encode(sha256(convert_to(NEW.content, 'UTF8')), 'hex') THEN
        RAISE EXCEPTION 'archive file %: the checksum is not that of its content', NEW.ordinal
            USING ERRCODE = 'check_violation';
    END IF;
    NEW.at := minshi_now();
    NEW.seal := encode(sha256(convert_to(coalesce(last.seal, '') || NEW.sha256, 'UTF8')), 'hex');
    NEW.is_supplement := EXISTS (SELECT 1 FROM evaluation_archive WHERE proposal_id = NEW.proposal_id);
    RETURN NEW;
END $$;
CREATE TRIGGER sealed BEFORE INSERT ON evaluation_archivefile
    FOR EACH ROW EXECUTE FUNCTION seal_archive_file();

CREATE FUNCTION seal_archive() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    SELECT ordinal, seal INTO last FROM evaluation_archivefile
        WHERE proposal_id = NEW.proposal_id ORDER BY ordinal DESC LIMIT 1;
    IF NOT FOUND OR (NEW.files_count, NEW.digest) IS DISTINCT FROM (last.ordinal, last.seal) THEN
        RAISE EXCEPTION 'archive of %: its seal is not that of its files', NEW.proposal_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sealed BEFORE INSERT ON evaluation_archive FOR EACH ROW EXECUTE FUNCTION seal_archive();
"""

BACKWARD = """
DROP TRIGGER sealed ON evaluation_archive;
DROP FUNCTION seal_archive();
DROP TRIGGER sealed ON evaluation_archivefile;
DROP FUNCTION seal_archive_file();
DROP TRIGGER confirmed_once ON evaluation_finalaccounts;
DROP FUNCTION refuse_second_confirmation();
DROP TRIGGER founded_stage ON proposals_proposal;
DROP FUNCTION refuse_unfounded_stage();
DROP TRIGGER frozen_check ON evaluation_check;
DROP FUNCTION refuse_check_change();
DROP TRIGGER no_removal ON evaluation_check;
DROP TRIGGER no_removal ON evaluation_aftercare;
DROP TRIGGER no_removal ON evaluation_callback;
DROP FUNCTION refuse_evaluation_removal();
DROP TRIGGER rightful_answer ON evaluation_answer;
DROP FUNCTION refuse_answer();
DROP TRIGGER frozen_survey ON evaluation_survey;
DROP FUNCTION refuse_survey_change();
DROP FUNCTION evaluation_notice_follows(bigint, bigint);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("evaluation", "0001_initial"),
        ("proposals", "0002_guards"),
        ("deliberation", "0002_guards"),
        ("lifecycle", "0002_guards"),
        ("disclosure", "0002_guards"),
    ]
    operations = [
        migrations.RunSQL(SURVEY + ANSWER + PROPOSAL + ARCHIVE, BACKWARD),
        AppendOnly("evaluation_archive"),
        AppendOnly("evaluation_archivefile"),
        AppendOnly("evaluation_finalaccounts", mutable=("confirmed_by_id", "confirmed_at", "notice_id")),
    ]
