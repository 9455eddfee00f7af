-- domain.md 10.4: no gate is passed while its notice runs or an objection is open, nor where there is no notice.
-- Asked are the verbs by which this transaction records the step: another step between the same stages neither
-- adds a gate nor takes one away. The notice asked is the one held before the step; it can only change together
-- with a stage, or for the notice that corrects it.
CREATE OR REPLACE FUNCTION refuse_closed_gate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted text;
BEGIN
    IF NEW.stage = OLD.stage AND NEW.gate_notice_id IS DISTINCT FROM OLD.gate_notice_id THEN
        IF NOT EXISTS (
            SELECT 1 FROM disclosure_notice WHERE id = OLD.gate_notice_id AND withdrawn_by_id = NEW.gate_notice_id
        ) THEN
            RAISE EXCEPTION 'proposal %: its gate notice changes only with its stage', NEW.id
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    FOR wanted IN
        SELECT DISTINCT edge.gate FROM lifecycle_steprecord AS step
            JOIN lifecycle_edge AS edge USING (subject_type, verb, source, target)
        WHERE step.subject_type = 'proposals.proposal' AND step.subject_id = NEW.id
          AND step.source = OLD.stage AND step.target = NEW.stage
          AND step.xid = pg_current_xact_id()::text::bigint AND edge.gate <> ''
    LOOP
        IF NOT EXISTS (SELECT 1 FROM disclosure_notice WHERE id = OLD.gate_notice_id AND kind = wanted)
           OR NOT notice_passed(OLD.gate_notice_id) THEN
            RAISE EXCEPTION 'proposal %: the % notice has not passed', NEW.id, wanted USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
CREATE TRIGGER closed_gate BEFORE UPDATE OF stage, gate_notice_id ON proposals_proposal
    FOR EACH ROW EXECUTE FUNCTION refuse_closed_gate();

-- Whose objections reopen a gate are those that benefit, as the decision froze them (domain.md 4, 7): a project enters a
-- stage with the notice that was posted for it only where the notice carries their list, all of it. What went back to an
-- earlier notice, or was corrected, has the list that one had.
CREATE OR REPLACE FUNCTION refuse_gate_of_others() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM disclosure_notice AS notice LEFT JOIN disclosure_concerned AS listed ON listed.notice_id = notice.id
        WHERE notice.id = NEW.gate_notice_id AND notice.is_gate
          AND notice.posted_at > minshi_now() - interval '10 minutes'
          AND listed.doors IS DISTINCT FROM ARRAY(SELECT door FROM benefiting_doors(NEW.id) AS door ORDER BY door)
    ) THEN
        RAISE EXCEPTION 'proposal %: its gate notice is not of all who benefit', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gate_of_who_benefits BEFORE UPDATE OF stage, gate_notice_id ON proposals_proposal FOR EACH ROW
    WHEN (NEW.stage <> OLD.stage AND NEW.gate_notice_id IS DISTINCT FROM OLD.gate_notice_id)
    EXECUTE FUNCTION refuse_gate_of_others();
