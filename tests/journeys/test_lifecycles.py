"""Random lives of a project: whoever does whatever, what must never happen (domain.md 10) does not happen.

One rule walks the project on as it should go, the others let anybody try anything. After every step the
database itself is asked whether an invariant is broken. A failure prints how to replay it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from deliberation import actions as deliberation
from deliberation.models import Choice, MotionStage
from funding import actions as funding
from funding.models import Contribution, Ending, Grant, Milestone, Payment
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.disclosure import actions as notices
from minshi.paper.models import Sheet
from minshi.refusals import Refused
from proposals import actions as proposals
from proposals.models import ENDED, Stage
from tests.journeys.onwards import ONWARDS
from tests.way import Way, a_picture

BIG = bool(os.environ.get("MINSHI_DRILL"))
EXAMPLES, STEPS = (300, 60) if BIG else (6, 30)

CAST = (
    "resident", "neighbour", "chief", "clerk", "party", "supervisor", "case_officer", "approver", "cashier",
    "district_officer", "district_finance", "stranger", "stranger_chief", "stranger_clerk",
)  # fmt: skip
HANDLINGS = ("accept_handling", "escalate", "hand_back", "decline_handling")
STRANGERS = ("stranger", "stranger_chief", "stranger_clerk")

NEVER = {
    # domain.md 10.1
    "a unit with two ballots": "SELECT unit_id FROM deliberation_ballot GROUP BY unit_id HAVING count(*) > 1",
    "a ballot after the end": """
        SELECT b.unit_id FROM deliberation_ballot b JOIN deliberation_motion m ON m.id = b.motion_id
        WHERE b.channel IN ('online', 'kiosk') AND b.cast_at >= m.closes_at""",
    "a published tally that is not the ballots": """
        SELECT m.id FROM deliberation_motion m WHERE m.stage = 'published' AND m.agree <> (
            SELECT count(*) FROM deliberation_ballot b WHERE b.motion_id = m.id AND b.choice = 'agree')""",
    # 10.2
    "an open project without holder or deadline": """
        SELECT p.id FROM proposals_proposal p WHERE NOT p.stage = ANY(%(ended)s) AND (p.holder_role = ''
            OR NOT EXISTS (SELECT 1 FROM deadlines_deadline d WHERE d.subject_type = 'proposals.proposal'
                AND d.subject_id = p.id AND d.kind = 'stage:' || p.stage AND d.handled_at IS NULL))""",
    "a stage that its records do not lead to": """
        SELECT p.id FROM proposals_proposal p WHERE p.stage <> (
            SELECT r.target FROM lifecycle_steprecord r
            WHERE r.subject_type = 'proposals.proposal' AND r.subject_id = p.id ORDER BY r.id DESC LIMIT 1)""",
    "records that do not follow one another": """
        SELECT id FROM (
            SELECT id, source, lag(target) OVER (PARTITION BY subject_type, subject_id ORDER BY id) AS before
            FROM lifecycle_steprecord) r WHERE before IS NOT NULL AND source <> before""",
    # 10.3
    "an entry that does not balance": """
        SELECT entry_id FROM ledger_posting GROUP BY entry_id HAVING sum(amount_fen) <> 0""",
    "a balance that is not its postings": """
        SELECT a.id FROM ledger_account a WHERE a.balance_fen <>
            (SELECT coalesce(sum(amount_fen), 0) FROM ledger_posting p WHERE p.account_id = a.id)""",
    "a balance below zero": "SELECT id FROM ledger_account WHERE balance_fen < 0 AND NOT may_be_negative",
    "more paid than the contract": """
        SELECT c.id FROM funding_contract c WHERE c.price_fen < (
            SELECT coalesce(sum(amount_fen), 0) FROM funding_payment p
            WHERE p.contract_id = c.id AND p.stage = 'paid')""",
    "one person in two duties of a payment": """
        SELECT id FROM funding_payment WHERE asked_by_id = approved_by_id OR approved_by_id = paid_by_id
            OR asked_by_id = paid_by_id""",
    # 10.4
    "a gate passed while its notice ran or an objection was open": """
        SELECT r.id FROM lifecycle_steprecord r
        JOIN lifecycle_edge e USING (subject_type, verb, source, target)
        JOIN proposals_proposal p ON p.id = r.subject_id
        WHERE r.subject_type = 'proposals.proposal' AND e.gate <> '' AND NOT EXISTS (
            SELECT 1 FROM disclosure_notice n
            WHERE n.link = '/projects/' || p.number || '/' AND n.kind = e.gate AND n.ends_at <= r.at
              AND n.reopened_at IS NULL AND NOT EXISTS (
                SELECT 1 FROM disclosure_objection o WHERE o.notice_id = n.id
                  AND (o.answered_at IS NULL OR o.answered_at > r.at) AND o.at < r.at))""",
    # 10.5
    "an effect before its deadline": """
        SELECT deadline_id FROM deadlines_effect e JOIN deadlines_deadline d ON d.id = e.deadline_id
        WHERE e.at < d.due""",
    "a deadline whose handler failed": "SELECT id FROM deadlines_deadline WHERE failures > 0",
    # 10.7
    "a step by somebody from elsewhere": """
        SELECT id FROM lifecycle_steprecord WHERE subject_type <> 'proposals.wish' AND by_id = ANY(%(strangers)s)""",
}


class Life(RuleBasedStateMachine):
    """One project with its neighbours, each example in a transaction that is taken back."""

    way: Way  # set by the test

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        platform_clock.set_to(platform_clock.now())

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)
        platform_clock.reset()

    def who(self, name: str) -> User:
        """A fresh object each time: what a person holds is remembered on it."""
        return User.objects.get(pk=self.way.who(name).pk)

    def attempt(self, what: Callable[[], object]) -> None:
        """Whatever is refused is refused with its reason; anything else that is raised is a fault."""
        try:
            with transaction.atomic():
                what()
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        except Refused as refusal:
            assert str(refusal).strip()
        self.project.refresh_from_db()

    @initialize(cost=st.integers(200_000, 5_000_000), common=st.booleans())
    def begin(self, cost: int, common: bool) -> None:
        shares = {"subsidy": cost // 2, "self_raised": cost // 4}
        self.project = self.way.submitted(cost_fen=cost, shares=shares, touches_common_parts=common)

    # --- as it should go -----------------------------------------------------------------------

    @rule()
    def go_on(self) -> None:
        self.attempt(lambda: ONWARDS[self.project.stage](self.way, self.project))

    @rule()
    def go_on_again(self) -> None:
        self.go_on()

    @rule()
    def go_on_once_more(self) -> None:
        self.go_on()

    @rule()
    def time_passes(self) -> None:
        """To the next thing that is due, whatever it is."""
        if moment := deadlines.next_due():
            platform_clock.set_to(max(moment, platform_clock.now()) + timedelta(seconds=1))
            deadlines.sweep()
            self.project.refresh_from_db()

    # --- whatever anybody tries ----------------------------------------------------------------

    @rule(name=st.sampled_from(CAST), verb=st.sampled_from(("pass_review", "return_for_revision", "decline")))
    def somebody_reviews(self, name: str, verb: str) -> None:
        self.attempt(lambda: getattr(proposals, verb)(self.project, by=self.who(name), reason="我看可以"))

    @rule(name=st.sampled_from(CAST), door=st.integers(0, 11), channel=st.sampled_from(("online", "paper")))
    def somebody_cosigns(self, name: str, door: int, channel: str) -> None:
        household = self.way.households[door]
        if channel == "online":
            self.attempt(lambda: proposals.cosign(self.project, household, by=self.who(name)))
        else:
            doors, photo = [(household, None)], a_picture()
            self.attempt(lambda: proposals.cosign_on_paper(self.project, doors, photo=photo, by=self.who(name)))

    @rule(name=st.sampled_from(CAST), door=st.integers(0, 11))
    def somebody_reads_a_list(self, name: str, door: int) -> None:
        doors = [(self.way.households[door], None)]
        if sheet := Sheet.objects.filter(lines__cosigns__proposal=self.project).last():
            self.attempt(lambda: proposals.read_list(sheet, doors, by=self.who(name)))

    @rule(name=st.sampled_from(CAST), choice=st.sampled_from(Choice.values))
    def somebody_votes(self, name: str, choice: str) -> None:
        motion = self.project.motions.exclude(stage=MotionStage.PUBLISHED).first()
        if motion:
            self.attempt(lambda: deliberation.cast(motion, choice, receipt_id=uuid4(), by=self.who(name)))

    @rule(
        name=st.sampled_from(CAST),
        verb=st.sampled_from(("accept_handling", "escalate", "hand_back", "decline_handling")),
    )
    def somebody_handles(self, name: str, verb: str) -> None:
        self.attempt(lambda: getattr(proposals, verb)(self.project, by=self.who(name), reason="这样办"))

    @rule(name=st.sampled_from(CAST))
    def somebody_objects(self, name: str) -> None:
        notice = self.project.gate_notice
        if notice:
            self.attempt(lambda: notices.object_to(notice, facts="位置不合适", request="换一处", by=self.who(name)))

    @rule(name=st.sampled_from(CAST))
    def somebody_answers(self, name: str) -> None:
        notice = self.project.gate_notice
        objection = notice.objections.filter(answered_at=None).first() if notice else None
        if objection:
            self.attempt(lambda: notices.answer(objection, text="已经商量过", outcome="explained", by=self.who(name)))

    @rule(name=st.sampled_from(CAST))
    def somebody_withdraws(self, name: str) -> None:
        if self.project.stage in (Stage.COSIGNED, Stage.RETURNED):  # else hardly any life would be long
            self.attempt(lambda: proposals.withdraw(self.project, by=self.who(name), reason="不办了"))

    @rule(name=st.sampled_from(CAST), door=st.integers(0, 11), fen=st.integers(1, 3_000_000))
    def somebody_gives(self, name: str, door: int, fen: int) -> None:
        household = self.way.households[door]
        self.attempt(
            lambda: funding.record_contribution(
                self.project,
                household=household,
                amount_fen=fen,
                voucher=uuid4().hex[:12],
                photo=a_picture(),
                by=self.who(name),
            )
        )

    @rule(name=st.sampled_from(CAST), verb=st.sampled_from(("confirm_contribution", "reverse_contribution")))
    def somebody_confirms_a_gift(self, name: str, verb: str) -> None:
        given = Contribution.objects.filter(proposal=self.project).last()
        if given:
            why = {} if verb == "confirm_contribution" else {"reason": "记错了"}
            self.attempt(lambda: getattr(funding, verb)(given, by=self.who(name), **why))

    @rule(name=st.sampled_from(CAST), verb=st.sampled_from(("examine", "approve", "decide", "refuse")))
    def somebody_decides_on_a_grant(self, name: str, verb: str) -> None:
        grant = Grant.objects.filter(proposal=self.project).last()
        if grant:
            self.attempt(lambda: getattr(funding, verb)(grant, by=self.who(name), reason="同意"))

    @rule(name=st.sampled_from(CAST), last=st.booleans())
    def somebody_asks_for_a_payment(self, name: str, last: bool) -> None:
        milestones = list(Milestone.objects.filter(contract__proposal=self.project).order_by("pk"))
        if milestones:
            milestone = milestones[-1 if last else 0]
            self.attempt(
                lambda: funding.ask_payment(milestone, invoice=uuid4().hex[:20], file=a_picture(), by=self.who(name))
            )

    @rule(name=st.sampled_from(CAST), paying=st.booleans())
    def somebody_approves_or_pays(self, name: str, paying: bool) -> None:
        payment = Payment.objects.filter(contract__proposal=self.project).last()
        if payment and paying:
            self.attempt(lambda: funding.pay(payment, voucher=uuid4().hex[:12], by=self.who(name)))
        elif payment:
            self.attempt(lambda: funding.approve_payment(payment, by=self.who(name)))

    @rule(name=st.sampled_from(CAST))
    def somebody_cancels(self, name: str) -> None:
        if self.project.stage == Stage.DELIVERING:
            paper = a_picture()
            self.attempt(lambda: funding.ask_ending(self.project, file=paper, by=self.who(name), reason="不办了"))

    @rule(name=st.sampled_from(CAST))
    def somebody_confirms_an_ending(self, name: str) -> None:
        if ending := Ending.objects.running().filter(proposal=self.project).first():
            self.attempt(lambda: funding.confirm_ending(ending, by=self.who(name)))

    # --- what must never be --------------------------------------------------------------------

    @invariant()
    def nothing_happened_that_must_never_happen(self) -> None:
        if not hasattr(self, "project"):
            return
        facts: dict[str, Any] = {
            "ended": [str(stage) for stage in ENDED],
            "strangers": [self.way.who(name).pk for name in STRANGERS],
        }
        with connection.cursor() as cursor:
            for what, question in NEVER.items():
                cursor.execute(question, facts)
                assert not cursor.fetchall(), what


@pytest.mark.django_db
@pytest.mark.drill
def test_whatever_anybody_tries_nothing_happens_that_must_never_happen(way: Way) -> None:
    for name in CAST:
        way.who(name)
    assert way.households
    Life.way = way
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("what", sorted(NEVER))
def test_each_question_is_one_the_database_can_answer(what: str) -> None:
    """A question with a wrong column name would never find anything."""
    with connection.cursor() as cursor:
        cursor.execute(NEVER[what], {"ended": [], "strangers": []})


def test_every_open_stage_has_a_way_on() -> None:
    assert set(ONWARDS) == set(Stage)
