SELECT guard_stage('proposals_resource', 'proposals.resource');
SELECT guard_stage('proposals_resourcerequest', 'proposals.resourcerequest');
-- Who offers it or wrote it down for somebody does not let it into the library.
SELECT guard_humans('proposals_resource', 'by_id', 'confirmed_by_id');

-- How much one human may offer and ask for at a time: what was written down for others counts for nobody.
CREATE OR REPLACE FUNCTION refuse_many_resources() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    most int := (policy_in_force('resource.most', NEW.place_id))::int;
    already int;
BEGIN
    IF NEW.offerer_name <> '' THEN
        RETURN NEW;
    END IF;
    PERFORM wait_for_author('resources', NEW.by_id, NEW.place_id);
    SELECT count(*) INTO already FROM proposals_resource
    WHERE offerer_name = '' AND stage IN ('offered', 'listed')
      AND by_id IN (SELECT id FROM accounts_user WHERE human_of(NEW.by_id) IN (id, joined_to_id));
    IF already >= most THEN
        RAISE EXCEPTION 'account % offers % things', NEW.by_id, already
            USING ERRCODE = 'check_violation', CONSTRAINT = 'resources_of_one_person',
                  DETAIL = jsonb_build_object('most', most)::text;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER not_too_many BEFORE INSERT ON proposals_resource FOR EACH ROW EXECUTE FUNCTION refuse_many_resources();

CREATE OR REPLACE FUNCTION refuse_many_requests() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    at_place bigint := (SELECT place_id FROM proposals_resource WHERE id = NEW.resource_id);
    most int := (policy_in_force('resource.most_requests', at_place))::int;
    already int;
BEGIN
    PERFORM wait_for_author('requests', NEW.by_id, at_place);
    SELECT count(*) INTO already FROM proposals_resourcerequest
    WHERE stage = 'asked'
      AND by_id IN (SELECT id FROM accounts_user WHERE human_of(NEW.by_id) IN (id, joined_to_id));
    IF already >= most THEN
        RAISE EXCEPTION 'account % waits for % answers', NEW.by_id, already
            USING ERRCODE = 'check_violation', CONSTRAINT = 'requests_of_one_person',
                  DETAIL = jsonb_build_object('most', most)::text;
    END IF;
    IF (SELECT stage FROM proposals_resource WHERE id = NEW.resource_id FOR SHARE) <> 'listed' THEN
        RAISE EXCEPTION 'resource % is not in the library', NEW.resource_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER not_too_many BEFORE INSERT ON proposals_resourcerequest
    FOR EACH ROW EXECUTE FUNCTION refuse_many_requests();
SELECT guard_name('proposals_resource', 'name_public', 'proposals.resource', 'shown.id',
                  '(SELECT said.id FROM residents_person AS said WHERE said.user_id = shown.by_id)');
