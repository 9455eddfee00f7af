-- A picture that was taken back is shown no more, and its original is neither changed nor thrown away.
CREATE OR REPLACE FUNCTION refuse_withheld() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% %: what was taken back stays locked', TG_TABLE_NAME, OLD.id USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER withheld BEFORE UPDATE OR DELETE ON proposals_photo FOR EACH ROW
    WHEN (OLD.withheld_at IS NOT NULL) EXECUTE FUNCTION refuse_withheld();
