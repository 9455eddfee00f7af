-- The part of the price that acceptance opens waits while a survey has refused the work: until it is accepted anew,
-- or the street has ruled (domain.md 4).
CREATE OR REPLACE FUNCTION refuse_payment_of_refused_work() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    newest record;
BEGIN
    IF NEW.stage IN ('refused', 'reversed')
       OR NOT EXISTS (SELECT FROM funding_milestone WHERE id = NEW.milestone_id AND kind = 'acceptance') THEN
        RETURN NEW;
    END IF;
    SELECT survey.verdict, survey.ruling, survey.closed_at INTO newest
        FROM evaluation_survey AS survey JOIN funding_contract AS contract ON contract.proposal_id = survey.proposal_id
        WHERE contract.id = NEW.contract_id AND survey.stage = 'closed' ORDER BY survey.round DESC LIMIT 1;
    IF newest.verdict = 'refused' AND newest.ruling = '' AND NOT EXISTS (
        SELECT FROM funding_acceptance WHERE contract_id = NEW.contract_id AND passed AND at > newest.closed_at
    ) THEN
        RAISE EXCEPTION 'payment: the newest survey has refused the work'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_while_no_survey_refuses';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER not_refused_work BEFORE INSERT OR UPDATE ON funding_payment
    FOR EACH ROW EXECUTE FUNCTION refuse_payment_of_refused_work();
