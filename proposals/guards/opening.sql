-- Nobody wishes or proposes in a community that is not open yet: what they put forward would wait for nobody.
CREATE OR REPLACE FUNCTION refuse_before_opening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        WITH RECURSIVE up AS (
            SELECT id, parent_id, level_id, opened_at FROM territory_territory WHERE id = NEW.place_id
            UNION ALL
            SELECT above.id, above.parent_id, above.level_id, above.opened_at
            FROM territory_territory AS above JOIN up ON above.id = up.parent_id
        )
        SELECT FROM up WHERE level_id = 'community' AND opened_at IS NULL
    ) THEN
        RAISE EXCEPTION 'place %: its community is not open yet', NEW.place_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'community_is_open';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER after_opening BEFORE INSERT ON proposals_proposal
    FOR EACH ROW EXECUTE FUNCTION refuse_before_opening();
CREATE TRIGGER after_opening BEFORE INSERT ON proposals_wish FOR EACH ROW EXECUTE FUNCTION refuse_before_opening();
