-- A roll and its units are written in one transaction, until its totals are; then they stay as they are. Only 联系不上
-- is noted later.
CREATE OR REPLACE FUNCTION refuse_late_unit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    late bigint;
BEGIN
    SELECT own.roll_id INTO late FROM (SELECT DISTINCT roll_id FROM added) AS own
        LEFT JOIN rolls_roll AS roll ON roll.id = own.roll_id
        WHERE (roll.size = 0 AND roll.xid = pg_current_xact_id()::text::bigint) IS NOT TRUE LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'roll % is frozen', late USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER frozen_roll AFTER INSERT ON rolls_unit REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_late_unit();
SELECT append_only('rolls_unit', 'reach', 'reach_by_id', 'reach_note');
SELECT append_only('rolls_share');

CREATE OR REPLACE FUNCTION refuse_roll_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.id, NEW.kind, NEW.frozen_at, NEW.xid) <> (OLD.id, OLD.kind, OLD.frozen_at, OLD.xid)
       OR OLD.size <> 0 OR OLD.xid <> pg_current_xact_id()::text::bigint THEN
        RAISE EXCEPTION 'roll % is frozen', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen_roll BEFORE UPDATE OR DELETE ON rolls_roll FOR EACH ROW EXECUTE FUNCTION refuse_roll_change();

-- What it adds up to is written beside it once, and is true when the transaction ends.
CREATE OR REPLACE FUNCTION roll_totals(the_roll bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE rolls_roll SET size = told.size, persons = told.persons, area_m2 = told.area_m2
    FROM (SELECT count(*) AS size, coalesce(sum(persons), 0) AS persons, coalesce(sum(area_m2), 0) AS area_m2
          FROM rolls_unit WHERE roll_id = the_roll) AS told
    WHERE rolls_roll.id = the_roll
$$;

CREATE OR REPLACE FUNCTION refuse_false_roll() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM rolls_roll AS roll,
            (SELECT count(*) AS size, coalesce(sum(persons), 0) AS persons, coalesce(sum(area_m2), 0) AS area_m2
             FROM rolls_unit WHERE roll_id = NEW.id) AS told
        WHERE roll.id = NEW.id AND (roll.size, roll.persons, roll.area_m2) = (told.size, told.persons, told.area_m2)
    ) THEN
        RAISE EXCEPTION 'roll % is not the sum of its units', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER true_roll AFTER INSERT ON rolls_roll
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_false_roll();
