-- One paper counts once, however its number is spelled: without case, spaces, width and signs that nobody sees, and
-- one dash is as good as another (A-002, a-002, A -002, A—002).
CREATE OR REPLACE FUNCTION paper_number(spelled text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT upper(regexp_replace(
        regexp_replace(
            normalize(spelled, NFKC),
            '[\s\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u2800\uFE00-\uFE0F\uFEFF]',
            '', 'g'
        ),
        '[-\u2010-\u2015\u2043\u2212\u2E3A\u2E3B]+', '-', 'g'
    ))
$$;

-- The community whose vouchers are numbered, for a project.
CREATE OR REPLACE FUNCTION funding_keeper(project bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT keeper.id FROM proposals_proposal p JOIN territory_territory place ON place.id = p.place_id
        JOIN territory_territory keeper ON keeper.level_id = 'community' AND starts_with(place.path, keeper.path)
    WHERE p.id = project
$$;

CREATE OR REPLACE FUNCTION wait_for_paper(numbered_by text, spelled text) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('paper:' || numbered_by || ':' || paper_number(spelled), 0))
$$;

CREATE OR REPLACE FUNCTION refuse_same_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM wait_for_paper('receipt ' || NEW.keeper_id, NEW.voucher);
    IF EXISTS (SELECT FROM funding_contribution WHERE id <> NEW.id AND keeper_id = NEW.keeper_id
               AND stage NOT IN ('rejected', 'reversed') AND paper_number(voucher) = paper_number(NEW.voucher))
       OR EXISTS (SELECT FROM funding_claim WHERE how = 'returned' AND funding_keeper(proposal_id) = NEW.keeper_id
                  AND paper_number(voucher) = paper_number(NEW.voucher)) THEN
        RAISE EXCEPTION 'voucher % was used before', NEW.voucher
            USING ERRCODE = 'check_violation', CONSTRAINT = 'one_contribution_per_voucher';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER same_receipt BEFORE INSERT ON funding_contribution
    FOR EACH ROW EXECUTE FUNCTION refuse_same_receipt();

-- An invoice is the supplier's, wherever it is paid; a voucher is of the office that pays.
CREATE OR REPLACE FUNCTION refuse_same_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM wait_for_paper('invoice', NEW.invoice);
        IF EXISTS (SELECT FROM funding_payment WHERE id <> NEW.id AND stage NOT IN ('refused', 'reversed')
                   AND paper_number(invoice) = paper_number(NEW.invoice)) THEN
            RAISE EXCEPTION 'invoice % was used before', NEW.invoice
                USING ERRCODE = 'check_violation', CONSTRAINT = 'one_payment_per_invoice';
        END IF;
    ELSIF NEW.voucher <> OLD.voucher THEN
        PERFORM wait_for_paper('payment ' || NEW.payer_id, NEW.voucher);
        IF EXISTS (SELECT FROM funding_payment WHERE id <> NEW.id AND payer_id = NEW.payer_id AND voucher <> ''
                   AND paper_number(voucher) = paper_number(NEW.voucher)) THEN
            RAISE EXCEPTION 'voucher % was used before', NEW.voucher
                USING ERRCODE = 'check_violation', CONSTRAINT = 'one_payment_per_voucher';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER same_invoice BEFORE INSERT OR UPDATE ON funding_payment
    FOR EACH ROW EXECUTE FUNCTION refuse_same_invoice();

CREATE OR REPLACE FUNCTION refuse_same_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM wait_for_paper('allocation ' || NEW.pot_id, NEW.document);
    IF EXISTS (SELECT FROM funding_allocation WHERE id <> NEW.id AND pot_id = NEW.pot_id AND rejected_at IS NULL
               AND paper_number(document) = paper_number(NEW.document)) THEN
        RAISE EXCEPTION 'document % was used before', NEW.document
            USING ERRCODE = 'check_violation', CONSTRAINT = 'one_allocation_per_document';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER same_document BEFORE INSERT ON funding_allocation
    FOR EACH ROW EXECUTE FUNCTION refuse_same_document();

CREATE OR REPLACE FUNCTION refuse_same_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.voucher <> '' AND NEW.voucher <> OLD.voucher THEN
        PERFORM wait_for_paper('refund ' || funding_keeper(NEW.proposal_id), NEW.voucher);
        IF EXISTS (SELECT FROM funding_refund WHERE id <> NEW.id AND voucher <> ''
                   AND funding_keeper(proposal_id) = funding_keeper(NEW.proposal_id)
                   AND paper_number(voucher) = paper_number(NEW.voucher)) THEN
            RAISE EXCEPTION 'voucher % was used before', NEW.voucher
                USING ERRCODE = 'check_violation', CONSTRAINT = 'one_refund_per_voucher';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER same_refund BEFORE UPDATE ON funding_refund FOR EACH ROW EXECUTE FUNCTION refuse_same_refund();

-- What comes back of a claim is a receipt like a gift's: the same paper is neither of two claims nor of a gift too.
CREATE OR REPLACE FUNCTION refuse_same_recovery() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    keeper bigint := funding_keeper(NEW.proposal_id);
BEGIN
    IF NEW.how = 'returned' AND (NEW.voucher, NEW.how) IS DISTINCT FROM (OLD.voucher, OLD.how) THEN
        PERFORM wait_for_paper('receipt ' || keeper, NEW.voucher);
        IF EXISTS (SELECT FROM funding_claim WHERE id <> NEW.id AND how = 'returned'
                   AND funding_keeper(proposal_id) = keeper AND paper_number(voucher) = paper_number(NEW.voucher))
           OR EXISTS (SELECT FROM funding_contribution WHERE keeper_id = keeper AND stage NOT IN ('rejected', 'reversed')
                      AND paper_number(voucher) = paper_number(NEW.voucher)) THEN
            RAISE EXCEPTION 'voucher % was used before', NEW.voucher
                USING ERRCODE = 'check_violation', CONSTRAINT = 'one_recovery_per_voucher';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER same_recovery BEFORE UPDATE ON funding_claim FOR EACH ROW EXECUTE FUNCTION refuse_same_recovery();

-- What is bought, owed and received is on file (forms 18, 20, 22, 29): a new row has its picture. Named so that it is
-- asked last, when the row is right otherwise.
CREATE OR REPLACE FUNCTION refuse_without_paper() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(to_jsonb(NEW) ->> TG_ARGV[0], '') = '' THEN
        RAISE EXCEPTION '%: without a picture of its paper', TG_TABLE_NAME
            USING ERRCODE = 'check_violation', CONSTRAINT = 'paper_is_on_file';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER with_its_paper BEFORE INSERT ON funding_quote
    FOR EACH ROW EXECUTE FUNCTION refuse_without_paper('file');
CREATE TRIGGER with_its_paper BEFORE INSERT ON funding_contract
    FOR EACH ROW EXECUTE FUNCTION refuse_without_paper('file');
CREATE TRIGGER with_its_paper BEFORE INSERT ON funding_payment
    FOR EACH ROW EXECUTE FUNCTION refuse_without_paper('invoice_photo');
CREATE TRIGGER with_its_paper BEFORE INSERT ON funding_contribution
    FOR EACH ROW EXECUTE FUNCTION refuse_without_paper('voucher_photo');
