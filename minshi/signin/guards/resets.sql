-- Whose login has been in use gets a new activation code only by a reset that two confirmed, or the operator.
CREATE OR REPLACE FUNCTION refuse_unfounded_activation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.reset_id IS NULL AND EXISTS (SELECT FROM signin_activation WHERE user_id = NEW.user_id AND used_at IS NOT NULL)
       OR NEW.reset_id IS NOT NULL AND NOT EXISTS (
           SELECT FROM signin_accessreset WHERE id = NEW.reset_id AND user_id = NEW.user_id
             AND confirmed_at IS NOT NULL AND dropped_at IS NULL
       ) THEN
        RAISE EXCEPTION 'activation of login %: nobody has confirmed its reset', NEW.user_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER founded_activation BEFORE INSERT ON signin_activation
    FOR EACH ROW EXECUTE FUNCTION refuse_unfounded_activation();

CREATE OR REPLACE FUNCTION refuse_second_word() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.confirmed_at IS NOT NULL OR OLD.dropped_at IS NOT NULL THEN
        RAISE EXCEPTION 'reset %: confirmed or dropped once', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER once BEFORE UPDATE ON signin_accessreset FOR EACH ROW EXECUTE FUNCTION refuse_second_word();
SELECT append_only('signin_accessreset', 'confirmed_by_id', 'confirmed_at', 'dropped_at', 'phone');
