-- When somebody said that a wish is done is what the clock says then, and nobody's to write.
CREATE OR REPLACE FUNCTION wish_said_done() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.done_at := CASE WHEN NEW.stage = 'said' AND OLD.stage <> 'said' THEN minshi_now() ELSE OLD.done_at END;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER said_done BEFORE UPDATE ON proposals_wish FOR EACH ROW EXECUTE FUNCTION wish_said_done();
