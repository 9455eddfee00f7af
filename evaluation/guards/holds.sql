-- domain.md 4.11: the retained part is released by the residents alone. The newest round says so (or the street
-- after the rounds were used up), and the notice of it has passed.
CREATE OR REPLACE FUNCTION refuse_early_release() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    newest record;
BEGIN
    IF NEW.stage <> 'released' OR OLD.stage = 'released' THEN
        RETURN NEW;
    END IF;
    SELECT survey.verdict, survey.ruling, survey.notice_id INTO newest
        FROM evaluation_survey AS survey JOIN funding_contract AS contract ON contract.proposal_id = survey.proposal_id
        WHERE contract.id = NEW.contract_id ORDER BY survey.round DESC LIMIT 1;
    IF NOT FOUND OR (newest.verdict <> 'passed' AND newest.ruling <> 'release')
       OR newest.notice_id IS NULL OR NOT notice_passed(newest.notice_id) THEN
        RAISE EXCEPTION 'hold %: no round of rating releases it', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rated_first BEFORE UPDATE OF stage ON funding_hold
    FOR EACH ROW EXECUTE FUNCTION refuse_early_release();
