-- Who had a hand in a project, as entries of the register: who proposed it, approved or paid its money, chose its supplier
-- or is or was of its group. None of them accepts as a resident (domain.md 6).
CREATE OR REPLACE FUNCTION funding_hands(project bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT person.id FROM (
        SELECT proposer_id FROM proposals_proposal WHERE id = project
        UNION SELECT unnest(ARRAY[examined_by_id, approved_by_id, district_by_id]) FROM funding_grant
            WHERE proposal_id = project
        UNION SELECT unnest(ARRAY[p.approved_by_id, p.paid_by_id]) FROM funding_payment AS p
            JOIN funding_contract AS c ON c.id = p.contract_id WHERE c.proposal_id = project AND p.stage <> 'refused'
    ) AS hand (account)
        JOIN accounts_user AS own ON own.id = human_of(hand.account) OR own.joined_to_id = human_of(hand.account)
        JOIN residents_person AS person ON person.user_id = own.id
    UNION SELECT people_of_one(m.person_id) FROM funding_groupmember AS m JOIN funding_group AS g ON g.id = m.group_id
        WHERE g.proposal_id = project
    UNION SELECT people_of_one(j.person_id) FROM funding_judge AS j JOIN funding_award AS w ON w.id = j.award_id
        JOIN funding_enquiry AS e ON e.id = w.enquiry_id WHERE e.proposal_id = project
$$;

-- Who may accept as a resident: confirmed adults who had no hand in it, behind the doors that benefit (around = ''), or
-- behind any door of the place with that path.
CREATE OR REPLACE FUNCTION funding_may_accept(project bigint, around text) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT home.person_id FROM residents_residence AS home
        JOIN residents_person AS person ON person.id = home.person_id AND person.is_adult
        JOIN territory_household AS door ON door.id = home.household_id AND door.is_active
        JOIN territory_territory AS place ON place.id = door.place_id
    WHERE home.until IS NULL AND home.confirmed_at IS NOT NULL
      AND CASE WHEN around = '' THEN door.id IN (SELECT benefiting_doors(project)) ELSE lies_within(place.path, around) END
      AND home.person_id NOT IN (SELECT funding_hands(project))
$$;

-- Where the residents of a panel are found: '' for the doors that benefit. Where all of these have a hand in it, so that
-- half a panel is not to be had, their neighbours who do not benefit: of the project's own place, else of the next above.
CREATE OR REPLACE FUNCTION funding_panel_around(project bigint, rule jsonb) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    around text := '';
    above text := (SELECT t.path FROM proposals_proposal AS p JOIN territory_territory AS t ON t.id = p.place_id
                   WHERE p.id = project);
BEGIN
    WHILE NOT is_at_least(
        (SELECT count(*) FROM funding_may_accept(project, around)), rule ->> 'acceptance.residents_share',
        (rule ->> 'acceptance.panel')::bigint
    ) LOOP
        EXIT WHEN above = '';
        around := above;
        above := regexp_replace(above, '[^/]+/$', '');
    END LOOP;
    RETURN around;
END $$;

-- Whoever proposed, approved or paid does not accept (domain.md 6).
CREATE OR REPLACE FUNCTION funding_guard_panelist() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    project bigint;
    member bigint;
    around text;
BEGIN
    SELECT proposal_id INTO project FROM funding_acceptance WHERE id = NEW.acceptance_id;
    SELECT human_of(user_id) INTO member FROM residents_person WHERE id = NEW.person_id;
    IF EXISTS (SELECT FROM proposals_proposal WHERE id = project AND human_of(proposer_id) = member)
       OR EXISTS (SELECT FROM funding_grant WHERE proposal_id = project
                  AND member IN (human_of(examined_by_id), human_of(approved_by_id), human_of(district_by_id)))
       OR EXISTS (SELECT FROM funding_payment p JOIN funding_contract c ON c.id = p.contract_id
                  WHERE c.proposal_id = project AND p.stage <> 'refused'
                  AND member IN (human_of(p.approved_by_id), human_of(p.paid_by_id))) THEN
        RAISE EXCEPTION 'person % has decided on this project already', NEW.person_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'panelist_has_not_decided';
    END IF;
    -- Who proposed, chose the supplier or works in the project group does not accept as a resident.
    IF NEW.side = 'resident' AND (
        EXISTS (SELECT FROM funding_groupmember m JOIN funding_group g ON g.id = m.group_id
                WHERE g.proposal_id = project AND m.person_id IN (SELECT people_of_one(NEW.person_id)))
        OR EXISTS (SELECT FROM funding_judge j JOIN funding_award w ON w.id = j.award_id
                   JOIN funding_enquiry e ON e.id = w.enquiry_id
                   WHERE e.proposal_id = project AND j.person_id IN (SELECT people_of_one(NEW.person_id)))
    ) THEN
        RAISE EXCEPTION 'person % carried the project out or chose its supplier', NEW.person_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'panelist_has_not_carried_out';
    END IF;
    IF NEW.side = 'resident' THEN
        SELECT funding_panel_around(project, a.terms) INTO around FROM funding_acceptance AS a
            WHERE a.id = NEW.acceptance_id;
        IF NEW.person_id NOT IN (SELECT funding_may_accept(project, around)) THEN
            RAISE EXCEPTION 'person % does not live where the residents of this panel are found', NEW.person_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'panelist_lives_there';
        END IF;
    END IF;
    -- Who sits as a resident without benefiting is named so.
    IF (NEW.neighbour_of <> '') <> (NEW.side = 'resident' AND NOT EXISTS (
        SELECT FROM residents_residence WHERE person_id = NEW.person_id AND until IS NULL
            AND household_id IN (SELECT benefiting_doors(project))
    )) THEN
        RAISE EXCEPTION 'person % is not named as what they sit for', NEW.person_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'panelist_is_named_so';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_panelist BEFORE INSERT ON funding_panelist
    FOR EACH ROW EXECUTE FUNCTION funding_guard_panelist();
SELECT append_only('funding_panelist');

-- The acceptance is whole when its transaction ends, and the project stands in another stage by then: the row keeps
-- the rule it was made by.
CREATE OR REPLACE FUNCTION funding_pin_acceptance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Of its project's contract; of none only where nothing was bought (domain.md 4).
    IF NEW.proposal_id IS DISTINCT FROM (SELECT proposal_id FROM funding_contract WHERE id = NEW.contract_id)
       AND NOT (NEW.contract_id IS NULL AND funding_buys_nothing(NEW.proposal_id)) THEN
        RAISE EXCEPTION 'acceptance: of no contract of project %', NEW.proposal_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'acceptance_of_its_contract';
    END IF;
    NEW.terms := pinned_terms(
        NEW.proposal_id, 'acceptance.panel', 'acceptance.residents_share', 'acceptance.supervisors'
    );
    RETURN NEW;
END $$;
CREATE TRIGGER pinned_terms BEFORE INSERT ON funding_acceptance FOR EACH ROW EXECUTE FUNCTION funding_pin_acceptance();

-- Who entered the quotes behind a contract, who awarded it and who signed it.
CREATE OR REPLACE FUNCTION funding_bought(contract bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT c.signed_by_id FROM funding_contract c WHERE c.id = contract
    UNION SELECT w.by_id FROM funding_award w JOIN funding_contract c ON c.award_id = w.id WHERE c.id = contract
    UNION SELECT q.by_id FROM funding_quote q JOIN funding_award w ON w.enquiry_id = q.enquiry_id
        JOIN funding_contract c ON c.award_id = w.id WHERE c.id = contract
$$;

CREATE OR REPLACE FUNCTION funding_guard_acceptance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sat record;
    looked record;
BEGIN
    SELECT count(*) AS people, count(*) FILTER (WHERE side = 'resident') AS residents,
           count(*) FILTER (WHERE side = 'supervisor') AS supervisors INTO sat
        FROM funding_panelist WHERE acceptance_id = NEW.id;
    SELECT count(*) AS items, bool_and(passed) AS fine INTO looked FROM funding_item WHERE acceptance_id = NEW.id;
    IF sat.people < (NEW.terms ->> 'acceptance.panel')::integer
       OR NOT is_at_least(sat.residents, NEW.terms ->> 'acceptance.residents_share', sat.people)
       OR sat.supervisors < (NEW.terms ->> 'acceptance.supervisors')::integer THEN
        RAISE EXCEPTION 'acceptance %: the panel is not whole', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'acceptance_panel_is_whole',
                DETAIL = jsonb_build_object(
                    'panel', NEW.terms -> 'acceptance.panel', 'residents', NEW.terms -> 'acceptance.residents_share',
                    'supervisors', NEW.terms -> 'acceptance.supervisors'
                )::text;
    END IF;
    IF human_of(NEW.recorded_by_id) IN (SELECT human_of(bought) FROM funding_bought(NEW.contract_id) AS bought) THEN
        RAISE EXCEPTION 'acceptance %: written down by who bought', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'acceptance_by_another_than_who_bought';
    END IF;
    IF looked.items = 0 OR looked.fine <> NEW.passed THEN
        RAISE EXCEPTION 'acceptance %: the verdict is not that of its items', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'acceptance_is_that_of_its_items';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER whole_acceptance AFTER INSERT ON funding_acceptance
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION funding_guard_acceptance();
SELECT append_only('funding_acceptance');
SELECT append_only('funding_item');
