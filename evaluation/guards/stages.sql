-- The stages of this app are entered only with what they stand for.
CREATE OR REPLACE FUNCTION refuse_unfounded_stage() RETURNS trigger LANGUAGE plpgsql AS $$
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

-- What stopped on its way is sealed by the end of the transaction that ends it.
CREATE OR REPLACE FUNCTION refuse_unsealed_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM evaluation_archive WHERE proposal_id = NEW.id) THEN
        RAISE EXCEPTION 'proposal %: it ended and its file is not sealed', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER sealed_end AFTER UPDATE OF stage ON proposals_proposal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.stage = 'ending' AND NEW.stage <> 'ending') EXECUTE FUNCTION refuse_unsealed_end();
