SELECT append_only('deliberation_workinggroup', 'ended_at');
SELECT append_only('deliberation_member');

-- Who has no account stands on the group's sheet, of which there is a photo, with the door.
CREATE OR REPLACE FUNCTION refuse_member_without_sheet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.household_id IS NULL OR NOT EXISTS (
        SELECT FROM deliberation_workinggroup AS chosen JOIN paper_sheet AS sheet ON sheet.id = chosen.sheet_id
        WHERE chosen.id = NEW.group_id AND sheet.stub <> ''
    ) THEN
        RAISE EXCEPTION 'a member without an account stands on a sheet, with the door'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER on_a_sheet BEFORE INSERT ON deliberation_member
    FOR EACH ROW WHEN (NEW.on_paper) EXECUTE FUNCTION refuse_member_without_sheet();
SELECT append_only('deliberation_plan');
