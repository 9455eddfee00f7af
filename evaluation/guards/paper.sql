-- A sheet is registered while its survey runs; its line is read, put right or taken back until the result. What a
-- reading may be and who reads is the paper's own business.
SELECT guard_paper('evaluation_paperanswer', 'evaluation_survey', false);

-- Whoever took it in knows its door.
CREATE OR REPLACE FUNCTION refuse_reader_of_the_door() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM evaluation_paperanswer WHERE line_id IN (NEW.id, NEW.correcting_id)) AND EXISTS (
        SELECT FROM paper_sheet WHERE id = NEW.sheet_id AND (
            human_of(registered_by_id) = human_of(NEW.first_by_id) AND OLD.first_by_id IS NULL
            OR human_of(registered_by_id) = human_of(NEW.second_by_id) AND OLD.second_by_id IS NULL
            OR human_of(registered_by_id) = human_of(NEW.third_by_id) AND OLD.third_by_id IS NULL)
    ) THEN
        RAISE EXCEPTION 'line % is not read by who took it in', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER rating_read_by_others AFTER UPDATE ON paper_line
    FOR EACH ROW EXECUTE FUNCTION refuse_reader_of_the_door();
