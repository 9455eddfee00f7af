-- The notice that holds in the place of one that was corrected.
CREATE OR REPLACE FUNCTION funding_notice_in_force(notice bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    WITH RECURSIVE line (id, next) AS (
        SELECT n.id, n.withdrawn_by_id FROM disclosure_notice n WHERE n.id = notice
        UNION ALL SELECT n.id, n.withdrawn_by_id FROM line JOIN disclosure_notice n ON n.id = line.next
    ) SELECT id FROM line WHERE next IS NULL
$$;

CREATE OR REPLACE FUNCTION funding_guard_contract() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    offered record;
    agreed bigint;
    spent bigint;
    covered bigint;
    share text;
BEGIN
    SELECT e.proposal_id, q.price_fen, q.supplier_id, a.notice_id INTO offered
        FROM funding_award a JOIN funding_quote q ON q.id = a.quote_id JOIN funding_enquiry e ON e.id = a.enquiry_id
        WHERE a.id = NEW.award_id;
    IF TG_OP = 'UPDATE' AND NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL
       AND NOT EXISTS (SELECT FROM funding_planchange WHERE contract_id = NEW.id AND confirmed_by_id IS NOT NULL)
       AND NOT EXISTS (SELECT FROM funding_ending WHERE contract_id = NEW.id AND confirmed_by_id IS NOT NULL) THEN
        RAISE EXCEPTION 'contract %: nobody has confirmed that it ends', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'contract_ends_by_two';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF (offered.proposal_id, offered.supplier_id) <> (NEW.proposal_id, NEW.supplier_id)
           OR NEW.first_price_fen <> NEW.price_fen OR NEW.price_fen > offered.price_fen THEN
            RAISE EXCEPTION 'the contract is not what was awarded'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'contract_within_quote';
        END IF;
        IF EXISTS (SELECT FROM funding_quote q JOIN funding_award a ON a.enquiry_id = q.enquiry_id
                   WHERE a.id = NEW.award_id AND human_of(q.by_id) = human_of(NEW.signed_by_id)) THEN
            RAISE EXCEPTION 'the contract is signed by who entered its quotes'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'contract_by_another_than_quotes';
        END IF;
        IF NOT notice_passed(funding_notice_in_force(offered.notice_id)) THEN
            RAISE EXCEPTION 'the award notice has not passed'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'award_notice_has_passed';
        END IF;
    ELSIF NEW.price_fen <> OLD.price_fen THEN
        share := pinned_term(NEW.proposal_id, 'change.share');
        IF is_beyond(abs(NEW.price_fen - NEW.first_price_fen), share, NEW.first_price_fen) THEN
            RAISE EXCEPTION 'contract %: changed by more than %', NEW.id, share
                USING ERRCODE = 'check_violation', CONSTRAINT = 'change_within_share';
        END IF;
        IF NOT EXISTS (SELECT FROM funding_change WHERE contract_id = NEW.id AND stage = 'approved'
                       AND old_price_fen = OLD.price_fen AND new_price_fen = NEW.price_fen) THEN
            RAISE EXCEPTION 'contract %: no approved change to %', NEW.id, NEW.price_fen
                USING ERRCODE = 'check_violation', CONSTRAINT = 'change_is_approved';
        END IF;
    ELSE
        RETURN NEW;
    END IF;
    SELECT coalesce(sum(l.amount_fen), 0) INTO agreed FROM funding_planline l WHERE l.source <> 'in_kind'
        AND l.plan_id = (SELECT id FROM funding_plan WHERE proposal_id = NEW.proposal_id ORDER BY number DESC LIMIT 1);
    SELECT coalesce(sum(p.amount_fen), 0) INTO spent FROM funding_payment p JOIN funding_contract c ON c.id = p.contract_id
        WHERE c.proposal_id = NEW.proposal_id AND c.id <> NEW.id AND p.stage = 'paid';
    spent := spent + funding_owed_before_fen(NEW.proposal_id, NEW.id);
    IF NEW.price_fen + spent > agreed THEN
        RAISE EXCEPTION 'contract: % with % spent is beyond the plan of %', NEW.price_fen, spent, agreed
            USING ERRCODE = 'check_violation', CONSTRAINT = 'contract_within_plan';
    END IF;
    -- Promises are no cover: what is signed for is there, received or placed (domain.md 4).
    SELECT coalesce(sum(p.amount_fen), 0) + (
        SELECT a.balance_fen FROM funding_purse u JOIN ledger_account a ON a.id = u.account_id
        WHERE u.proposal_id = NEW.proposal_id
    ) - funding_owed_before_fen(NEW.proposal_id, NEW.id)
        INTO covered FROM funding_payment p WHERE p.contract_id = NEW.id AND p.stage = 'paid';
    share := pinned_term(NEW.proposal_id, 'signing.covered');
    IF NEW.price_fen > coalesce(OLD.price_fen, 0) AND NOT is_at_least(covered, share, NEW.price_fen) THEN
        RAISE EXCEPTION 'contract: of % only % is there', NEW.price_fen, covered
            USING ERRCODE = 'check_violation', CONSTRAINT = 'contract_is_covered';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_contract BEFORE INSERT OR UPDATE ON funding_contract
    FOR EACH ROW EXECUTE FUNCTION funding_guard_contract();
SELECT append_only('funding_contract', 'price_fen', 'days', 'started_at', 'finished_at', 'ended_at');

CREATE OR REPLACE FUNCTION funding_guard_milestones() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    contract bigint := CASE TG_TABLE_NAME WHEN 'funding_contract' THEN NEW.id
                       ELSE (to_jsonb(NEW) ->> 'contract_id')::bigint END;
BEGIN
    IF (SELECT price_fen FROM funding_contract WHERE id = contract)
       IS DISTINCT FROM (SELECT sum(amount_fen) FROM funding_milestone WHERE contract_id = contract) THEN
        RAISE EXCEPTION 'contract %: its milestones do not make its price', contract USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER milestones_make_the_price AFTER INSERT OR UPDATE ON funding_contract
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION funding_guard_milestones();
CREATE CONSTRAINT TRIGGER milestones_make_the_price AFTER INSERT OR UPDATE ON funding_milestone
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION funding_guard_milestones();

CREATE OR REPLACE FUNCTION funding_guard_milestone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM funding_payment WHERE milestone_id = NEW.id AND stage NOT IN ('refused', 'reversed')) THEN
        RAISE EXCEPTION 'milestone % is being paid', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_milestone BEFORE UPDATE ON funding_milestone
    FOR EACH ROW EXECUTE FUNCTION funding_guard_milestone();
SELECT append_only('funding_milestone', 'amount_fen');
