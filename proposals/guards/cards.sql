-- Lists are narrowed by the rows per place of a card: these say what the card says.
CREATE OR REPLACE FUNCTION card_as_it_is() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT card.kind, card.category, card.stage, card.tier INTO NEW.kind, NEW.category, NEW.stage, NEW.tier
    FROM proposals_card AS card WHERE card.proposal_id = NEW.card_id FOR SHARE;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER card_as_it_is BEFORE INSERT ON proposals_cardplace
FOR EACH ROW EXECUTE FUNCTION card_as_it_is();

CREATE OR REPLACE FUNCTION card_in_its_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE proposals_cardplace SET kind = NEW.kind, category = NEW.category, stage = NEW.stage, tier = NEW.tier
    WHERE card_id = NEW.proposal_id;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER card_in_its_places AFTER UPDATE OF kind, category, stage, tier ON proposals_card
FOR EACH ROW WHEN ((OLD.kind, OLD.category, OLD.stage, OLD.tier) IS DISTINCT FROM (NEW.kind, NEW.category, NEW.stage, NEW.tier))
EXECUTE FUNCTION card_in_its_places();
