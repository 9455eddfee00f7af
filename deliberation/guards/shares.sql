-- Exact: "1/2" means more than half, every other share is reached when met (policy).
CREATE OR REPLACE FUNCTION share_reached(part bigint, whole bigint, share text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN whole <= 0 THEN false
        WHEN split_part(share, '/', 1)::bigint * 2 = split_part(share, '/', 2)::bigint THEN part * 2 > whole
        ELSE part * split_part(share, '/', 2)::bigint >= whole * split_part(share, '/', 1)::bigint
    END
$$;
