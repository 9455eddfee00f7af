-- Each file is sealed together with all before it: change, drop or swap one and no later seal fits.
CREATE OR REPLACE FUNCTION seal_archive_file() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    SELECT ordinal, seal INTO last FROM evaluation_archivefile
        WHERE proposal_id = NEW.proposal_id ORDER BY ordinal DESC LIMIT 1;
    IF NEW.ordinal <> coalesce(last.ordinal, 0) + 1 THEN
        RAISE EXCEPTION 'archive file %: the next is %', NEW.ordinal, coalesce(last.ordinal, 0) + 1
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.sha256 <> encode(sha256(convert_to(NEW.content, 'UTF8')), 'hex') THEN
        RAISE EXCEPTION 'archive file %: the checksum is not that of its content', NEW.ordinal
            USING ERRCODE = 'check_violation';
    END IF;
    NEW.at := minshi_now();
    NEW.seal := encode(sha256(convert_to(coalesce(last.seal, '') || NEW.sha256, 'UTF8')), 'hex');
    NEW.is_supplement := EXISTS (SELECT 1 FROM evaluation_archive WHERE proposal_id = NEW.proposal_id);
    RETURN NEW;
END $$;
CREATE TRIGGER sealed BEFORE INSERT ON evaluation_archivefile
    FOR EACH ROW EXECUTE FUNCTION seal_archive_file();
SELECT append_only('evaluation_archivefile');

CREATE OR REPLACE FUNCTION seal_archive() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    SELECT ordinal, seal INTO last FROM evaluation_archivefile
        WHERE proposal_id = NEW.proposal_id ORDER BY ordinal DESC LIMIT 1;
    IF NOT FOUND OR (NEW.files_count, NEW.digest) IS DISTINCT FROM (last.ordinal, last.seal) THEN
        RAISE EXCEPTION 'archive of %: its seal is not that of its files', NEW.proposal_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sealed BEFORE INSERT ON evaluation_archive FOR EACH ROW EXECUTE FUNCTION seal_archive();
SELECT append_only('evaluation_archive');
