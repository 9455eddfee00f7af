SELECT guard_stage('proposals_question', 'proposals.question');

-- What was asked stays as it was asked, and one question has one answer.
SELECT append_only(
    'proposals_question', 'stage', 'stage_since', 'holder_role', 'holder_place_id', 'due_at', 'due_basis', 'answer',
    'hidden_why', 'asker_public'
);
SELECT guard_name('proposals_question', 'asker_public', 'proposals.question', 'shown.id',
                  '(SELECT said.id FROM residents_person AS said WHERE said.user_id = shown.by_id)');
CREATE OR REPLACE FUNCTION refuse_other_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.answer <> '' AND NEW.answer <> OLD.answer OR OLD.hidden_why <> '' AND NEW.hidden_why <> OLD.hidden_why THEN
        RAISE EXCEPTION 'question %: what was said stays', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER one_answer BEFORE UPDATE OF answer, hidden_why ON proposals_question
    FOR EACH ROW EXECUTE FUNCTION refuse_other_answer();

-- Each household has its turn once in so many days, under projects and about policy each; two at once come one after
-- the other, and the second counts the first. Whoever asks lives there today.
CREATE OR REPLACE FUNCTION refuse_many_questions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    most int := (policy_in_force('question.most', NEW.place_id))::int;
    days int := (policy_in_force('question.most_days', NEW.place_id))::int;
    already timestamptz[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('questions:' || NEW.household_id, 0));
    SELECT array_agg(earlier.at ORDER BY earlier.at DESC) INTO already FROM proposals_question AS earlier
    WHERE earlier.household_id = NEW.household_id AND (earlier.proposal_id IS NULL) = (NEW.proposal_id IS NULL)
      AND earlier.at > (SELECT minshi_now()) - make_interval(days => days);
    IF coalesce(cardinality(already), 0) >= most THEN
        RAISE EXCEPTION 'household % has asked % times in % days', NEW.household_id, cardinality(already), days
            USING ERRCODE = 'check_violation', CONSTRAINT = 'questions_of_one_household',
                  DETAIL = jsonb_build_object(
                      'most', most, 'days', days,
                      'next', coalesce(already[most], minshi_now()) + make_interval(days => days)
                  )::text;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER not_too_many BEFORE INSERT ON proposals_question
    FOR EACH ROW EXECUTE FUNCTION refuse_many_questions();
