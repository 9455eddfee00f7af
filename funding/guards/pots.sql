SELECT append_only('funding_pot');
SELECT append_only('funding_allocation', 'confirmed_by_id', 'confirmed_at', 'rejected_by_id', 'rejected_at', 'rejected_why');
SELECT append_only('funding_purse');

-- A pot belongs to its year; what it leaves goes to a later one of the same place, by two.
CREATE OR REPLACE FUNCTION funding_guard_carry_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM funding_pot a JOIN funding_pot b ON b.place_id = a.place_id AND b.year > a.year
        WHERE a.id = NEW.pot_id AND b.id = NEW.to_pot_id
    ) THEN
        RAISE EXCEPTION 'carry over %: not to a later year of the same place', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'carry_over_to_a_later_year';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_carry_over BEFORE INSERT ON funding_carryover
    FOR EACH ROW EXECUTE FUNCTION funding_guard_carry_over();
SELECT append_only('funding_carryover', 'confirmed_by_id', 'confirmed_at', 'rejected_by_id', 'rejected_at', 'rejected_why');
