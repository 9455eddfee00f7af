-- domain.md 10.4: no gate is passed while its notice runs or an objection is open. The notice asked is the one
-- held before the step; it can only change together with a stage, or for the notice that corrects it.
CREATE OR REPLACE FUNCTION refuse_closed_gate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted text;
BEGIN
    IF NEW.stage = OLD.stage THEN
        IF NEW.gate_notice_id IS DISTINCT FROM OLD.gate_notice_id AND NOT EXISTS (
            SELECT 1 FROM disclosure_notice WHERE id = OLD.gate_notice_id AND withdrawn_by_id = NEW.gate_notice_id
        ) THEN
            RAISE EXCEPTION 'proposal %: its gate notice changes only with its stage', NEW.id
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    SELECT gate INTO wanted FROM lifecycle_edge
        WHERE subject_type = 'proposals.proposal' AND source = OLD.stage AND target = NEW.stage
        ORDER BY gate LIMIT 1;
    IF wanted <> '' AND NOT EXISTS (
        SELECT 1 FROM disclosure_notice
        WHERE id = OLD.gate_notice_id AND kind = wanted AND notice_passed(id)
    ) THEN
        RAISE EXCEPTION 'proposal %: the % notice has not passed', NEW.id, wanted USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gate BEFORE UPDATE OF stage, gate_notice_id ON proposals_proposal
    FOR EACH ROW EXECUTE FUNCTION refuse_closed_gate();
