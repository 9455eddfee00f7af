-- No fundraising from the public (慈善法): only households that benefit promise and give. A giver is a residence.
CREATE OR REPLACE FUNCTION funding_guard_giver() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.giver_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM proposals_beneficiary AS benefits JOIN residents_residence AS giver
            ON giver.household_id = benefits.household_id
        WHERE benefits.proposal_id = NEW.proposal_id AND giver.id = NEW.giver_id
    ) THEN
        RAISE EXCEPTION 'residence % does not benefit from %', NEW.giver_id, NEW.proposal_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'giver_benefits';
    END IF;
    RETURN NEW;
END $$;
-- Whose word it is: an adult of the door, and the giver is where they live; on paper whom the sheet names. It waits
-- until two have read it alike.
CREATE OR REPLACE FUNCTION funding_guard_pledge() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    why text;
BEGIN
    IF NEW.household_id IS DISTINCT FROM (SELECT household_id FROM residents_residence WHERE id = NEW.giver_id) THEN
        RAISE EXCEPTION 'a pledge is of its giver''s door' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.line_id IS NOT NULL THEN
        IF NOT NEW.is_waiting OR NOT EXISTS (
            SELECT FROM paper_line AS line WHERE line.id = NEW.line_id AND line.first IS NOT NULL
              AND (line.household_id, line.signer_id) IS NOT DISTINCT FROM (NEW.household_id, NEW.speaker_id)
        ) THEN
            RAISE EXCEPTION 'a pledge on paper waits, and is of the door and signer on its sheet'
                USING ERRCODE = 'check_violation';
        END IF;
    ELSE
        why := why_not_speak(NEW.speaker_id, NEW.household_id, minshi_now(), true);
        IF why IS DISTINCT FROM '' THEN
            RAISE EXCEPTION 'household %: person % may not speak for it: %', NEW.household_id, NEW.speaker_id, why
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION funding_guard_reading() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    settled jsonb;
BEGIN
    SELECT line.settled INTO settled FROM paper_line AS line WHERE line.id = NEW.line_id;
    IF (NEW.is_waiting, NEW.amount_fen) <> (OLD.is_waiting, OLD.amount_fen) AND (
        NOT OLD.is_waiting OR NEW.is_waiting OR settled IS NULL
        OR NEW.amount_fen IS DISTINCT FROM (settled ->> 'amount_fen')::bigint
    ) THEN
        RAISE EXCEPTION 'pledge %: its sheet counts once, as two have read it', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- Nobody alone takes back a sheet that two have read.
CREATE OR REPLACE FUNCTION funding_guard_void() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM funding_pledge WHERE line_id = NEW.id)
       AND human_of(NEW.voided_by_id) = (SELECT human_of(registered_by_id) FROM paper_sheet WHERE id = NEW.sheet_id)
    THEN
        RAISE EXCEPTION 'line %: a pledge that counts is voided by another person', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER guard_void AFTER UPDATE ON paper_line FOR EACH ROW
    WHEN (NEW.voided_at IS NOT NULL AND NEW.settled_at IS NOT NULL) EXECUTE FUNCTION funding_guard_void();
CREATE TRIGGER guard_reading BEFORE UPDATE ON funding_pledge
    FOR EACH ROW EXECUTE FUNCTION funding_guard_reading();
CREATE TRIGGER guard_pledge BEFORE INSERT ON funding_pledge FOR EACH ROW EXECUTE FUNCTION funding_guard_pledge();
CREATE TRIGGER guard_giver BEFORE INSERT ON funding_pledge FOR EACH ROW EXECUTE FUNCTION funding_guard_giver();
CREATE TRIGGER guard_giver BEFORE INSERT ON funding_contribution FOR EACH ROW EXECUTE FUNCTION funding_guard_giver();
SELECT guard_stage('funding_contribution', 'funding.contribution');

SELECT append_only('funding_pledge', 'withdrawn_at', 'withdrawn_by_id', 'publishes_name', 'name_public', 'is_waiting',
                   'amount_fen');
SELECT append_only('funding_sponsor', 'publishes_name', 'name_public', 'contact', 'withdrawn_by_id', 'withdrawn_at',
                   'withdrawn_why');
SELECT append_only('funding_contribution', 'stage', 'stage_since', 'confirmed_by_id', 'name_public');
SELECT append_only('funding_inkind', 'confirmed_by_id', 'confirmed_at', 'name_public', 'rejected_by_id', 'rejected_at',
                   'rejected_why');
SELECT guard_single_voice('funding_pledge', 'proposal_id', 'speaker_id', 'household_id', 'earlier.withdrawn_at IS NULL',
                          'OLD.is_waiting AND NOT NEW.is_waiting');
-- Whoever gives is named, beside all that they gave, only while they agree to it (慈善法, 个人信息保护法).
SELECT guard_name(named::regclass, 'name_public', 'funding.pledge', 'shown.proposal_id',
                  '(SELECT home.person_id FROM residents_residence AS home WHERE home.id = shown.giver_id)')
FROM unnest(ARRAY['funding_pledge', 'funding_contribution', 'funding_refund', 'funding_claim']) AS named;
