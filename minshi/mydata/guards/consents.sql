-- What somebody agreed to have shown is written once; it is taken back once, and stays so. What stood there is erased
-- with its person.
SELECT append_only('mydata_consent', 'shown', 'withdrawn_at', 'withdrawn_by_id', 'sheet_id');
CREATE OR REPLACE FUNCTION refuse_consent_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'consent % was taken back', OLD.id USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER taken_back_once BEFORE UPDATE ON mydata_consent FOR EACH ROW
    WHEN (OLD.withdrawn_at IS NOT NULL AND (NEW.withdrawn_at, NEW.withdrawn_by_id, NEW.sheet_id)
          IS DISTINCT FROM (OLD.withdrawn_at, OLD.withdrawn_by_id, OLD.sheet_id))
    EXECUTE FUNCTION refuse_consent_again();

-- Whether a text that everybody reads names somebody whole. A name of one character is masked to a star, and is a word
-- of every other sentence.
CREATE OR REPLACE FUNCTION names_whole(shown text, person bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM residents_person AS named WHERE named.id = person
          AND char_length(named.name) > 1 AND position(named.name IN shown) > 0
    )
$$;
CREATE OR REPLACE FUNCTION agreed_to_be_named(person bigint, its_act text, its_subject bigint) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM mydata_consent AS agreed WHERE agreed.act = its_act AND agreed.subject = its_subject
          AND agreed.what = 'name' AND agreed.withdrawn_at IS NULL AND agreed.person_id IN (SELECT people_of_one(person))
    )
$$;

-- Nothing is published under a whole name without a consent that stands: of ``guarded`` the text ``column_`` may name
-- whoever ``whose`` is (SQL over the row, called shown) only while they agreed for the act ``act`` of the key
-- ``subject`` (SQL, too). And no consent ends while such a text still names them.
CREATE OR REPLACE FUNCTION guard_name(guarded regclass, column_ text, act text, subject text, whose text) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format($make$
        CREATE OR REPLACE FUNCTION %1$I() RETURNS trigger LANGUAGE plpgsql AS $body$
        DECLARE
            shown %2$s := NEW;
            person bigint := %5$s;
        BEGIN
            IF person IS NOT NULL AND names_whole(shown.%3$I, person) AND NOT agreed_to_be_named(person, %6$L, %4$s) THEN
                RAISE EXCEPTION '%%: nobody is named without their consent', TG_TABLE_NAME
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'named_by_consent';
            END IF;
            RETURN NEW;
        END $body$
    $make$, 'refuse_name_' || guarded, guarded, column_, subject, whose, act);
    EXECUTE format(
        'CREATE TRIGGER named_by_consent BEFORE INSERT OR UPDATE OF %1$I ON %2$s FOR EACH ROW EXECUTE FUNCTION %3$I()',
        column_, guarded, 'refuse_name_' || guarded
    );
    EXECUTE format($make$
        CREATE OR REPLACE FUNCTION %1$I() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            IF EXISTS (
                SELECT FROM %2$s AS shown WHERE %4$s = NEW.subject
                  AND %5$s IN (SELECT people_of_one(NEW.person_id)) AND names_whole(shown.%3$I, %5$s)
            ) THEN
                RAISE EXCEPTION 'consent %%: what it let be shown is masked first', NEW.id
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'masked_before_taken_back';
            END IF;
            RETURN NULL;
        END $body$
    $make$, 'refuse_left_' || guarded, guarded, column_, subject, whose);
    EXECUTE format(
        'CREATE TRIGGER %1$I AFTER UPDATE OF withdrawn_at ON mydata_consent FOR EACH ROW
            WHEN (NEW.withdrawn_at IS NOT NULL AND NEW.what = ''name'' AND NEW.act = %2$L) EXECUTE FUNCTION %3$I()',
        'masked_' || guarded, act, 'refuse_left_' || guarded
    );
END $$;
