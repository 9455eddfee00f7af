-- Money moves in this app's accounts only on a warrant: the row that was decided, named by the entry's key.
-- Accounts that none of this app's rows owns are none of its business.
CREATE OR REPLACE FUNCTION funding_is_warranted(entry public.ledger_entry, account bigint, fen bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    found text[] := regexp_match(entry.key, '^([a-z]+):([0-9]{1,18})$');
    row_id bigint;
BEGIN
    IF found IS NULL THEN
        RETURN false;
    END IF;
    row_id := found[2]::bigint;
    RETURN CASE found[1]
        WHEN 'allocation' THEN EXISTS (
            SELECT FROM funding_allocation a JOIN funding_pot p ON p.id = a.pot_id
            WHERE a.id = row_id AND a.confirmed_by_id IS NOT NULL AND p.account_id = account AND fen = a.amount_fen)
        WHEN 'carryover' THEN EXISTS (
            SELECT FROM funding_carryover c JOIN funding_pot a ON a.id = c.pot_id JOIN funding_pot b ON b.id = c.to_pot_id
            WHERE c.id = row_id AND c.confirmed_by_id IS NOT NULL
              AND (account, fen) IN ((a.account_id, -c.amount_fen), (b.account_id, c.amount_fen)))
        WHEN 'grant' THEN EXISTS (
            SELECT FROM funding_grant g JOIN funding_pot p ON p.id = g.pot_id
            WHERE g.id = row_id AND g.stage = 'approved'
              AND (account, fen) IN ((p.account_id, -g.amount_fen), (g.account_id, g.amount_fen)))
        WHEN 'placing' THEN EXISTS (
            SELECT FROM funding_grant g JOIN funding_purse u ON u.proposal_id = g.proposal_id
            WHERE g.id = row_id AND g.stage = 'placed'
              AND (account, fen) IN ((g.account_id, -g.amount_fen), (u.account_id, g.amount_fen)))
        WHEN 'release' THEN EXISTS (
            SELECT FROM funding_grant g JOIN funding_pot p ON p.id = g.pot_id
            WHERE g.id = row_id AND g.stage = 'withdrawn'
              AND (account, fen) IN ((g.account_id, -g.amount_fen), (p.account_id, g.amount_fen)))
        WHEN 'contribution' THEN EXISTS (
            SELECT FROM funding_contribution c JOIN funding_purse u ON u.proposal_id = c.proposal_id
            WHERE c.id = row_id AND c.stage = 'confirmed' AND (account, fen) = (u.account_id, c.amount_fen))
        WHEN 'reversal' THEN EXISTS (
            SELECT FROM funding_contribution c JOIN funding_purse u ON u.proposal_id = c.proposal_id
            WHERE c.id = row_id AND c.stage = 'reversed' AND (account, fen) = (u.account_id, -c.amount_fen))
        WHEN 'payment' THEN EXISTS (
            SELECT FROM funding_payment m JOIN funding_contract c ON c.id = m.contract_id
                JOIN funding_purse u ON u.proposal_id = c.proposal_id
            WHERE m.id = row_id AND m.stage = 'paid'
              AND (account, fen) IN ((u.account_id, -m.amount_fen), (c.account_id, m.amount_fen)))
        WHEN 'paymentback' THEN EXISTS (
            SELECT FROM funding_payment m JOIN funding_contract c ON c.id = m.contract_id
                JOIN funding_purse u ON u.proposal_id = c.proposal_id
            WHERE m.id = row_id AND m.stage = 'reversed'
              AND (account, fen) IN ((u.account_id, m.amount_fen), (c.account_id, -m.amount_fen)))
        WHEN 'refund' THEN EXISTS (
            SELECT FROM funding_refund r JOIN funding_purse u ON u.proposal_id = r.proposal_id
                LEFT JOIN funding_grant g ON g.id = r.grant_id LEFT JOIN funding_pot p ON p.id = g.pot_id
            WHERE r.id = row_id AND r.returned_at IS NOT NULL AND r.annulled_at IS NULL
              AND ((account, fen) = (u.account_id, -r.amount_fen) OR (account, fen) = (p.account_id, r.amount_fen)))
        WHEN 'refundback' THEN EXISTS (
            SELECT FROM funding_refund r JOIN funding_purse u ON u.proposal_id = r.proposal_id
            WHERE r.id = row_id AND r.returned_at IS NOT NULL AND r.annulled_at IS NOT NULL AND r.grant_id IS NULL
              AND (account, fen) = (u.account_id, r.amount_fen))
        WHEN 'claim' THEN EXISTS (
            SELECT FROM funding_claim m JOIN funding_purse u ON u.proposal_id = m.proposal_id
            WHERE m.id = row_id AND m.closed_at IS NULL AND (account, fen) = (u.account_id, m.short_fen))
        WHEN 'cover' THEN EXISTS (
            SELECT FROM funding_claim m JOIN funding_purse u ON u.proposal_id = m.proposal_id
            WHERE m.id = row_id AND m.how = 'covered' AND m.closed_at IS NOT NULL
              AND (account, fen) = (u.account_id, -m.short_fen))
        WHEN 'recovery' THEN EXISTS (
            SELECT FROM funding_claim m JOIN funding_purse u ON u.proposal_id = m.proposal_id
            WHERE m.id = row_id AND m.how = 'returned' AND m.closed_at IS NOT NULL
              AND (account, fen) = (u.account_id, m.amount_fen - m.short_fen))
        ELSE false END;
END $$;

CREATE OR REPLACE FUNCTION funding_guard_posting() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry public.ledger_entry;
BEGIN
    IF NOT EXISTS (SELECT FROM funding_purse WHERE account_id = NEW.account_id)
       AND NOT EXISTS (SELECT FROM funding_pot WHERE account_id = NEW.account_id)
       AND NOT EXISTS (SELECT FROM funding_grant WHERE account_id = NEW.account_id)
       AND NOT EXISTS (SELECT FROM funding_contract WHERE account_id = NEW.account_id) THEN
        RETURN NULL;
    END IF;
    SELECT * INTO entry FROM public.ledger_entry WHERE id = NEW.entry_id;
    IF NOT funding_is_warranted(entry, NEW.account_id, NEW.amount_fen) THEN
        RAISE EXCEPTION 'entry % moves % fen without a warrant', entry.key, NEW.amount_fen
            USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_has_a_warrant';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER funding_warrant AFTER INSERT ON ledger_posting FOR EACH ROW EXECUTE FUNCTION funding_guard_posting();

-- And the other way round: what was decided about money is in the books when the transaction ends.
CREATE OR REPLACE FUNCTION funding_refuse_unbooked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM ledger_entry WHERE key = TG_ARGV[0] || ':' || NEW.id) THEN
        RAISE EXCEPTION '% % is decided but not in the books', TG_ARGV[0], NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER booked AFTER INSERT OR UPDATE ON funding_allocation DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.confirmed_by_id IS NOT NULL) EXECUTE FUNCTION funding_refuse_unbooked('allocation');
CREATE CONSTRAINT TRIGGER reserved AFTER INSERT OR UPDATE ON funding_grant DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.stage IN ('approved', 'placed')) EXECUTE FUNCTION funding_refuse_unbooked('grant');
CREATE CONSTRAINT TRIGGER placed AFTER INSERT OR UPDATE ON funding_grant DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.stage = 'placed') EXECUTE FUNCTION funding_refuse_unbooked('placing');
CREATE CONSTRAINT TRIGGER released AFTER INSERT OR UPDATE ON funding_grant DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.stage = 'withdrawn' AND NEW.account_id IS NOT NULL)
    EXECUTE FUNCTION funding_refuse_unbooked('release');
CREATE CONSTRAINT TRIGGER booked AFTER INSERT OR UPDATE ON funding_contribution DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.stage IN ('confirmed', 'reversed')) EXECUTE FUNCTION funding_refuse_unbooked('contribution');
CREATE CONSTRAINT TRIGGER reversed AFTER INSERT OR UPDATE ON funding_contribution DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.stage = 'reversed') EXECUTE FUNCTION funding_refuse_unbooked('reversal');
CREATE CONSTRAINT TRIGGER booked AFTER INSERT OR UPDATE ON funding_payment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.stage IN ('paid', 'reversed')) EXECUTE FUNCTION funding_refuse_unbooked('payment');
CREATE CONSTRAINT TRIGGER sent_back AFTER INSERT OR UPDATE ON funding_payment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.stage = 'reversed') EXECUTE FUNCTION funding_refuse_unbooked('paymentback');
CREATE CONSTRAINT TRIGGER booked AFTER INSERT OR UPDATE ON funding_refund DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.returned_at IS NOT NULL) EXECUTE FUNCTION funding_refuse_unbooked('refund');
CREATE CONSTRAINT TRIGGER sent_back AFTER INSERT OR UPDATE ON funding_refund DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.returned_at IS NOT NULL AND NEW.annulled_at IS NOT NULL)
    EXECUTE FUNCTION funding_refuse_unbooked('refundback');
CREATE CONSTRAINT TRIGGER booked AFTER INSERT OR UPDATE ON funding_claim DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.short_fen > 0) EXECUTE FUNCTION funding_refuse_unbooked('claim');
CREATE CONSTRAINT TRIGGER covered AFTER INSERT OR UPDATE ON funding_claim DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.closed_at IS NOT NULL AND NEW.how = 'covered')
    EXECUTE FUNCTION funding_refuse_unbooked('cover');
CREATE CONSTRAINT TRIGGER recovered AFTER INSERT OR UPDATE ON funding_claim DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.closed_at IS NOT NULL AND NEW.how = 'returned')
    EXECUTE FUNCTION funding_refuse_unbooked('recovery');
CREATE CONSTRAINT TRIGGER written_off AFTER INSERT OR UPDATE ON funding_claim DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.closed_at IS NOT NULL AND NEW.how = 'written_off')
    EXECUTE FUNCTION funding_refuse_unbooked('writeoff');
CREATE CONSTRAINT TRIGGER booked AFTER INSERT OR UPDATE ON funding_carryover DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.confirmed_by_id IS NOT NULL) EXECUTE FUNCTION funding_refuse_unbooked('carryover');

-- What moved between a project and those it is with, entry by entry: every public figure of money is a sum of these
-- (cards, totals, the yearly report), so that anybody can recompute it. A pot counts once it has set aside; what a
-- giver owes after a reversal, or the community bears, stands in the giver's place.
CREATE OR REPLACE FUNCTION funding_moved(project bigint)
    RETURNS TABLE (kind text, office text, fen bigint, at timestamptz) LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN claim.id IS NULL THEN account.kind WHEN claim.giver_id IS NULL THEN 'sponsor' ELSE 'household' END,
           place.level_id, posting.amount_fen, entry.at
    FROM ledger_entry AS entry
        JOIN ledger_posting AS posting ON posting.entry_id = entry.id
        JOIN ledger_account AS account ON account.id = posting.account_id
        LEFT JOIN funding_pot AS pot ON pot.account_id = account.id
        LEFT JOIN territory_territory AS place ON place.id = pot.place_id
        LEFT JOIN funding_claim AS claim ON account.kind = 'outside' AND claim.id = CASE
            WHEN entry.kind IN ('claim', 'cover', 'recovery', 'writeoff') THEN split_part(entry.key, ':', 2)::bigint END
    WHERE entry.subject_type = 'proposals.proposal' AND entry.subject_id = project
      AND (account.kind IN ('pot', 'payee', 'household', 'sponsor') OR claim.id IS NOT NULL)
$$;
