-- Texts by two neighbouring characters. Indexes stand on it: migrations run this file too.
CREATE OR REPLACE FUNCTION bigrams(words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT substr(lower(words), place, 2)), '{}')
    FROM generate_series(1, length(words) - 1) AS place
$$;
