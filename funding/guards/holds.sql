-- Held first; what was refused is held again only after the work has been accepted anew. Released is for good.
CREATE OR REPLACE FUNCTION funding_guard_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.stage <> 'held'
       OR TG_OP = 'UPDATE' AND NEW.stage <> OLD.stage AND OLD.stage <> 'held'
          AND NOT (OLD.stage = 'refused' AND NEW.stage = 'held' AND coalesce((
              SELECT passed FROM funding_acceptance WHERE contract_id = NEW.contract_id ORDER BY round DESC LIMIT 1
          ), false)) THEN
        RAISE EXCEPTION 'hold %: % cannot become %', NEW.id, OLD.stage, NEW.stage USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_hold BEFORE INSERT OR UPDATE ON funding_hold FOR EACH ROW EXECUTE FUNCTION funding_guard_hold();
SELECT guard_stage('funding_hold', 'funding.hold');
SELECT append_only('funding_hold', 'stage', 'stage_since');
