-- One human has one account, with a mobile number (domain.md 6): a post is given to nobody whose account has none, and
-- no number is emptied while its account holds a post. What was given before stays until it is taken back; the account
-- is shared, so that whoever empties its number waits for us, and we for them.
CREATE OR REPLACE FUNCTION is_lasting(revoked_at timestamptz, until date) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT revoked_at IS NULL AND (until IS NULL OR until > minshi_today())
$$;

CREATE OR REPLACE FUNCTION refuse_post_without_number() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    number text;
BEGIN
    IF NOT is_lasting(NEW.revoked_at, NEW.until) THEN
        RETURN NEW;
    END IF;
    SELECT phone INTO number FROM accounts_user WHERE id = NEW.user_id FOR SHARE;
    IF number IS NULL THEN
        RAISE EXCEPTION 'account % has no number and is given no post', NEW.user_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'post_needs_a_number';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER post_with_a_number_new BEFORE INSERT ON residents_rolegrant
    FOR EACH ROW EXECUTE FUNCTION refuse_post_without_number();
-- A post that only ends, or ends sooner, is none that is given.
CREATE TRIGGER post_with_a_number BEFORE UPDATE ON residents_rolegrant FOR EACH ROW
    WHEN ((NEW.user_id, NEW.role, NEW.place_id) IS DISTINCT FROM (OLD.user_id, OLD.role, OLD.place_id)
          OR NEW.since < OLD.since OR OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NULL
          OR coalesce(NEW.until, 'infinity') > coalesce(OLD.until, 'infinity'))
    EXECUTE FUNCTION refuse_post_without_number();

CREATE OR REPLACE FUNCTION refuse_emptied_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM residents_rolegrant AS held WHERE held.user_id = NEW.id AND is_lasting(held.revoked_at, held.until)) THEN
        RAISE EXCEPTION 'account % holds a post and keeps a number', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'post_keeps_its_number';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER number_of_a_post BEFORE UPDATE OF phone ON accounts_user FOR EACH ROW
    WHEN (NEW.phone IS NULL AND OLD.phone IS NOT NULL) EXECUTE FUNCTION refuse_emptied_number();

SELECT append_only('residents_election');
