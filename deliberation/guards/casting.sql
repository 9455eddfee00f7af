-- The whole act of voting online in one call, whose plans every connection keeps: half of its cost was planning.
-- Who acts is set first, for the audit; the unit is found by the conditions that rules.why_not_vote puts into words.
-- Late voters stop here without touching the motion's lock. NULL when there is more to be said.
CREATE OR REPLACE FUNCTION cast_ballot(motion_key bigint, voter bigint, chosen text, number text, came_from text)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    own_unit bigint;
    stored timestamptz;
BEGIN
    PERFORM set_config('minshi.actor', voter::text, true), set_config('minshi.origin', came_from, true);
    SELECT unit.id INTO own_unit
    FROM residents_person AS person
    JOIN deliberation_unit AS unit ON unit.motion_id = motion_key AND unit.household_id = person.household_id
    JOIN deliberation_motion AS motion ON motion.id = unit.motion_id
    WHERE person.user_id = voter AND person.confirmed_at IS NOT NULL AND person.is_adult
      AND motion.stage = 'open' AND minshi_now() < motion.closes_at
      AND (person.is_representative OR NOT EXISTS (
          SELECT 1 FROM residents_person AS other
          WHERE other.household_id = person.household_id AND other.is_representative));
    IF FOUND THEN
        INSERT INTO deliberation_ballot (unit_id, motion_id, choice, channel, receipt, by_id)
        VALUES (own_unit, motion_key, chosen, 'online', number, voter)
        ON CONFLICT DO NOTHING RETURNING cast_at INTO stored;
    END IF;
    RETURN stored;
END $$;
