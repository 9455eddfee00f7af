-- What was typed from a sheet is looked at by another; a look that is over stays as it was. Only where a difference was
-- named is something typed anew, and then it is looked at again.
CREATE OR REPLACE FUNCTION refuse_untrue_look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'waiting'
           OR NEW.typed_by_id <> (SELECT registered_by_id FROM paper_sheet WHERE id = NEW.sheet_id) THEN
            RAISE EXCEPTION 'a new look waits, for another than who registered the sheet'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state IN ('alike', 'noted') AND (NEW.state, NEW.looked_by_id, NEW.looked_at, NEW.typed_by_id)
       IS DISTINCT FROM (OLD.state, OLD.looked_by_id, OLD.looked_at, OLD.typed_by_id) THEN
        RAISE EXCEPTION 'look % is over', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.typed_by_id <> OLD.typed_by_id AND (OLD.state, NEW.state) <> ('differs', 'waiting')
       OR OLD.state = 'differs' AND NEW.state NOT IN ('differs', 'waiting', 'noted') THEN
        RAISE EXCEPTION 'look %: what differs is put right, and then looked at again', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER true_look BEFORE INSERT OR UPDATE ON proposals_look
    FOR EACH ROW EXECUTE FUNCTION refuse_untrue_look();
SELECT append_only('proposals_look', 'typed_by_id', 'state', 'looked_by_id', 'looked_at', 'difference');
SELECT append_only('proposals_wishchange');
SELECT guard_humans('proposals_look', 'looked_by_id', 'typed_by_id');
