-- domain.md 5 and 10.1, kept by the database whoever writes and however.

CREATE OR REPLACE FUNCTION refuse_motion_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changing text[] := ARRAY['stage', 'stage_since', 'agree', 'against', 'abstain', 'agree_m2', 'against_m2',
        'abstain_m2', 'on_paper', 'unreachable', 'passed', 'digest', 'published_at', 'notice_id'];
    told record;
BEGIN
    IF TG_OP = 'DELETE' OR OLD.stage = 'published' THEN
        RAISE EXCEPTION 'motion % stays as it was published', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    -- It ends later than it said only while it runs, by a calendar that is on record in this transaction.
    IF NEW.closes_at > OLD.closes_at AND OLD.closes_at > minshi_now() AND (OLD.stage, NEW.stage) = ('open', 'open')
       AND NEW.counting_until >= OLD.counting_until AND NEW.publish_by >= OLD.publish_by AND EXISTS (
        SELECT FROM policy_lengthening WHERE subject_type = 'deliberation.motion' AND subject_id = OLD.id
            AND old_end = OLD.closes_at AND new_end = NEW.closes_at) THEN
        changing := changing || ARRAY['closes_at', 'counting_until', 'publish_by'];
    END IF;
    IF to_jsonb(OLD) - changing <> to_jsonb(NEW) - changing THEN
        RAISE EXCEPTION 'the question and rule of motion % are frozen', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.stage = '' AND NEW.stage = 'open'
       AND NEW.electorate IS DISTINCT FROM (SELECT persons FROM rolls_roll WHERE id = NEW.roll_id) THEN
        RAISE EXCEPTION 'motion %: the electorate is not the one it says', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.stage = 'open' AND NEW.stage <> 'open' AND minshi_now() < OLD.closes_at THEN
        RAISE EXCEPTION 'motion % closes at %', OLD.id, OLD.closes_at USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.stage = 'published' THEN
        SELECT * INTO told FROM motion_tally(NEW.roll_id);
        IF (NEW.agree, NEW.against, NEW.abstain, NEW.agree_m2, NEW.against_m2, NEW.abstain_m2, NEW.on_paper)
           IS DISTINCT FROM (told.agree, told.against, told.abstain, told.agree_m2, told.against_m2, told.abstain_m2,
                             told.on_paper) THEN
            RAISE EXCEPTION 'motion %: the tally is not the ballots', NEW.id USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.passed IS DISTINCT FROM motion_passes(NEW) THEN
            RAISE EXCEPTION 'motion %: the outcome is not what its rule says', NEW.id USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (
            SELECT 1 FROM deliberation_paperballot AS paper
            JOIN rolls_unit AS unit ON unit.id = paper.unit_id AND unit.roll_id = NEW.roll_id
            LEFT JOIN deliberation_ballot AS ballot ON ballot.unit_id = unit.id AND ballot.channel = 'paper'
            WHERE NOT paper.is_void AND ballot.unit_id IS NULL
        ) THEN
            RAISE EXCEPTION 'motion %: a registered paper is not counted', NEW.id USING ERRCODE = 'check_violation';
        END IF;
        IF area_counts_missing(NEW) > 0 THEN
            RAISE EXCEPTION 'motion %: its areas are added up by two before it is published', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'areas_are_counted_by_two';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_motion BEFORE UPDATE OR DELETE ON deliberation_motion
    FOR EACH ROW EXECUTE FUNCTION refuse_motion_change();
SELECT guard_stage('deliberation_motion', 'deliberation.motion');

-- An owners' count is an opinion poll, unless a rule of the place that holds on that day makes it a decision; that one
-- it cites (domain.md 5). The rule is shared, so that whatever replaces it waits for us.
CREATE OR REPLACE FUNCTION refuse_unruled_vote() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    day date := (SELECT minshi_today());
BEGIN
    PERFORM FROM bylaws_bylaw WHERE id = NEW.bylaw_id FOR SHARE;
    IF NEW.bylaw_id IS NULL AND (NEW.is_poll OR NOT NEW.by_area AND NOT EXISTS (
        SELECT FROM proposals_proposal
        WHERE id = NEW.proposal_id AND touches_common_parts AND NEW.purpose = 'formal'
    )) THEN
        RETURN NEW;
    END IF;
    IF NEW.is_poll OR NOT EXISTS (
        SELECT FROM bylaws_bylaw AS ruled
        JOIN territory_territory AS around ON around.id = ruled.place_id
        JOIN territory_territory AS here ON here.id = NEW.place_id AND starts_with(here.path, around.path)
        WHERE ruled.id = NEW.bylaw_id AND ruled.is_granted AND ruled.binds_owners
          AND ruled.since <= day AND (ruled.until IS NULL OR ruled.until > day)
    ) THEN
        RAISE EXCEPTION 'motion %: no rule in force makes an owners'' vote binding here', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'binding_vote_cites_a_rule';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ruled_vote BEFORE INSERT ON deliberation_motion
    FOR EACH ROW EXECUTE FUNCTION refuse_unruled_vote();

-- What the ballots on a roll add up to, as a motion keeps it: persons, and their area.
CREATE OR REPLACE FUNCTION motion_tally(the_roll bigint) RETURNS TABLE (
    agree int, against int, abstain int, agree_m2 numeric, against_m2 numeric, abstain_m2 numeric, on_paper int
) LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(persons) FILTER (WHERE said_word = 'agree'), 0)::int,
           coalesce(sum(persons) FILTER (WHERE said_word = 'against'), 0)::int,
           coalesce(sum(persons) FILTER (WHERE said_word = 'abstain'), 0)::int,
           coalesce(sum(area_m2) FILTER (WHERE said_word = 'agree'), 0),
           coalesce(sum(area_m2) FILTER (WHERE said_word = 'against'), 0),
           coalesce(sum(area_m2) FILTER (WHERE said_word = 'abstain'), 0),
           coalesce(sum(persons) FILTER (WHERE channel = 'paper'), 0)::int
    FROM roll_tally(the_roll, 'deliberation_ballot', 'choice')
$$;

-- The rule, once: by persons and, where it says so, by area as well (民法典 278).
CREATE OR REPLACE FUNCTION motion_passes(motion deliberation_motion) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT weight_carries(motion.agree, motion.against, motion.abstain, motion.electorate,
                          motion.quorum, motion.quorum_base, motion.threshold, motion.threshold_base)
       AND (NOT motion.by_area
            OR weight_carries(motion.agree_m2, motion.against_m2, motion.abstain_m2,
                              (SELECT area_m2 FROM rolls_roll WHERE id = motion.roll_id),
                              motion.quorum, motion.quorum_base, motion.threshold, motion.threshold_base))
$$;

-- 联系不上 is noted until the result is out.
CREATE OR REPLACE FUNCTION refuse_late_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM deliberation_motion WHERE roll_id = NEW.roll_id AND stage = 'published') THEN
        RAISE EXCEPTION 'the roll of a published motion stays' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER no_late_note BEFORE UPDATE ON rolls_unit FOR EACH ROW EXECUTE FUNCTION refuse_late_note();

-- Who took part is told as of fixed hours of the day (domain.md 5).
CREATE OR REPLACE FUNCTION lists_as_of(motion deliberation_motion) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT told_as_of(motion.closes_at, motion.lists_every_hours)
$$;

-- Whether its unit had spoken by then: a ballot changed later takes its door off no list and puts it on none.
CREATE OR REPLACE FUNCTION had_spoken(ballot deliberation_ballot, moment timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT ballot.cast_at <= moment OR EXISTS (
        SELECT FROM deliberation_ballotchange WHERE unit_id = ballot.unit_id AND cast_at <= moment
    )
$$;

-- Who may add areas up: of the street's office, who stands apart: without a role of the community in the place, above or
-- beneath it, and not living there. Where these are not two humans, of the district's office, too (domain.md 6).
CREATE OR REPLACE FUNCTION area_counters(place bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    WITH here AS (
        SELECT path FROM territory_territory WHERE id = place
    ), held AS (
        SELECT human_of(g.user_id) AS human, g.user_id, g.role, t.path FROM residents_rolegrant AS g
        JOIN territory_territory AS t ON t.id = g.place_id JOIN accounts_user AS u ON u.id = g.user_id
        JOIN here ON starts_with(here.path, t.path) OR starts_with(t.path, here.path)
        WHERE u.is_active AND g.revoked_at IS NULL AND g.since <= minshi_today()
          AND (g.until IS NULL OR g.until > minshi_today())
    ), apart AS (
        SELECT user_id, human, role IN ('case_officer', 'approver', 'cashier') AS is_near FROM held, here
        WHERE starts_with(here.path, held.path)
          AND role IN ('case_officer', 'approver', 'cashier', 'district_officer', 'district_finance')
          AND human NOT IN (
            SELECT human FROM held WHERE role NOT IN (
                'case_officer', 'approver', 'cashier', 'district_officer', 'district_finance'))
          AND human NOT IN (
            SELECT human_of(person.user_id) FROM residents_residence AS home
            JOIN residents_person AS person ON person.id = home.person_id AND person.user_id IS NOT NULL
            JOIN territory_household AS door ON door.id = home.household_id
            JOIN territory_territory AS lives ON lives.id = door.place_id
            WHERE home.until IS NULL AND home.confirmed_at IS NOT NULL AND starts_with(lives.path, here.path))
    )
    SELECT DISTINCT user_id FROM apart
    WHERE is_near OR (SELECT count(DISTINCT human) FROM apart WHERE is_near) < 2
$$;

-- How many must still add up the areas of a motion and find what its ballots say, before it is published: of two, or of
-- as many as there are where two are not to be found.
CREATE OR REPLACE FUNCTION area_counts_missing(motion deliberation_motion) RETURNS integer LANGUAGE sql STABLE AS $$
    WITH counted AS (
        SELECT DISTINCT human_of(hand.by_id) AS human FROM deliberation_areacount AS hand, motion_tally(motion.roll_id) AS told
        WHERE hand.motion_id = motion.id AND (hand.agree_m2, hand.against_m2, hand.abstain_m2)
              = (told.agree_m2, told.against_m2, told.abstain_m2)
    ), able AS (
        SELECT human FROM counted UNION SELECT human_of(counter) FROM area_counters(motion.place_id) AS counter
    )
    SELECT CASE WHEN motion.by_area
        THEN greatest(0, least(2, (SELECT count(*) FROM able)) - (SELECT count(*) FROM counted)) ELSE 0 END::integer
$$;

-- Areas are added up by two humans who found what the ballots say, while it is counted or after.
CREATE OR REPLACE FUNCTION refuse_area_count() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    motion deliberation_motion;
    told record;
BEGIN
    SELECT * INTO motion FROM deliberation_motion WHERE id = NEW.motion_id FOR SHARE;
    SELECT * INTO told FROM motion_tally(motion.roll_id);
    IF EXISTS (
        SELECT FROM deliberation_areacount WHERE motion_id = NEW.motion_id AND by_id <> NEW.by_id
            AND human_of(by_id) = human_of(NEW.by_id)
    ) THEN
        RAISE EXCEPTION 'motion %: one human counts once', motion.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'one_human_acts_once';
    END IF;
    IF NOT motion.by_area OR motion.stage NOT IN ('counting', 'published')
       OR (NEW.agree_m2, NEW.against_m2, NEW.abstain_m2) IS DISTINCT FROM
          (told.agree_m2, told.against_m2, told.abstain_m2) THEN
        RAISE EXCEPTION 'motion %: this is not what its ballots add up to', motion.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER true_area_count BEFORE INSERT ON deliberation_areacount
    FOR EACH ROW EXECUTE FUNCTION refuse_area_count();
SELECT append_only('deliberation_areacount');
