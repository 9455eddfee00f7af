-- Later channels in this order replace earlier ones, never back (domain.md 5).
CREATE OR REPLACE FUNCTION channel_rank(channel text) RETURNS int LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE channel WHEN 'paper' THEN 3 WHEN 'proxy' THEN 2 WHEN 'kiosk' THEN 1 WHEN 'online' THEN 1 END $$;

-- The units of a roll that are this person's to speak for: their door's, their own, or those whose doors they own.
CREATE OR REPLACE FUNCTION units_of(the_roll bigint, speaker bigint, moment timestamptz) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    CASE (SELECT kind FROM rolls_roll WHERE id = the_roll)
    WHEN 'household' THEN
        RETURN QUERY SELECT unit.id FROM residents_residence AS home
            JOIN rolls_unit AS unit ON unit.roll_id = the_roll AND unit.household_id = home.household_id
            WHERE home.person_id = speaker AND home.since <= moment AND (home.until IS NULL OR home.until > moment);
    WHEN 'owner' THEN
        RETURN QUERY SELECT DISTINCT unit.id FROM residents_ownership AS now_owned
            JOIN residents_ownership AS then_owned ON then_owned.household_id = now_owned.household_id
            JOIN rolls_share AS share ON share.ownership_id = then_owned.id
            JOIN rolls_unit AS unit ON unit.id = share.unit_id AND unit.roll_id = the_roll
            WHERE now_owned.person_id IN (SELECT people_of_one(speaker))
              AND now_owned.since <= moment AND (now_owned.until IS NULL OR now_owned.until > moment);
    ELSE
        RETURN QUERY SELECT unit.id FROM rolls_unit AS unit WHERE unit.roll_id = the_roll
            AND unit.person_id IN (SELECT people_of_one(speaker));
    END CASE;
END $$;

-- Why this person may not speak for this unit at this moment: '' or a code of why_not_speak(). A household speaks
-- through its representative unless any_adult; an owner need not live there.
CREATE OR REPLACE FUNCTION why_not_speak_for(the_unit bigint, speaker bigint, moment timestamptz, any_adult boolean)
RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    unit record;
BEGIN
    SELECT u.household_id, u.person_id, u.roll_id, roll.kind INTO unit
        FROM rolls_unit AS u JOIN rolls_roll AS roll ON roll.id = u.roll_id WHERE u.id = the_unit;
    IF unit.kind = 'household' THEN
        RETURN why_not_speak(speaker, unit.household_id, moment, any_adult);
    ELSIF the_unit NOT IN (SELECT units_of(unit.roll_id, speaker, moment)) THEN
        RETURN 'elsewhere';
    ELSIF unit.kind = 'owner' THEN
        RETURN (SELECT CASE WHEN NOT coalesce(account.is_active, true) THEN 'closed'
                            WHEN NOT person.is_adult THEN 'minor' ELSE '' END
                FROM residents_person AS person LEFT JOIN accounts_user AS account ON account.id = person.user_id
                WHERE person.id = speaker);
    END IF;
    RETURN why_not_speak(speaker, NULL, moment, true);
END $$;

-- One person speaks once on one matter; on an owners' roll once for each unit they have a part in.
CREATE OR REPLACE FUNCTION one_voice(the_unit bigint, speaker bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN roll.kind <> 'owner' THEN speaker END
    FROM rolls_unit AS unit JOIN rolls_roll AS roll ON roll.id = unit.roll_id WHERE unit.id = the_unit
$$;

-- One human speaks once on one matter, by whichever of the accounts that were joined, on a screen or on paper:
-- guard_single_voice(table, the column of the matter, that of the person, that of the unit or door whose own earlier word
-- a new one may replace ('' for none), which earlier rows still stand, what else makes a row count anew).
CREATE OR REPLACE FUNCTION refuse_second_account() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said jsonb := to_jsonb(NEW);
    spoken boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT FROM %s AS earlier WHERE %I = $1 AND %I <> $2 AND (%s) AND %s'
        ' AND %I IN (SELECT people_of_one($2)))', TG_RELID::regclass, TG_ARGV[0], TG_ARGV[1], TG_ARGV[3],
        CASE TG_ARGV[2] WHEN '' THEN 'true' ELSE format('%I IS DISTINCT FROM $3', TG_ARGV[2]) END, TG_ARGV[1]
    ) INTO spoken USING (said ->> TG_ARGV[0])::bigint, (said ->> TG_ARGV[1])::bigint, (said ->> TG_ARGV[2])::bigint;
    IF spoken THEN
        RAISE EXCEPTION '%: spoken already by another account of the same human', TG_TABLE_NAME
            USING ERRCODE = 'check_violation', CONSTRAINT = 'one_human_speaks_once';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION was_joined(person bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM residents_person AS one JOIN accounts_user AS account ON account.id = one.user_id
        WHERE one.id = person AND (account.also <> '{}' OR account.joined_to_id IS NOT NULL)
    )
$$;

CREATE OR REPLACE FUNCTION guard_single_voice(
    guarded regclass, matter text, person text, own text, standing text, anew text DEFAULT 'false'
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER single_voice BEFORE INSERT ON %s FOR EACH ROW WHEN (was_joined(NEW.%I))'
        ' EXECUTE FUNCTION refuse_second_account(%L, %L, %L, %L)', guarded, person, matter, person, own, standing
    );
    EXECUTE format(
        'CREATE TRIGGER single_voice_still BEFORE UPDATE ON %s FOR EACH ROW'
        ' WHEN ((NEW.%I IS DISTINCT FROM OLD.%I OR %s) AND was_joined(NEW.%I))'
        ' EXECUTE FUNCTION refuse_second_account(%L, %L, %L, %L)',
        guarded, person, person, anew, person, matter, person, own, standing
    );
END $$;
