-- The one time of the platform. Columns take it as their default: the first migration runs this file too.

CREATE OR REPLACE FUNCTION minshi_now() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS 'SELECT clock_timestamp() + shift FROM public.clock_offset';

CREATE OR REPLACE FUNCTION minshi_today() RETURNS date LANGUAGE sql VOLATILE
    AS $$ SELECT (minshi_now() AT TIME ZONE 'Asia/Shanghai')::date $$;
