-- Shares as units.fraction reads them, exactly: "1/2" of four is two.
CREATE OR REPLACE FUNCTION is_at_least(part bigint, share text, whole bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT part * split_part(share, '/', 2)::bigint >= whole * split_part(share, '/', 1)::bigint
$$;

CREATE OR REPLACE FUNCTION is_beyond(part bigint, share text, whole bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT part * split_part(share, '/', 2)::bigint > whole * split_part(share, '/', 1)::bigint
$$;
