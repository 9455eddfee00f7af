CREATE OR REPLACE FUNCTION date_study() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := minshi_now();
    RETURN NEW;
END $$;
CREATE TRIGGER dated_study BEFORE INSERT ON deliberation_partystudy FOR EACH ROW EXECUTE FUNCTION date_study();
SELECT append_only('deliberation_partystudy');

-- The Party branch studies first (law from 2026-01-01), and studies this very version.
CREATE OR REPLACE FUNCTION refuse_unstudied_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := minshi_now();
    IF NOT EXISTS (
        SELECT 1 FROM deliberation_partystudy
        WHERE id = NEW.study_id AND proposal_id = NEW.proposal_id AND version_id = NEW.version_id AND at < NEW.at
    ) THEN
        RAISE EXCEPTION 'proposal %: a decision needs an earlier study', NEW.proposal_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.motion_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM deliberation_motion
        WHERE id = NEW.motion_id AND proposal_id = NEW.proposal_id AND version_id = NEW.version_id
          AND stage = 'published' AND (passed OR NEW.outcome <> 'approve')
    ) THEN
        RAISE EXCEPTION 'proposal %: the formal vote does not carry this decision', NEW.proposal_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER studied_decision BEFORE INSERT ON deliberation_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_unstudied_decision();
SELECT append_only('deliberation_decision');
