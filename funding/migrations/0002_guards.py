from django.db import migrations

from minshi.audit.operations import AppendOnly

# What domain.md 6 and 10.3 forbid, refused whoever writes the row and however. A HINT is the sentence that a
# person reads when an action runs into a guard.

PLANS = """
-- The tier bounds the sources (domain.md 4.7): 1 self-raised, sponsors, in kind; 2 adds the street's subsidy; 3 the district.
CREATE FUNCTION funding_guard_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    tier_now integer;
BEGIN
    SELECT p.tier INTO tier_now FROM proposals_proposal p JOIN funding_plan f ON f.proposal_id = p.id
        WHERE f.id = NEW.plan_id;
    IF (NEW.source = 'subsidy' AND coalesce(tier_now, 1) < 2) OR (NEW.source = 'district' AND coalesce(tier_now, 1) < 3) THEN
        RAISE EXCEPTION 'plan %: tier % has no money from %', NEW.plan_id, tier_now, NEW.source
            USING ERRCODE = 'check_violation', HINT = '这一级办理不能用这项资金';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_line BEFORE INSERT ON funding_planline FOR EACH ROW EXECUTE FUNCTION funding_guard_line();

CREATE FUNCTION funding_guard_grant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    project record;
    pot record;
    line bigint;
    standing bigint;
    public_money bigint;
    cap bigint;
BEGIN
    SELECT p.proposer_id, p.tier, p.kind, p.terms, t.path INTO project
        FROM proposals_proposal p JOIN territory_territory t ON t.id = p.place_id
        WHERE p.id = NEW.proposal_id FOR NO KEY UPDATE OF p;
    IF project.proposer_id IN (NEW.asked_by_id, NEW.examined_by_id, NEW.approved_by_id, NEW.district_by_id) THEN
        RAISE EXCEPTION 'grant %: the proposer decides on nothing here', NEW.id
            USING ERRCODE = 'check_violation', HINT = '提议人不能申请、审核或审批自己项目的钱';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        RETURN NEW;
    END IF;
    SELECT l.level_id, l.path INTO pot FROM funding_pot f JOIN territory_territory l ON l.id = f.place_id
        WHERE f.id = NEW.pot_id;
    IF NOT starts_with(project.path, pot.path)
       OR (NEW.source, pot.level_id) NOT IN (('subsidy', 'street'), ('district', 'district')) THEN
        RAISE EXCEPTION 'grant: pot % is not the one for % here', NEW.pot_id, NEW.source
            USING ERRCODE = 'check_violation', HINT = '这个资金池不能给这里的项目出这笔钱';
    END IF;
    SELECT amount_fen INTO line FROM funding_planline l JOIN funding_plan f ON f.id = l.plan_id
        WHERE l.plan_id = NEW.plan_id AND l.source = NEW.source AND f.proposal_id = NEW.proposal_id;
    SELECT coalesce(sum(amount_fen), 0) INTO standing FROM funding_grant
        WHERE proposal_id = NEW.proposal_id AND source = NEW.source AND stage NOT IN ('refused', 'withdrawn');
    IF line IS NULL OR standing + NEW.amount_fen > line THEN
        RAISE EXCEPTION 'grant: % asked where % stand and the plan says %', NEW.amount_fen, standing, line
            USING ERRCODE = 'check_violation', HINT = '申请的钱超过了资金方案';
    END IF;
    SELECT coalesce(sum(amount_fen), 0) INTO public_money FROM funding_planline
        WHERE plan_id = NEW.plan_id AND source IN ('subsidy', 'district');
    cap := (project.terms ->> CASE WHEN project.kind = 'works' THEN 'cap.works_fen' ELSE 'cap.service_fen' END)::bigint;
    IF NOT NEW.needs_district AND (project.tier = 3 OR NEW.source = 'district' OR public_money > cap) THEN
        RAISE EXCEPTION 'grant: above the cap or at tier 3 the district decides too'
            USING ERRCODE = 'check_violation', HINT = '超过限额或三级办理的，须报区里审定';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_grant BEFORE INSERT OR UPDATE ON funding_grant
    FOR EACH ROW EXECUTE FUNCTION funding_guard_grant();

-- No fundraising from the public (慈善法): only households that benefit promise and give.
CREATE FUNCTION funding_guard_giver() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.household_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM proposals_beneficiary WHERE proposal_id = NEW.proposal_id AND household_id = NEW.household_id
    ) THEN
        RAISE EXCEPTION 'household % does not benefit from %', NEW.household_id, NEW.proposal_id
            USING ERRCODE = 'check_violation', HINT = '只接受受益住户的自愿出资';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_giver BEFORE INSERT ON funding_pledge FOR EACH ROW EXECUTE FUNCTION funding_guard_giver();
CREATE TRIGGER guard_giver BEFORE INSERT ON funding_contribution FOR EACH ROW EXECUTE FUNCTION funding_guard_giver();
"""

SUPPLIERS = """
-- Residents' odd group of three at least, whole at the end of the transaction that forms it.
CREATE FUNCTION funding_guard_group() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    members integer;
BEGIN
    SELECT count(*) INTO members FROM funding_groupmember
        WHERE group_id = CASE TG_TABLE_NAME WHEN 'funding_group' THEN NEW.id
                         ELSE (to_jsonb(NEW) ->> 'group_id')::bigint END;
    IF members < 3 OR members % 2 = 0 THEN
        RAISE EXCEPTION 'a project group has an odd number of three members or more, not %', members
            USING ERRCODE = 'check_violation', HINT = '项目小组须有三人以上，且为单数';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER whole_group AFTER INSERT ON funding_group
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION funding_guard_group();
CREATE CONSTRAINT TRIGGER whole_group AFTER INSERT ON funding_groupmember
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION funding_guard_group();

CREATE FUNCTION funding_guard_judge() RETURNS trigger LANGUAGE plpgsql AS $$
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
            USING ERRCODE = 'check_violation', HINT = '不在项目小组里或已经回避的人不能参加评选';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_judge BEFORE INSERT ON funding_judge FOR EACH ROW EXECUTE FUNCTION funding_guard_judge();

CREATE FUNCTION funding_guard_award() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    terms jsonb;
    chosen record;
    came integer;
BEGIN
    SELECT p.terms INTO terms FROM proposals_proposal p JOIN funding_enquiry e ON e.proposal_id = p.id
        WHERE e.id = NEW.enquiry_id;
    SELECT enquiry_id, price_fen INTO chosen FROM funding_quote WHERE id = NEW.quote_id;
    SELECT count(*) INTO came FROM funding_quote WHERE enquiry_id = NEW.enquiry_id;
    IF chosen.enquiry_id <> NEW.enquiry_id THEN
        RAISE EXCEPTION 'quote % belongs to another enquiry', NEW.quote_id USING ERRCODE = 'check_violation';
    END IF;
    IF chosen.price_fen > (terms ->> 'quotes.limit_fen')::bigint AND came < (terms ->> 'quotes.minimum')::integer
       AND NEW.few_reason = '' THEN
        RAISE EXCEPTION 'enquiry %: only % quotes and no reason why', NEW.enquiry_id, came
            USING ERRCODE = 'check_violation', HINT = '报价家数不够，须写明理由';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_award BEFORE INSERT ON funding_award FOR EACH ROW EXECUTE FUNCTION funding_guard_award();

CREATE FUNCTION funding_guard_judges() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    judges integer;
BEGIN
    SELECT count(*) INTO judges FROM funding_judge WHERE award_id = NEW.id;
    IF judges < 3 OR judges % 2 = 0 THEN
        RAISE EXCEPTION 'award %: % judges', NEW.id, judges
            USING ERRCODE = 'check_violation', HINT = '参加评选的须有三人以上，且为单数';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER whole_award AFTER INSERT ON funding_award
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION funding_guard_judges();

-- The notice that holds in the place of one that was corrected.
CREATE FUNCTION funding_notice_in_force(notice bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    WITH RECURSIVE line (id, next) AS (
        SELECT n.id, n.withdrawn_by_id FROM disclosure_notice n WHERE n.id = notice
        UNION ALL SELECT n.id, n.withdrawn_by_id FROM line JOIN disclosure_notice n ON n.id = line.next
    ) SELECT id FROM line WHERE next IS NULL
$$;

CREATE FUNCTION funding_guard_contract() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    offered record;
    agreed bigint;
    spent bigint;
    share text;
BEGIN
    SELECT e.proposal_id, q.price_fen, q.supplier_id, a.notice_id INTO offered
        FROM funding_award a JOIN funding_quote q ON q.id = a.quote_id JOIN funding_enquiry e ON e.id = a.enquiry_id
        WHERE a.id = NEW.award_id;
    IF TG_OP = 'INSERT' THEN
        IF (offered.proposal_id, offered.supplier_id) <> (NEW.proposal_id, NEW.supplier_id)
           OR NEW.first_price_fen <> NEW.price_fen OR NEW.price_fen > offered.price_fen THEN
            RAISE EXCEPTION 'the contract is not what was awarded'
                USING ERRCODE = 'check_violation', HINT = '合同价不能高于选定的报价';
        END IF;
        IF NOT notice_passed(funding_notice_in_force(offered.notice_id)) THEN
            RAISE EXCEPTION 'the award notice has not passed'
                USING ERRCODE = 'check_violation', HINT = '成交公示还没有结束';
        END IF;
    ELSIF NEW.price_fen <> OLD.price_fen THEN
        SELECT coalesce(terms ->> 'change.share', '1/10') INTO share FROM proposals_proposal WHERE id = NEW.proposal_id;
        IF abs(NEW.price_fen - NEW.first_price_fen) * split_part(share, '/', 2)::bigint
           > NEW.first_price_fen * split_part(share, '/', 1)::bigint THEN
            RAISE EXCEPTION 'contract %: changed by more than %', NEW.id, share
                USING ERRCODE = 'check_violation', HINT = '变更超过规定比例，须回到民主商议';
        END IF;
        IF NOT EXISTS (SELECT FROM funding_change WHERE contract_id = NEW.id AND stage = 'approved'
                       AND old_price_fen = OLD.price_fen AND new_price_fen = NEW.price_fen) THEN
            RAISE EXCEPTION 'contract %: no approved change to %', NEW.id, NEW.price_fen
                USING ERRCODE = 'check_violation', HINT = '没有批准的变更，合同价不能改';
        END IF;
    ELSE
        RETURN NEW;
    END IF;
    SELECT coalesce(sum(l.amount_fen), 0) INTO agreed FROM funding_planline l WHERE l.source <> 'in_kind'
        AND l.plan_id = (SELECT id FROM funding_plan WHERE proposal_id = NEW.proposal_id ORDER BY number DESC LIMIT 1);
    SELECT coalesce(sum(p.amount_fen), 0) INTO spent FROM funding_payment p JOIN funding_contract c ON c.id = p.contract_id
        WHERE c.proposal_id = NEW.proposal_id AND c.id <> NEW.id AND p.stage = 'paid';
    IF NEW.price_fen + spent > agreed THEN
        RAISE EXCEPTION 'contract: % with % spent is beyond the plan of %', NEW.price_fen, spent, agreed
            USING ERRCODE = 'check_violation', HINT = '合同价超过了资金方案里可以花的钱';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_contract BEFORE INSERT OR UPDATE ON funding_contract
    FOR EACH ROW EXECUTE FUNCTION funding_guard_contract();

CREATE FUNCTION funding_guard_milestones() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION funding_guard_milestone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM funding_payment WHERE milestone_id = NEW.id AND stage <> 'refused') THEN
        RAISE EXCEPTION 'milestone % is being paid', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_milestone BEFORE UPDATE ON funding_milestone
    FOR EACH ROW EXECUTE FUNCTION funding_guard_milestone();
"""

WORK = """
CREATE FUNCTION funding_guard_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM funding_contract c JOIN proposals_proposal p ON p.id = c.proposal_id
               WHERE c.id = NEW.contract_id AND p.proposer_id IN (NEW.decided_by_id)) THEN
        RAISE EXCEPTION 'change %: the proposer decides on nothing here', NEW.id
            USING ERRCODE = 'check_violation', HINT = '提议人不能审批自己项目的变更';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_change BEFORE INSERT OR UPDATE ON funding_change
    FOR EACH ROW EXECUTE FUNCTION funding_guard_change();

-- Whoever proposed, approved or paid does not accept (domain.md 6).
CREATE FUNCTION funding_guard_panelist() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    project bigint;
    member bigint;
BEGIN
    SELECT c.proposal_id INTO project FROM funding_acceptance a JOIN funding_contract c ON c.id = a.contract_id
        WHERE a.id = NEW.acceptance_id;
    SELECT user_id INTO member FROM residents_person WHERE id = NEW.person_id;
    IF EXISTS (SELECT FROM proposals_proposal WHERE id = project AND proposer_id = member)
       OR EXISTS (SELECT FROM funding_grant WHERE proposal_id = project
                  AND member IN (examined_by_id, approved_by_id, district_by_id))
       OR EXISTS (SELECT FROM funding_payment p JOIN funding_contract c ON c.id = p.contract_id
                  WHERE c.proposal_id = project AND p.stage <> 'refused' AND member IN (p.approved_by_id, p.paid_by_id)) THEN
        RAISE EXCEPTION 'person % has decided on this project already', NEW.person_id
            USING ERRCODE = 'check_violation', HINT = '提议、审批或付款的人不能参加验收';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_panelist BEFORE INSERT ON funding_panelist
    FOR EACH ROW EXECUTE FUNCTION funding_guard_panelist();

CREATE FUNCTION funding_guard_acceptance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sat record;
    looked record;
BEGIN
    SELECT count(*) AS people, count(*) FILTER (WHERE side = 'resident') AS residents,
           count(*) FILTER (WHERE side = 'supervisor') AS supervisors INTO sat
        FROM funding_panelist WHERE acceptance_id = NEW.id;
    SELECT count(*) AS items, bool_and(passed) AS fine INTO looked FROM funding_item WHERE acceptance_id = NEW.id;
    IF sat.people < 5 OR sat.residents * 2 < sat.people OR sat.supervisors < 1 THEN
        RAISE EXCEPTION 'acceptance %: the panel is not whole', NEW.id
            USING ERRCODE = 'check_violation', HINT = '验收组至少五人，居民不少于一半，监督委员会至少一人';
    END IF;
    IF looked.items = 0 OR looked.fine <> NEW.passed THEN
        RAISE EXCEPTION 'acceptance %: the verdict is not that of its items', NEW.id
            USING ERRCODE = 'check_violation', HINT = '逐项都合格，才是合格';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER whole_acceptance AFTER INSERT ON funding_acceptance
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION funding_guard_acceptance();
"""

PAYMENTS = """
CREATE FUNCTION funding_guard_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    signed record;
    part record;
    accepted record;
    together bigint;
BEGIN
    IF NEW.stage = 'refused' THEN
        RETURN NEW;
    END IF;
    SELECT c.id, c.price_fen, c.ended_at, c.proposal_id, p.proposer_id, p.stage INTO signed
        FROM funding_contract c JOIN proposals_proposal p ON p.id = c.proposal_id
        WHERE c.id = NEW.contract_id FOR NO KEY UPDATE OF c;
    SELECT contract_id, kind, amount_fen INTO part FROM funding_milestone WHERE id = NEW.milestone_id;
    IF part.contract_id <> NEW.contract_id OR part.amount_fen <> NEW.amount_fen THEN
        RAISE EXCEPTION 'payment: not what milestone % says', NEW.milestone_id
            USING ERRCODE = 'check_violation', HINT = '付款金额与合同的付款节点不一致';
    END IF;
    IF signed.ended_at IS NOT NULL OR signed.stage = 'cancelled' THEN
        RAISE EXCEPTION 'contract % has ended', signed.id USING ERRCODE = 'check_violation', HINT = '合同已经中止，不再付款';
    END IF;
    SELECT coalesce(sum(amount_fen), 0) INTO together FROM funding_payment
        WHERE contract_id = NEW.contract_id AND stage <> 'refused' AND id IS DISTINCT FROM NEW.id;
    IF together + NEW.amount_fen > signed.price_fen THEN
        RAISE EXCEPTION 'payment: beyond the price of contract %', signed.id
            USING ERRCODE = 'check_violation', HINT = '付款合计超过了合同价';
    END IF;
    IF signed.proposer_id IN (NEW.asked_by_id, NEW.approved_by_id, NEW.paid_by_id) THEN
        RAISE EXCEPTION 'payment: the proposer has no hand in it'
            USING ERRCODE = 'check_violation', HINT = '提议人不能申请、审批或支付自己项目的款项';
    END IF;
    IF EXISTS (
        SELECT FROM funding_panelist s JOIN residents_person r ON r.id = s.person_id
            JOIN funding_acceptance a ON a.id = s.acceptance_id JOIN funding_contract c ON c.id = a.contract_id
        WHERE c.proposal_id = signed.proposal_id AND r.user_id IN (NEW.approved_by_id, NEW.paid_by_id)
    ) THEN
        RAISE EXCEPTION 'payment: who accepted neither approves nor pays'
            USING ERRCODE = 'check_violation', HINT = '参加验收的人不能审批或支付';
    END IF;
    IF part.kind = 'acceptance' THEN
        SELECT passed, notice_id INTO accepted FROM funding_acceptance WHERE contract_id = NEW.contract_id
            ORDER BY round DESC LIMIT 1;
        IF accepted.passed IS NOT TRUE OR NOT notice_passed(funding_notice_in_force(accepted.notice_id)) THEN
            RAISE EXCEPTION 'payment: not accepted, or its notice still runs'
                USING ERRCODE = 'check_violation', HINT = '验收合格并且公示期满、异议都答复以后才能付这一笔';
        END IF;
    ELSIF part.kind = 'retention'
          AND NOT EXISTS (SELECT FROM funding_hold WHERE contract_id = NEW.contract_id AND stage = 'released') THEN
        RAISE EXCEPTION 'payment: the retention of contract % is on hold', NEW.contract_id
            USING ERRCODE = 'check_violation', HINT = '尾款要等满意度评议达标才能支付';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_payment BEFORE INSERT OR UPDATE ON funding_payment
    FOR EACH ROW EXECUTE FUNCTION funding_guard_payment();

-- Held first; what was refused is held again only after the work has been accepted anew. Released is for good.
CREATE FUNCTION funding_guard_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.stage <> 'held'
       OR TG_OP = 'UPDATE' AND NEW.stage <> OLD.stage AND OLD.stage <> 'held'
          AND NOT (OLD.stage = 'refused' AND NEW.stage = 'held' AND coalesce((
              SELECT passed FROM funding_acceptance WHERE contract_id = NEW.contract_id ORDER BY round DESC LIMIT 1
          ), false)) THEN
        RAISE EXCEPTION 'hold %: % cannot become %', NEW.id, OLD.stage, NEW.stage USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_hold BEFORE INSERT OR UPDATE ON funding_hold FOR EACH ROW EXECUTE FUNCTION funding_guard_hold();
"""

# Money moves in this app's accounts only on a warrant: the row that was decided, named by the entry's key.
# Accounts that none of this app's rows owns are none of its business.
LEDGER = """
CREATE FUNCTION funding_is_warranted(entry public.ledger_entry, account bigint, fen bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    found text[] := regexp_match(entry.key, '^(allocation|grant|placing|release|contribution|reversal|payment|refund):([0-9]{1,18})$');
    row_id bigint;
BEGIN
    IF found IS NULL THEN
        RETURN false;
    END IF;
    row_id := found[2]::bigint;
    RETURN CASE found[1]
        WHEN 'allocation' THEN EXISTS (
            SELECT FROM funding_allocation a JOIN funding_pot p ON p.id = a.pot_id
            WHERE a.id = row_id AND a.confirmed_by_id IS NOT NULL AND p.account_id = account AND fen = a.amount_fen)
        WHEN 'grant' THEN EXISTS (
            SELECT FROM funding_grant g JOIN funding_pot p ON p.id = g.pot_id
            WHERE g.id = row_id AND g.stage = 'approved'
              AND (account, fen) IN ((p.account_id, -g.amount_fen), (g.account_id, g.amount_fen)))
        WHEN 'placing' THEN EXISTS (
            SELECT FROM funding_grant g JOIN funding_purse u ON u.proposal_id = g.proposal_id
            WHERE g.id = row_id AND g.stage = 'placed'
              AND (account, fen) IN ((g.account_id, -g.amount_fen), (u.account_id, g.amount_fen)))
        WHEN 'release' THEN EXISTS (
            SELECT FROM funding_grant g JOIN funding_pot p ON p.id = g.pot_id
            WHERE g.id = row_id AND g.stage = 'withdrawn'
              AND (account, fen) IN ((g.account_id, -g.amount_fen), (p.account_id, g.amount_fen)))
        WHEN 'contribution' THEN EXISTS (
            SELECT FROM funding_contribution c JOIN funding_purse u ON u.proposal_id = c.proposal_id
            WHERE c.id = row_id AND c.stage = 'confirmed' AND (account, fen) = (u.account_id, c.amount_fen))
        WHEN 'reversal' THEN EXISTS (
            SELECT FROM funding_contribution c JOIN funding_purse u ON u.proposal_id = c.proposal_id
            WHERE c.id = row_id AND c.stage = 'reversed' AND (account, fen) = (u.account_id, -c.amount_fen))
        WHEN 'payment' THEN EXISTS (
            SELECT FROM funding_payment m JOIN funding_contract c ON c.id = m.contract_id
                JOIN funding_purse u ON u.proposal_id = c.proposal_id
            WHERE m.id = row_id AND m.stage = 'paid'
              AND (account, fen) IN ((u.account_id, -m.amount_fen), (c.account_id, m.amount_fen)))
        WHEN 'refund' THEN EXISTS (
            SELECT FROM funding_refund r JOIN funding_purse u ON u.proposal_id = r.proposal_id
                LEFT JOIN funding_grant g ON g.id = r.grant_id LEFT JOIN funding_pot p ON p.id = g.pot_id
            WHERE r.id = row_id AND r.returned_at IS NOT NULL
              AND ((account, fen) = (u.account_id, -r.amount_fen) OR (account, fen) = (p.account_id, r.amount_fen)))
        ELSE false END;
END $$;

CREATE FUNCTION funding_guard_posting() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry public.ledger_entry;
BEGIN
    IF NOT EXISTS (SELECT FROM funding_purse WHERE account_id = NEW.account_id)
       AND NOT EXISTS (SELECT FROM funding_pot WHERE account_id = NEW.account_id)
       AND NOT EXISTS (SELECT FROM funding_grant WHERE account_id = NEW.account_id)
       AND NOT EXISTS (SELECT FROM funding_contract WHERE account_id = NEW.account_id) THEN
        RETURN NULL;
    END IF;
    SELECT * INTO entry FROM public.ledger_entry WHERE id = NEW.entry_id;
    IF NOT funding_is_warranted(entry, NEW.account_id, NEW.amount_fen) THEN
        RAISE EXCEPTION 'entry % moves % fen without a warrant', entry.key, NEW.amount_fen
            USING ERRCODE = 'check_violation', HINT = '这笔钱没有对应的批准记录，不能记账';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER funding_warrant AFTER INSERT ON ledger_posting FOR EACH ROW EXECUTE FUNCTION funding_guard_posting();

-- And the other way round: what was decided about money is in the books when the transaction ends.
CREATE FUNCTION funding_refuse_unbooked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM ledger_entry WHERE key = TG_ARGV[0] || ':' || NEW.id) THEN
        RAISE EXCEPTION '% % is decided but not in the books', TG_ARGV[0], NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER booked AFTER INSERT OR UPDATE ON funding_allocation DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.confirmed_by_id IS NOT NULL) EXECUTE FUNCTION funding_refuse_unbooked('allocation');
CREATE CONSTRAINT TRIGGER reserved AFTER INSERT OR UPDATE ON funding_grant DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.stage IN ('approved', 'placed')) EXECUTE FUNCTION funding_refuse_unbooked('grant');
CREATE CONSTRAINT TRIGGER placed AFTER INSERT OR UPDATE ON funding_grant DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.stage = 'placed') EXECUTE FUNCTION funding_refuse_unbooked('placing');
CREATE CONSTRAINT TRIGGER released AFTER INSERT OR UPDATE ON funding_grant DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.stage = 'withdrawn' AND NEW.account_id IS NOT NULL)
    EXECUTE FUNCTION funding_refuse_unbooked('release');
CREATE CONSTRAINT TRIGGER booked AFTER INSERT OR UPDATE ON funding_contribution DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.stage IN ('confirmed', 'reversed')) EXECUTE FUNCTION funding_refuse_unbooked('contribution');
CREATE CONSTRAINT TRIGGER reversed AFTER INSERT OR UPDATE ON funding_contribution DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.stage = 'reversed') EXECUTE FUNCTION funding_refuse_unbooked('reversal');
CREATE CONSTRAINT TRIGGER booked AFTER INSERT OR UPDATE ON funding_payment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.stage = 'paid') EXECUTE FUNCTION funding_refuse_unbooked('payment');
CREATE CONSTRAINT TRIGGER booked AFTER INSERT OR UPDATE ON funding_refund DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.returned_at IS NOT NULL) EXECUTE FUNCTION funding_refuse_unbooked('refund');
"""

STAGES = """
SELECT guard_stage('funding_grant', 'funding.grant');
SELECT guard_stage('funding_contribution', 'funding.contribution');
SELECT guard_stage('funding_payment', 'funding.payment');
SELECT guard_stage('funding_hold', 'funding.hold');
SELECT guard_stage('funding_change', 'funding.change');
"""

DROPPED = (
    ("guard_line", "funding_planline"),
    ("guard_grant", "funding_grant"),
    ("guard_giver", "funding_pledge"),
    ("guard_giver", "funding_contribution"),
    ("whole_group", "funding_group"),
    ("whole_group", "funding_groupmember"),
    ("guard_judge", "funding_judge"),
    ("guard_award", "funding_award"),
    ("whole_award", "funding_award"),
    ("guard_contract", "funding_contract"),
    ("milestones_make_the_price", "funding_contract"),
    ("milestones_make_the_price", "funding_milestone"),
    ("guard_milestone", "funding_milestone"),
    ("guard_change", "funding_change"),
    ("guard_panelist", "funding_panelist"),
    ("whole_acceptance", "funding_acceptance"),
    ("guard_payment", "funding_payment"),
    ("guard_hold", "funding_hold"),
    ("funding_warrant", "ledger_posting"),
    ("booked", "funding_allocation"),
    ("reserved", "funding_grant"),
    ("placed", "funding_grant"),
    ("released", "funding_grant"),
    ("booked", "funding_contribution"),
    ("reversed", "funding_contribution"),
    ("booked", "funding_payment"),
    ("booked", "funding_refund"),
    *(
        (trigger, f"funding_{table}")
        for table in ("grant", "contribution", "payment", "hold", "change")
        for trigger in ("recorded_stage", "recorded_first_stage")
    ),
)
FUNCTIONS = (
    "funding_guard_line()", "funding_guard_grant()", "funding_guard_giver()", "funding_guard_group()",
    "funding_guard_judge()", "funding_guard_award()", "funding_guard_judges()", "funding_guard_contract()",
    "funding_notice_in_force(bigint)", "funding_guard_milestones()", "funding_guard_milestone()",
    "funding_guard_change()", "funding_guard_panelist()", "funding_guard_acceptance()", "funding_guard_payment()",
    "funding_guard_hold()", "funding_guard_posting()", "funding_is_warranted(ledger_entry, bigint, bigint)",
    "funding_refuse_unbooked()",
)
BACKWARD = "".join(f"DROP TRIGGER {trigger} ON {table};" for trigger, table in DROPPED) + "".join(
    f"DROP FUNCTION {function};" for function in FUNCTIONS
)

APPEND_ONLY = {
    "pot": (),
    "allocation": ("confirmed_by_id", "confirmed_at"),
    "purse": (),
    "plan": (),
    "planline": (),
    "grant": (
        "stage", "stage_since", "due_at", "days_left", "completions",
        "examined_by_id", "approved_by_id", "district_by_id", "account_id",
    ),
    "pledge": ("withdrawn_at", "withdrawn_by_id", "publishes_name", "name_public"),
    "sponsor": ("publishes_name", "name_public", "contact"),
    "contribution": ("stage", "stage_since", "confirmed_by_id", "name_public"),
    "inkind": ("confirmed_by_id", "confirmed_at", "name_public"),
    "refund": ("voucher", "paid_by_id", "paid_at", "confirmed_by_id", "returned_at", "name_public"),
    "group": ("ended_at",),
    "groupmember": (),
    "supplier": ("contact",),
    "enquiry": ("ended_at",),
    "quote": (),
    "recusal": (),
    "award": ("annulled_at",),
    "judge": (),
    "contract": ("price_fen", "days", "started_at", "finished_at", "ended_at"),
    "milestone": ("amount_fen",),
    "logentry": (),
    "logphoto": (),
    "change": ("stage", "stage_since", "due_at", "decided_by_id", "notice_id"),
    "acceptance": (),
    "panelist": (),
    "item": (),
    "payment": ("stage", "stage_since", "due_at", "approved_by_id", "paid_by_id", "voucher"),
    "hold": ("stage", "stage_since"),
}  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0001_initial"),
        ("proposals", "0002_guards"),
        ("lifecycle", "0002_guards"),
        ("ledger", "0002_guards"),
        ("disclosure", "0002_guards"),
        ("audit", "0001_refuse_change"),
    ]
    operations = [
        migrations.RunSQL(PLANS + SUPPLIERS + WORK + PAYMENTS + LEDGER + STAGES, BACKWARD),
        *(AppendOnly(f"funding_{table}", mutable=mutable) for table, mutable in APPEND_ONLY.items()),
    ]
