-- Whose login has been in use gets a new activation code only by a reset that two confirmed, or the operator.
CREATE OR REPLACE FUNCTION refuse_unfounded_activation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.reset_id IS NULL AND EXISTS (
           SELECT FROM signin_activation AS used WHERE used.user_id = NEW.user_id AND used.used_at IS NOT NULL
             -- Whose office ended since, or who was joined with another account, begins anew.
             AND NOT EXISTS (SELECT FROM signin_joining WHERE stays_id = NEW.user_id AND confirmed_at >= used.used_at)
             AND NOT EXISTS (
                 SELECT FROM residents_rolegrant WHERE user_id = NEW.user_id
                   AND (revoked_at >= used.used_at OR until <= minshi_today() AND until >= (used.used_at AT TIME ZONE 'Asia/Shanghai')::date)
             )
       )
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
CREATE TRIGGER once BEFORE UPDATE ON signin_joining FOR EACH ROW EXECUTE FUNCTION refuse_second_word();
CREATE TRIGGER once BEFORE UPDATE OF confirmed_at, confirmed_by_id, dropped_at, dropped_by_id ON signin_lostnumber
    FOR EACH ROW EXECUTE FUNCTION refuse_second_word();
CREATE TRIGGER once BEFORE UPDATE ON signin_accessreset FOR EACH ROW EXECUTE FUNCTION refuse_second_word();
SELECT append_only('signin_accessreset', 'confirmed_by_id', 'confirmed_at', 'dropped_at', 'phone');
SELECT guard_humans('signin_accessreset', 'asked_by_id', 'confirmed_by_id', 'user_id');
SELECT append_only('signin_joining', 'confirmed_by_id', 'confirmed_at', 'by_operator', 'dropped_by_id', 'dropped_at');
SELECT append_only('signin_lostnumber', 'confirmed_by_id', 'confirmed_at', 'dropped_by_id', 'dropped_at', 'phone');
SELECT guard_humans('signin_joining', 'asked_by_id', 'confirmed_by_id', 'stays_id', 'ends_id');
SELECT guard_humans('signin_lostnumber', 'asked_by_id', 'confirmed_by_id', 'user_id');

-- An account is joined to another by a joining that two have confirmed, once and for good; what was joined to it
-- before goes along. Nothing is joined to an account that is closed.
CREATE OR REPLACE FUNCTION refuse_unfounded_joining() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.joined_to_id IS NULL OR NEW.joined_to_id = NEW.id
       OR EXISTS (SELECT FROM accounts_user WHERE id = NEW.joined_to_id AND joined_to_id IS NOT NULL)
       OR NOT EXISTS (
           SELECT FROM signin_joining WHERE stays_id = NEW.joined_to_id AND ends_id = coalesce(OLD.joined_to_id, NEW.id)
             AND confirmed_at IS NOT NULL
       ) THEN
        RAISE EXCEPTION 'account %: nobody has confirmed that it is joined', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER founded_joining BEFORE UPDATE OF joined_to_id ON accounts_user FOR EACH ROW
    WHEN (NEW.joined_to_id IS DISTINCT FROM OLD.joined_to_id) EXECUTE FUNCTION refuse_unfounded_joining();

-- The number that was looked at is the one that is taken; it may be erased, never become another.
CREATE OR REPLACE FUNCTION refuse_another_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.phone <> '' OR OLD.confirmed_at IS NULL AND OLD.dropped_at IS NULL THEN
        RAISE EXCEPTION 'lost number %: the new number stays what was asked', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER same_number BEFORE UPDATE OF phone ON signin_lostnumber FOR EACH ROW
    WHEN (NEW.phone <> OLD.phone) EXECUTE FUNCTION refuse_another_number();
