CREATE OR REPLACE FUNCTION funding_guard_grant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    project record;
    pot record;
    line bigint;
    standing bigint;
    public_money bigint;
    cap bigint;
BEGIN
    SELECT p.proposer_id, p.tier, p.kind, t.path INTO project
        FROM proposals_proposal p JOIN territory_territory t ON t.id = p.place_id
        WHERE p.id = NEW.proposal_id FOR NO KEY UPDATE OF p;
    IF human_of(project.proposer_id) IN (
        human_of(NEW.asked_by_id), human_of(NEW.examined_by_id), human_of(NEW.approved_by_id), human_of(NEW.district_by_id)
    ) THEN
        RAISE EXCEPTION 'grant %: the proposer decides on nothing here', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'proposer_decides_no_grant';
    END IF;
    -- A pot belongs to its year: asked for and reserved in it.
    IF TG_OP = 'INSERT' OR NEW.stage = 'approved' AND OLD.stage <> 'approved' THEN
        IF (SELECT year FROM funding_pot WHERE id = NEW.pot_id) <> extract(year FROM minshi_today()) THEN
            RAISE EXCEPTION 'grant %: its pot is of another year', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'pot_of_this_year', DETAIL = jsonb_build_object(
                    'year', (SELECT year FROM funding_pot WHERE id = NEW.pot_id))::text;
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        RETURN NEW;
    END IF;
    SELECT l.level_id, l.path INTO pot FROM funding_pot f JOIN territory_territory l ON l.id = f.place_id
        WHERE f.id = NEW.pot_id;
    IF NOT starts_with(project.path, pot.path)
       OR (NEW.source, pot.level_id) NOT IN (('subsidy', 'street'), ('district', 'district')) THEN
        RAISE EXCEPTION 'grant: pot % is not the one for % here', NEW.pot_id, NEW.source
            USING ERRCODE = 'check_violation', CONSTRAINT = 'pot_gives_here';
    END IF;
    SELECT amount_fen INTO line FROM funding_planline l JOIN funding_plan f ON f.id = l.plan_id
        WHERE l.plan_id = NEW.plan_id AND l.source = NEW.source AND f.proposal_id = NEW.proposal_id;
    -- What went back to its pot under a cheaper plan may be asked for again under a dearer one.
    SELECT coalesce(sum(g.amount_fen - (
        SELECT coalesce(sum(r.amount_fen), 0) FROM funding_refund r WHERE r.grant_id = g.id AND r.annulled_at IS NULL
    )), 0) INTO standing FROM funding_grant g
        WHERE g.proposal_id = NEW.proposal_id AND g.source = NEW.source AND g.stage NOT IN ('refused', 'withdrawn');
    IF line IS NULL OR standing + NEW.amount_fen > line THEN
        RAISE EXCEPTION 'grant: % asked where % stand and the plan says %', NEW.amount_fen, standing, line
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_within_plan';
    END IF;
    SELECT coalesce(sum(amount_fen), 0) INTO public_money FROM funding_planline
        WHERE plan_id = NEW.plan_id AND source IN ('subsidy', 'district');
    cap := pinned_term(
        NEW.proposal_id, CASE WHEN project.kind = 'works' THEN 'cap.works_fen' ELSE 'cap.service_fen' END
    )::bigint;
    IF NOT NEW.needs_district AND (project.tier = 3 OR NEW.source = 'district' OR public_money > cap) THEN
        RAISE EXCEPTION 'grant: above the cap or at tier 3 the district decides too'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_goes_to_district';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_grant BEFORE INSERT OR UPDATE ON funding_grant
    FOR EACH ROW EXECUTE FUNCTION funding_guard_grant();
SELECT guard_stage('funding_grant', 'funding.grant');
SELECT append_only(
    'funding_grant',
    'stage', 'stage_since', 'due_at', 'days_left', 'completions', 'examined_by_id', 'approved_by_id',
    'district_by_id', 'account_id'
);
-- No grant but through the functions of granting.sql. One column stays, for a row lock needs the right to some.
SELECT revoke_from_application('INSERT, UPDATE, DELETE', 'funding_grant');
SELECT grant_to_application('UPDATE (due_at)', 'funding_grant');
