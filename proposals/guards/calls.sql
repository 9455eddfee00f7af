SELECT guard_stage('proposals_call', 'proposals.call');
-- What was called for stays as it was said; a prize is named once, with the result.
SELECT append_only(
    'proposals_call', 'stage', 'stage_since', 'holder_role', 'holder_place_id', 'due_at', 'result'
);
SELECT append_only('proposals_callentry', 'prize');

-- What takes part was handed in while the call was open, for a place within it; a prize needs the judging.
CREATE OR REPLACE FUNCTION refuse_late_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked proposals_call;
BEGIN
    SELECT * INTO asked FROM proposals_call WHERE id = NEW.call_id FOR SHARE;
    IF TG_OP = 'INSERT' THEN
        IF asked.stage <> 'open' OR asked.closes_at <= (SELECT minshi_now()) OR NEW.prize <> '' OR NOT EXISTS (
            SELECT FROM proposals_proposal AS matter
            JOIN territory_territory AS here ON here.id = matter.place_id
            JOIN territory_territory AS around ON around.id = asked.place_id
            WHERE matter.id = NEW.proposal_id AND starts_with(here.path, around.path)
        ) THEN
            RAISE EXCEPTION 'call % takes no such entry', NEW.call_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_in_the_window_of_its_call';
        END IF;
    ELSIF asked.stage <> 'judging' AND NEW.prize <> OLD.prize THEN
        RAISE EXCEPTION 'call % is not being judged', NEW.call_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER entry_in_time BEFORE INSERT OR UPDATE ON proposals_callentry
    FOR EACH ROW EXECUTE FUNCTION refuse_late_entry();
