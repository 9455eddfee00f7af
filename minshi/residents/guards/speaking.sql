-- Who may speak for a door, or (door NULL) as themselves, at a moment: '' or the code of what stands in the way
-- (minshi.residents.speaking puts it into words). Asked by every guard of what counts, and by the pages.
-- A household speaks through its representative; until one is named, through any adult of it (domain.md 5).
-- any_adult: nobody is in the way of changing what one said oneself, or of a word that is not a vote.
CREATE OR REPLACE FUNCTION why_not_speak(speaker bigint, door bigint, moment timestamptz, any_adult boolean)
RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    home record;
BEGIN
    SELECT residence.household_id, residence.confirmed_at, residence.is_representative, person.is_adult,
           coalesce(account.is_active, true) AS is_active, coalesce(household.is_active, true) AS is_dwelling
      INTO home
      FROM residents_person AS person
      LEFT JOIN residents_residence AS residence ON residence.person_id = person.id
           AND residence.since <= moment AND (residence.until IS NULL OR residence.until > moment)
      LEFT JOIN territory_household AS household ON household.id = residence.household_id
      LEFT JOIN accounts_user AS account ON account.id = person.user_id
     WHERE person.id = speaker;
    RETURN CASE
        WHEN home.household_id IS NULL THEN 'unregistered'
        WHEN NOT home.is_active THEN 'closed'
        WHEN NOT home.is_dwelling THEN 'struck'
        WHEN home.confirmed_at IS NULL THEN 'unconfirmed'
        WHEN home.household_id <> door THEN 'elsewhere'
        WHEN NOT home.is_adult THEN 'minor'
        WHEN NOT any_adult AND door IS NOT NULL AND NOT home.is_representative AND EXISTS (
            SELECT FROM residents_residence
            WHERE household_id = home.household_id AND is_representative AND until IS NULL
        ) THEN 'represented'
        ELSE ''
    END;
END $$;

-- The register's entries of one human: one, or as many as accounts that were joined had. By keys alone, since whoever
-- speaks is asked for it: a walk over all accounts took as long as the city is large.
CREATE OR REPLACE FUNCTION people_of_one(person bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT person
    UNION SELECT other.id FROM residents_person AS mine
        JOIN accounts_user AS account ON account.id = mine.user_id
            AND (account.joined_to_id IS NOT NULL OR account.also <> '{}')
        JOIN accounts_user AS stays ON stays.id = human_of(account.id)
        JOIN residents_person AS other ON other.user_id = ANY (stays.id || stays.also)
        WHERE mine.id = person
$$;

-- Whose voice a door has at a moment: the representative, else every adult confirmed there. It is what why_not_speak
-- answers of each of them, for a list of many doors in one walk.
CREATE OR REPLACE FUNCTION speakers_of(doors bigint[], moment timestamptz)
RETURNS TABLE (household_id bigint, person_id bigint, user_id bigint) LANGUAGE sql STABLE AS $$
    SELECT home.household_id, person.id, person.user_id
    FROM residents_residence AS home
    JOIN territory_household AS household ON household.id = home.household_id AND household.is_active
    JOIN residents_person AS person ON person.id = home.person_id AND person.is_adult
    LEFT JOIN accounts_user AS account ON account.id = person.user_id
    LEFT JOIN residents_residence AS speaks
        ON speaks.household_id = home.household_id AND speaks.is_representative AND speaks.until IS NULL
    WHERE home.household_id = ANY (doors)
      AND home.since <= moment AND (home.until IS NULL OR home.until > moment)
      AND home.confirmed_at IS NOT NULL AND coalesce(account.is_active, true)
      AND (home.is_representative OR speaks.id IS NULL)
$$;
