"""An office's money: asked, examined, approved, above the cap decided by the district, by different people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from funding import actions as funding
from funding.lifecycle import GRANT, GRANT_WAYS, next_grant_key
from funding.models import GrantStage
from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.ledger.selectors import balance
from minshi.lifecycle.models import StepRecord
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Role
from proposals.models import Kind, Source
from tests.cast import grant as give_role
from tests.way import Way

DISTRICT_TOO = {Source.SUBSIDY: 1_000_000, Source.DISTRICT: 500_000, Source.SELF_RAISED: 500_000}

Refuse = Callable[..., None]


def step_of(key: int, verb: str, by: User | None, source: str) -> None:
    """Put a step on record as the application may."""
    step = GRANT.by_verb[verb]
    StepRecord.objects.create(
        subject_type="funding.grant",
        subject_id=key,
        verb=verb,
        source=source,
        target=step.target or source,
        label=verb,
        by=by,
    )


@pytest.fixture
def refused_way(db: None) -> Refuse:
    """Take a step by the database's function with its record; it must be refused with this word."""

    def refused_way(word: str, verb: str, key: int, *told: object, by: User, source: str) -> None:
        function, _names = GRANT_WAYS[verb]
        call = f"SELECT {function}({', '.join(['%s'] * (1 + len(told)))})"
        with pytest.raises(DatabaseError, match=word), transaction.atomic(), connection.cursor() as cursor:
            step_of(key, verb, by, source)
            cursor.execute(call, [key, *told])
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    return refused_way


@pytest.mark.walked("raising")
def test_three_people_approve_and_the_pot_sets_the_money_aside(way: Way, whole) -> None:
    proposal = way.raising()
    way.planned(proposal)
    grant = way.asked(proposal)
    assert (grant.amount_fen, grant.needs_district, grant.stage) == (1_200_000, False, GrantStage.ASKED)
    assert Deadline.objects.open().get(kind="funding.grant").role == Role.CASE_OFFICER
    funding.examine(grant, by=way.who("case_officer"), reason="预算合理")
    assert Deadline.objects.open().get(kind="funding.grant").role == Role.APPROVER
    funding.approve(grant, by=way.who("approver"), reason="同意")
    whole()
    assert grant.stage == GrantStage.APPROVED
    assert (balance(grant.pot.account.key), balance(f"grant:{grant.pk}")) == (0, 1_200_000)
    assert not Deadline.objects.open().filter(kind="funding.grant").exists()
    proposal.card.refresh_from_db()
    assert proposal.card.subsidy_fen == 1_200_000
    assert [r.verb for r in StepRecord.objects.of(grant).order_by("id")] == ["ask", "examine", "approve"]


def test_nobody_takes_two_of_the_duties(way: Way, street, refused_sql, refused_way) -> None:
    """Every pair: the asker, the examiner, the approver, the district's person, the proposer."""
    proposal = way.raising(tier=3, shares=DISTRICT_TOO)
    way.planned(proposal)
    everybody = {name: way.who(name) for name in ("clerk", "case_officer", "approver", "district_officer", "resident")}
    for user in everybody.values():
        for role in (Role.CASE_OFFICER, Role.APPROVER, Role.CLERK):
            give_role(user, role, street) if not user.grants.filter(role=role, place=street).exists() else None
        if not user.grants.filter(role=Role.DISTRICT_OFFICER).exists():
            give_role(user, Role.DISTRICT_OFFICER, street.parent)
        user.__dict__.pop("_held", None)
    pot = way.pot(1_000_000)
    with pytest.raises(Refused, match="提议人"):
        funding.ask(proposal, Source.SUBSIDY, pot, by=everybody["resident"])
    grant = funding.ask(proposal, Source.SUBSIDY, pot, by=everybody["clerk"])
    done = ["resident", "clerk"]
    account = grant.pot.account_id
    for step, column, next_one, verb, told in (
        (funding.examine, "examined_by_id", "case_officer", "examine", ()),
        (funding.approve, "approved_by_id", "approver", "pass_on", (None,)),
        (funding.decide, "district_by_id", "district_officer", "decide", (account,)),
    ):
        for name in done:
            with pytest.raises(Refused, match=r"要由另一个人来办|提议人"):
                step(grant, by=everybody[name], reason="同意")
            sql = f"UPDATE funding_grant SET {column} = %s WHERE id = %s"
            refused_sql("permission denied", sql, everybody[name].pk, grant.pk)
            refused_way("by_another|proposer", verb, grant.pk, *told, by=everybody[name], source=grant.stage)
        step(grant, by=everybody[next_one], reason="同意")
        done.append(next_one)
    grant.refresh_from_db()
    assert grant.stage == GrantStage.APPROVED


def test_above_the_cap_the_district_decides_too(way: Way, refused_way, whole) -> None:
    """Works of 600,000 yuan with 520,000 of subsidy: the cap of works is 500,000."""
    proposal = way.raising(kind=Kind.WORKS, shares={Source.SUBSIDY: 52_000_000, Source.SELF_RAISED: 8_000_000})
    plan = way.planned(proposal)
    grant = way.asked(proposal)
    assert grant.needs_district
    funding.examine(grant, by=way.who("case_officer"), reason="合理")
    funding.approve(grant, by=way.who("approver"), reason="同意上报")
    assert grant.stage == GrantStage.CLEARED
    assert balance(f"grant:{grant.pk}") == 0
    assert Deadline.objects.open().get(kind="funding.grant").role == Role.DISTRICT_OFFICER
    with pytest.raises(NotAllowed):
        funding.decide(grant, by=way.who("cashier"), reason="同意")
    funding.decide(grant, by=way.who("district_finance"), reason="同意")
    whole()
    assert balance(f"grant:{grant.pk}") == 52_000_000
    funding.withdraw(grant, by=way.who("clerk"), reason="重新申请")
    asked = (proposal.pk, plan.pk, "subsidy", grant.pot_id, 1, False, None)
    refused_way("the district decides too", "ask", next_grant_key(), *asked, by=way.who("clerk"), source="")


def test_goods_take_the_cap_of_services(way: Way) -> None:
    proposal = way.raising(kind=Kind.GOODS, shares={Source.SUBSIDY: 20_000_000})
    way.planned(proposal)
    assert not way.asked(proposal).needs_district
    other = way.raising(kind=Kind.GOODS, title="添几台洗衣机", shares={Source.SUBSIDY: 20_000_001})
    way.planned(other)
    assert way.asked(other).needs_district


@pytest.mark.walked("raising")
def test_completion_is_asked_once_and_the_days_stand_still(way: Way, clock) -> None:
    clock.set("2026-03-02 09:00")
    proposal = way.raising()
    way.planned(proposal)
    grant = way.asked(proposal)
    officer, clerk = way.who("case_officer"), way.who("clerk")
    days = grant.due_at - clock.now()
    funding.return_for_completion(grant, by=officer, reason="缺三家报价的预算依据")
    assert (grant.stage, grant.completions) == (GrantStage.INCOMPLETE, 1)
    assert Deadline.objects.open().get(kind="funding.grant").role == Role.CLERK
    clock.move(days=1)
    funding.complete(grant, by=clerk, reason="已补预算依据")
    assert abs((grant.due_at - clock.now()) - days).days <= 2
    with pytest.raises(Refused, match="只能要求补正 1 次"):
        funding.return_for_completion(grant, by=officer, reason="还缺")


@pytest.mark.walked("raising")
def test_a_refusal_says_why_and_frees_the_source(way: Way) -> None:
    proposal = way.raising()
    way.planned(proposal)
    grant = way.asked(proposal)
    with pytest.raises(Refused, match="理由"):
        funding.refuse(grant, by=way.who("case_officer"), reason=" ")
    with pytest.raises(NotAllowed):
        funding.refuse(grant, by=way.who("approver"), reason="还没轮到")
    funding.refuse(grant, by=way.who("case_officer"), reason="物业应承担")
    assert way.asked(proposal).stage == GrantStage.ASKED


@pytest.mark.walked("raising")
def test_a_pot_that_is_too_small_grants_nothing(way: Way) -> None:
    proposal = way.raising()
    way.planned(proposal)
    pot = way.pot(1_199_999)
    grant = funding.ask(proposal, Source.SUBSIDY, pot, by=way.who("clerk"))
    funding.examine(grant, by=way.who("case_officer"), reason="合理")
    with pytest.raises(Refused, match="余额不足"):
        funding.approve(grant, by=way.who("approver"), reason="同意")
    grant.refresh_from_db()
    assert grant.stage == GrantStage.EXAMINED


@pytest.mark.walked("raising")
def test_withdrawing_gives_the_money_back_to_the_pot(way: Way, whole) -> None:
    proposal = way.raising()
    way.planned(proposal)
    grant = way.granted(proposal)
    with pytest.raises(NotAllowed):
        funding.withdraw(grant, by=way.who("approver"), reason="不批了")
    funding.withdraw(grant, by=way.who("clerk"), reason="改用自筹")
    whole()
    assert (balance(grant.pot.account.key), balance(f"grant:{grant.pk}")) == (1_200_000, 0)


@pytest.mark.walked("raising")
def test_silence_is_told_upwards_again_and_again(way: Way, clock) -> None:
    proposal = way.raising()
    way.planned(proposal)
    grant = way.asked(proposal)
    way.who("district_officer")
    due = grant.due_at
    for _round in range(2):
        clock.move(seconds=(deadlines.next_due(grant) - clock.now()).total_seconds() + 60)
        deadlines.sweep()
        grant.refresh_from_db()
        assert grant.due_at == due, "late, its day stays"
    assert StepRecord.objects.of(grant).filter(verb="overdue").count() == 2


@pytest.mark.walked("raising")
def test_a_stage_or_an_amount_is_not_written_by_hand(way: Way, refused_sql, refused_way) -> None:
    proposal = way.raising()
    plan = way.planned(proposal)
    grant = way.asked(proposal)
    people = (way.who("case_officer").pk, way.who("approver").pk)
    sql = "UPDATE funding_grant SET stage = 'approved', examined_by_id = %s, approved_by_id = %s WHERE id = %s"
    refused_sql("permission denied", sql, *people, grant.pk)
    refused_sql("permission denied", "UPDATE funding_grant SET amount_fen = 1 WHERE id = %s", grant.pk)
    refused_sql("permission denied", "UPDATE funding_grant SET needs_district = true WHERE id = %s", grant.pk)
    refused_sql("permission denied", "DELETE FROM funding_grant WHERE id = %s", grant.pk)
    insert = (
        "INSERT INTO funding_grant (proposal_id, plan_id, source, pot_id, amount_fen, needs_district, asked_by_id,"
        " completions, days_left, stage) VALUES (%s, %s, 'subsidy', %s, %s, true, %s, 0, 0, 'asked')"
    )
    refused_sql("permission denied", insert, proposal.pk, plan.pk, grant.pot_id, 1, way.who("clerk").pk)
    asked = (proposal.pk, plan.pk, "subsidy", grant.pot_id, 1, True, None)
    refused_way("stand and the plan says", "ask", next_grant_key(), *asked, by=way.who("clerk"), source="")


def test_each_step_of_a_grant_has_its_way(db: None) -> None:
    assert set(GRANT_WAYS) == {step.verb for step in GRANT.steps if not step.keeps_time}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE prosecdef AND proconfig = ARRAY['search_path=public, pg_temp']"
            " AND proname = ANY(%s)",
            [[function for function, _told in GRANT_WAYS.values()]],
        )
        assert {name for (name,) in cursor.fetchall()} == {function for function, _told in GRANT_WAYS.values()}


@pytest.mark.walked("raising")
def test_a_way_is_taken_only_with_its_record_and_from_its_stage(way: Way, refused_sql) -> None:
    proposal = way.raising()
    way.planned(proposal)
    grant, approver = way.asked(proposal), way.who("approver")
    account = grant.pot.account_id
    refused_sql("no record of", "SELECT grant_approved(%s, %s)", grant.pk, account)
    step_of(grant.pk, "approve", approver, GrantStage.EXAMINED)  # a record alone does not make it so
    refused_sql("no record of", "SELECT grant_decided(%s, %s)", grant.pk, account)
    with connection.cursor() as cursor:
        cursor.execute("SELECT grant_approved(%s, %s)", [grant.pk, account])
    grant.refresh_from_db()
    assert (grant.stage, grant.approved_by) == (GrantStage.ASKED, None)


@pytest.mark.walked("raising")
def test_another_streets_pot_pays_nothing_here(way: Way, other_street) -> None:
    proposal = way.raising()
    way.planned(proposal)
    pot = funding.open_pot(place=other_street, year=2026, title="资金", document="文", by=way.who("district_finance"))
    with pytest.raises(Refused, match="不能给这里的项目"):
        funding.ask(proposal, Source.SUBSIDY, pot, by=way.who("clerk"))
