-- A ballot comes in by one of these functions, one for each way; they run as the owner, since the application may not
-- write ballots itself. Who acts is set first, for the audit.

-- Voting online, the whole act in one call, whose plans every connection keeps: half of its cost was planning.
-- Late voters stop here without touching the motion's lock. NULL when there is more to be said.
-- own_unit is named where a person has a say for several units (owners); NULL means the one there is.
CREATE OR REPLACE FUNCTION cast_ballot(
    motion_key bigint, voter bigint, own_unit bigint, chosen text, slip text, check_no text, came_from text
) RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moment timestamptz := minshi_now();
    motion record;
    who bigint;
    stored timestamptz;
BEGIN
    PERFORM set_config('minshi.actor', voter::text, true), set_config('minshi.origin', came_from, true);
    SELECT stage, closes_at, roll_id INTO motion FROM deliberation_motion WHERE id = motion_key;
    SELECT id INTO who FROM residents_person WHERE user_id = voter;
    IF motion.stage IS DISTINCT FROM 'open' OR moment >= motion.closes_at OR who IS NULL THEN
        RETURN NULL;
    END IF;
    IF own_unit IS NULL THEN
        SELECT unit INTO own_unit FROM units_of(motion.roll_id, who, moment) AS unit ORDER BY unit LIMIT 1;
    END IF;
    IF own_unit IS NOT NULL AND why_not_speak_for(own_unit, who, moment, false) = '' AND NOT (was_joined(who) AND EXISTS (
        SELECT FROM deliberation_ballot WHERE motion_id = motion_key AND voice IN (SELECT people_of_one(who))
    )) THEN
        INSERT INTO deliberation_ballot (unit_id, motion_id, choice, channel, slip_number, check_number, speaker_id, by_id)
        VALUES (own_unit, motion_key, chosen, 'online', slip, check_no, who, voter)
        ON CONFLICT DO NOTHING RETURNING cast_at INTO stored;
    END IF;
    RETURN stored;
END $$;

-- Changing what one cast oneself, until the end.
CREATE OR REPLACE FUNCTION change_ballot(the_unit bigint, voter bigint, chosen text, slip text, check_no text)
RETURNS timestamptz LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE deliberation_ballot
    SET choice = chosen, channel = 'online', slip_number = slip, check_number = check_no, by_id = voter
    WHERE unit_id = the_unit AND channel_rank(channel) = channel_rank('online')
      AND speaker_id = (SELECT id FROM residents_person WHERE user_id = voter)
    RETURNING cast_at
$$;

-- What a settled or corrected sheet says becomes its unit's ballot, in place of any that came another way.
CREATE OR REPLACE FUNCTION count_paper_ballot(the_paper bigint, check_no text, slip text DEFAULT NULL)
RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    sheet record;
    stored timestamptz;
BEGIN
    SELECT paper.unit_id, motion.id AS motion_id, coalesce(line.corrected, line.settled) ->> 'choice' AS choice,
           coalesce(slip, line.slip_number) AS slip_number, line.signer_id,
           coalesce(line.corrected_by_id, line.first_by_id) AS by_id
      INTO sheet
      FROM deliberation_paperballot AS paper
      JOIN paper_line AS line ON line.id = paper.line_id
      JOIN rolls_unit AS unit ON unit.id = paper.unit_id
      JOIN deliberation_motion AS motion ON motion.roll_id = unit.roll_id
     WHERE paper.id = the_paper AND NOT paper.is_void;
    INSERT INTO deliberation_ballot AS ballot
        (unit_id, motion_id, choice, channel, slip_number, check_number, speaker_id, by_id)
        VALUES (sheet.unit_id, sheet.motion_id, sheet.choice, 'paper', sheet.slip_number, check_no, sheet.signer_id,
                sheet.by_id)
        ON CONFLICT (unit_id) DO UPDATE SET
            choice = excluded.choice, channel = excluded.channel, slip_number = excluded.slip_number,
            check_number = excluded.check_number, speaker_id = excluded.speaker_id, by_id = excluded.by_id
        RETURNING ballot.cast_at INTO stored;
    RETURN stored;
END $$;
