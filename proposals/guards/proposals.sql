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
SELECT append_only('proposals_handling', 'ended_at', 'outcome', 'reason');
