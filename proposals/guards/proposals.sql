SELECT guard_stage('proposals_proposal', 'proposals.proposal');
SELECT append_only('proposals_version');

-- Whoever stepped aside, or declined a proposal before its proposer appealed, gives no verdict on it any more; it is
-- appealed once, against the review alone.
CREATE OR REPLACE FUNCTION refuse_same_reviewer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.verb = 'appeal' THEN
        IF (SELECT verb FROM lifecycle_steprecord
            WHERE subject_type = NEW.subject_type AND subject_id = NEW.subject_id AND target = 'declined'
            ORDER BY id DESC LIMIT 1) IS DISTINCT FROM 'decline'
           OR EXISTS (
            SELECT FROM lifecycle_steprecord
            WHERE subject_type = NEW.subject_type AND subject_id = NEW.subject_id AND verb = 'appeal'
        ) THEN
            RAISE EXCEPTION 'proposal %: appealed once, against its review', NEW.subject_id
                USING ERRCODE = 'check_violation';
        END IF;
    ELSIF EXISTS (
        SELECT FROM lifecycle_steprecord
        WHERE subject_type = NEW.subject_type AND subject_id = NEW.subject_id AND verb IN ('recuse', 'decline')
          AND human_of(by_id) = human_of(NEW.by_id)
    ) THEN
        RAISE EXCEPTION 'proposal %: another person reviews it', NEW.subject_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER another_reviews BEFORE INSERT ON lifecycle_steprecord FOR EACH ROW
    WHEN (NEW.subject_type = 'proposals.proposal'
          AND NEW.verb IN ('pass_review', 'return_for_revision', 'decline', 'recuse', 'appeal'))
    EXECUTE FUNCTION refuse_same_reviewer();
SELECT append_only(
    'proposals_handling', 'ended_at', 'outcome', 'reason', 'urgent', 'lead_office', 'lead_name', 'lead_at'
);
-- A dispatch is urgent or not from its beginning, a leader takes it once, and what is over stays as it was.
CREATE OR REPLACE FUNCTION refuse_other_dispatch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL AND (to_jsonb(NEW) - 'lead_name') <> (to_jsonb(OLD) - 'lead_name')
       OR NEW.urgent <> OLD.urgent OR OLD.lead_office <> '' AND NEW.lead_office <> OLD.lead_office THEN
        RAISE EXCEPTION 'dispatch %: what was said stays', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER other_dispatch BEFORE UPDATE ON proposals_handling
    FOR EACH ROW EXECUTE FUNCTION refuse_other_dispatch();
SELECT guard_name('proposals_proposal', 'proposer_public', 'proposals.proposal', 'shown.id',
                  '(SELECT said.id FROM residents_person AS said WHERE said.user_id = shown.proposer_id)');
