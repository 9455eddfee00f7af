SELECT append_only('funding_supplier', 'contact');
SELECT append_only('funding_enquiry', 'ended_at', 'closes_at');

-- It ends later than it said only while it runs, by a calendar that is on record in this transaction.
CREATE OR REPLACE FUNCTION refuse_other_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.closes_at <> OLD.closes_at AND (OLD.closes_at <= minshi_now() OR NOT EXISTS (
        SELECT FROM policy_lengthening WHERE subject_type = 'funding.enquiry' AND subject_id = OLD.id
            AND old_end = OLD.closes_at AND new_end = NEW.closes_at)) THEN
        RAISE EXCEPTION 'enquiry % ends when it was said', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER enquiry_ends_as_said BEFORE UPDATE ON funding_enquiry
    FOR EACH ROW EXECUTE FUNCTION refuse_other_end();
SELECT append_only('funding_quote');
SELECT append_only('funding_recusal');

CREATE OR REPLACE FUNCTION funding_guard_judge() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked record;
BEGIN
    SELECT e.id, e.proposal_id INTO asked FROM funding_award a JOIN funding_enquiry e ON e.id = a.enquiry_id
        WHERE a.id = NEW.award_id;
    IF NOT EXISTS (
        SELECT FROM funding_groupmember m JOIN funding_group g ON g.id = m.group_id
        WHERE g.proposal_id = asked.proposal_id AND g.ended_at IS NULL AND m.person_id = NEW.person_id
    ) OR EXISTS (
        SELECT FROM funding_recusal WHERE enquiry_id = asked.id AND person_id = NEW.person_id
    ) THEN
        RAISE EXCEPTION 'person % may not judge for enquiry %', NEW.person_id, asked.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judge_of_the_group';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_judge BEFORE INSERT ON funding_judge FOR EACH ROW EXECUTE FUNCTION funding_guard_judge();
SELECT append_only('funding_judge');

CREATE OR REPLACE FUNCTION funding_guard_award() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    chosen record;
    came integer;
BEGIN
    NEW.terms := pinned_terms(
        (SELECT proposal_id FROM funding_enquiry WHERE id = NEW.enquiry_id),
        'group.minimum', 'quotes.limit_fen', 'quotes.minimum'
    );
    IF (SELECT ended_at FROM funding_enquiry WHERE id = NEW.enquiry_id) IS NOT NULL THEN
        RAISE EXCEPTION 'enquiry % is over', NEW.enquiry_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'award_of_running_enquiry';
    END IF;
    SELECT enquiry_id, price_fen INTO chosen FROM funding_quote WHERE id = NEW.quote_id;
    SELECT count(*) INTO came FROM funding_quote WHERE enquiry_id = NEW.enquiry_id;
    IF chosen.enquiry_id <> NEW.enquiry_id THEN
        RAISE EXCEPTION 'quote % belongs to another enquiry', NEW.quote_id USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM funding_quote WHERE enquiry_id = NEW.enquiry_id AND human_of(by_id) = human_of(NEW.by_id)) THEN
        RAISE EXCEPTION 'enquiry %: who entered quotes does not award', NEW.enquiry_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'award_by_another_than_quotes';
    END IF;
    IF chosen.price_fen > (NEW.terms ->> 'quotes.limit_fen')::bigint
       AND came < (NEW.terms ->> 'quotes.minimum')::integer AND NEW.few_reason = '' THEN
        RAISE EXCEPTION 'enquiry %: only % quotes and no reason why', NEW.enquiry_id, came
            USING ERRCODE = 'check_violation', CONSTRAINT = 'few_quotes_have_a_reason';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_award BEFORE INSERT ON funding_award FOR EACH ROW EXECUTE FUNCTION funding_guard_award();
SELECT append_only('funding_award', 'annulled_at');

-- As many as the group has at least, by the rule the award was made by.
CREATE OR REPLACE FUNCTION funding_guard_judges() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    judges integer;
BEGIN
    SELECT count(*) INTO judges FROM funding_judge WHERE award_id = NEW.id;
    -- A group of fewer doors than that judges with whoever of it was not recused.
    IF EXISTS (
        SELECT FROM funding_enquiry AS asked
        WHERE asked.id = NEW.enquiry_id AND judges >= 1
          AND (SELECT count(*) FROM benefiting_doors(asked.proposal_id)) < (NEW.terms ->> 'group.minimum')::integer
    ) THEN
        RETURN NULL;
    END IF;
    IF judges < (NEW.terms ->> 'group.minimum')::integer OR judges % 2 = 0 THEN
        RAISE EXCEPTION 'award %: % judges', NEW.id, judges
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judges_are_odd',
                DETAIL = jsonb_build_object('least', NEW.terms -> 'group.minimum')::text;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER whole_award AFTER INSERT ON funding_award
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION funding_guard_judges();
