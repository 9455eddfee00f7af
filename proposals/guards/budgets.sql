-- Lists are narrowed and sorted by money in the rows per place of a card: these have what the card has.
CREATE OR REPLACE FUNCTION card_with_its_budget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT card.budget_fen INTO NEW.budget_fen
    FROM proposals_card AS card WHERE card.proposal_id = NEW.card_id FOR SHARE;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER card_with_its_budget BEFORE INSERT ON proposals_cardplace
FOR EACH ROW EXECUTE FUNCTION card_with_its_budget();

CREATE OR REPLACE FUNCTION budget_in_its_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE proposals_cardplace SET budget_fen = NEW.budget_fen WHERE card_id = NEW.proposal_id;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER budget_in_its_places AFTER UPDATE OF budget_fen ON proposals_card
FOR EACH ROW WHEN (OLD.budget_fen IS DISTINCT FROM NEW.budget_fen) EXECUTE FUNCTION budget_in_its_places();
