-- The one tally: what was said on a roll, by word and channel, in units and in both weights. ``said`` is the table
-- that holds it (a unit_id and a channel each), ``word`` its column.
CREATE OR REPLACE FUNCTION roll_tally(the_roll bigint, said regclass, word text)
RETURNS TABLE (said_word text, channel text, units bigint, persons bigint, area_m2 numeric)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT said.%I::text, said.channel::text, count(*), sum(unit.persons)::bigint, sum(unit.area_m2) '
        'FROM rolls_unit AS unit JOIN %s AS said ON said.unit_id = unit.id '
        'WHERE unit.roll_id = $1 GROUP BY 1, 2', word, said) USING the_roll;
END $$;

-- Exact: "1/2" means more than half, every other share is reached when met (policy).
CREATE OR REPLACE FUNCTION share_reached(part numeric, whole numeric, share text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN whole <= 0 THEN false
        WHEN split_part(share, '/', 1)::numeric * 2 = split_part(share, '/', 2)::numeric THEN part * 2 > whole
        ELSE part * split_part(share, '/', 2)::numeric >= whole * split_part(share, '/', 1)::numeric
    END
$$;

-- Whether one weight carries a question: quorum and threshold, each with its base, and a tie fails.
CREATE OR REPLACE FUNCTION weight_carries(
    agree numeric, against numeric, abstain numeric, roll numeric,
    quorum text, quorum_base text, threshold text, threshold_base text
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT agree > against
       AND share_reached(cast_, CASE quorum_base WHEN 'cast' THEN cast_ ELSE roll END, quorum)
       AND share_reached(agree, CASE threshold_base WHEN 'roll' THEN roll ELSE cast_ END, threshold)
    FROM (SELECT agree + against + abstain AS cast_) AS said
$$;

-- What is told of a running question is told as of fixed hours of the day, counted from midnight (domain.md 5), so that
-- a list or a count read twice tells no minute; once the window is over, of its end.
CREATE OR REPLACE FUNCTION told_as_of(closes_at timestamptz, every_hours int) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN closes_at <= told.moment THEN 'infinity'
        WHEN every_hours IS NULL THEN told.midnight
        ELSE told.midnight + make_interval(hours =>
            floor(extract(hour FROM told.moment - told.midnight) / every_hours)::int * every_hours)
    END
    FROM (SELECT minshi_now() AS moment, date_trunc('day', minshi_now(), 'Asia/Shanghai') AS midnight) AS told
$$;
