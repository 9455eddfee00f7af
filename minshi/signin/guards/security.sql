-- What was noted stays as it was, and for as long as policy keeps it. It lies outside the audit chain: it carries
-- addresses, which are deleted after that (domain.md 9).
CREATE OR REPLACE FUNCTION refuse_security_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' OR OLD.at > minshi_now() - make_interval(months => (
        SELECT min(setting.value::text::int) FROM policy_setting AS setting
        JOIN policy_parameter AS parameter ON parameter.id = setting.parameter_id
        WHERE parameter.name = 'security.keep_months' AND setting.since <= minshi_today()
    )) THEN
        RAISE EXCEPTION 'security event % is kept', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER kept_security_event BEFORE UPDATE OR DELETE ON signin_securityevent
    FOR EACH ROW EXECUTE FUNCTION refuse_security_change();

CREATE OR REPLACE FUNCTION note_security(kind text, whose bigint, about text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO signin_securityevent (at, kind, user_id, about, by_id, address)
    VALUES (minshi_now(), kind, whose, about, nullif(current_setting('minshi.actor', true), '')::bigint, '')
$$;

-- Whoever changes a role, a password, a number or a factor, and by whatever way.
CREATE OR REPLACE FUNCTION note_grant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM note_security('granted', NEW.user_id, NEW.role || ' ' || NEW.place_id);
    ELSIF NEW.revoked_at IS NOT NULL AND OLD.revoked_at IS NULL THEN
        PERFORM note_security('revoked', NEW.user_id, NEW.role || ' ' || NEW.place_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER noted_grant AFTER INSERT OR UPDATE ON residents_rolegrant FOR EACH ROW EXECUTE FUNCTION note_grant();

CREATE OR REPLACE FUNCTION note_access() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.password <> OLD.password THEN
        -- An unusable password begins with this sign: its holder makes it anew.
        PERFORM note_security(
            CASE WHEN NEW.owes_password OR starts_with(NEW.password, '!') THEN 'reset' ELSE 'password' END, NEW.id, ''
        );
    END IF;
    IF NEW.phone IS DISTINCT FROM OLD.phone THEN
        PERFORM note_security('number', NEW.id, '');
    END IF;
    IF NEW.is_active <> OLD.is_active THEN
        PERFORM note_security(CASE WHEN NEW.is_active THEN 'opened' ELSE 'closed' END, NEW.id, '');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER noted_access AFTER UPDATE OF password, phone, is_active ON accounts_user
    FOR EACH ROW EXECUTE FUNCTION note_access();

CREATE OR REPLACE FUNCTION note_factor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_security(CASE TG_OP WHEN 'INSERT' THEN 'factor_added' ELSE 'factor_removed' END,
                          coalesce(NEW.user_id, OLD.user_id), '');
    RETURN NULL;
END $$;
CREATE TRIGGER noted_factor AFTER INSERT OR DELETE ON mfa_authenticator
    FOR EACH ROW EXECUTE FUNCTION note_factor();
