"""结算: what the books say, made by one person, confirmed by another, announced, and made anew when the books move."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from evaluation.actions import accounts, surveys
from evaluation.models import FinalAccounts
from funding import actions as funding
from funding.models import Hold
from funding.selectors import books
from minshi.accounts.models import User
from minshi.disclosure.actions import object_to
from minshi.ledger.checks import findings
from minshi.refusals import NotAllowed, Refused
from proposals.models import Stage
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db


@pytest.mark.walked("paid_up")
def test_the_accounts_state_plan_and_actual_to_the_fen(way: Way, clerk: User) -> None:
    proposal = way.paid_up()
    made = accounts.make_accounts(proposal, by=clerk, remark="按合同价结算，结余已退回")
    kept = books(proposal)
    assert (made.raised_fen, made.spent_fen, made.returned_fen) == (2_000_000, 1_850_000, 150_000)
    assert (kept.income_fen, kept.spending_fen, kept.returned_fen) == (2_000_000, 1_850_000, 150_000)
    by_source = {row["source"]: (row["plan_fen"], row["actual_fen"]) for row in made.figures["sources"]}
    assert by_source == {"subsidy": (1_200_000, 1_200_000), "self_raised": (800_000, 800_000)}
    assert [paid["fen"] for paid in made.figures["spending"]] == [555_000, 1_239_500, 55_500]
    assert list(findings()) == []


@pytest.mark.walked("accepted")
def test_nothing_is_settled_while_money_is_left(way: Way, clerk: User) -> None:
    proposal = way.accepted()
    way.paid(proposal, "start", "1")
    way.released(proposal)
    with pytest.raises(Refused, match="账上还有"):
        accounts.make_accounts(proposal, by=clerk)


@pytest.mark.walked("rated")
def test_nothing_is_settled_before_the_result_has_hung_its_days(way: Way, clerk: User) -> None:
    proposal = way.rated()
    with pytest.raises(Refused, match="尾款还没有结论"):
        accounts.make_accounts(proposal, by=clerk)


@pytest.mark.walked("paid_up")
def test_who_made_the_accounts_does_not_confirm_them(way: Way, clerk: User, case_officer: User, resident: User) -> None:
    proposal = way.paid_up()
    made = accounts.make_accounts(proposal, by=clerk)
    for nobody in (clerk, resident):
        with pytest.raises(NotAllowed):
            accounts.confirm_accounts(made, by=nobody)
    with pytest.raises(IntegrityError), transaction.atomic():
        FinalAccounts.objects.filter(pk=made.pk).update(confirmed_by=clerk, confirmed_at=made.made_at)
    accounts.confirm_accounts(made, by=case_officer)
    assert made.confirmed_by == case_officer


@pytest.mark.walked("paid_up")
def test_unconfirmed_accounts_are_not_announced(way: Way, clerk: User) -> None:
    proposal = way.paid_up()
    with pytest.raises(Refused, match="复核"):
        accounts.settle(proposal, by=clerk)
    accounts.make_accounts(proposal, by=clerk)
    with pytest.raises(Refused, match="复核"):
        accounts.settle(proposal, by=clerk)


@pytest.mark.walked("paid_up")
def test_an_older_statement_is_not_confirmed(way: Way, clerk: User, case_officer: User) -> None:
    proposal = way.paid_up()
    old = accounts.make_accounts(proposal, by=clerk)
    accounts.make_accounts(proposal, by=clerk, remark="补充说明")
    with pytest.raises(Refused, match="最新"):
        accounts.confirm_accounts(old, by=case_officer)


@pytest.mark.walked("settling")
def test_the_notice_shows_every_source_payment_and_voucher(way: Way) -> None:
    proposal = way.settling()
    assert proposal.stage == Stage.SETTLING
    notice = proposal.final_accounts.get().notice
    assert notice and notice == proposal.gate_notice
    rows = dict(notice.table)
    assert rows["收入 · 街道补助"] == "12,000.00 元（计划 12,000.00 元）"
    assert f"凭证 付{proposal.pk}-3" in rows["支出 · 质保尾款"]
    assert (rows["支出合计"], rows["结余退回"], rows["余额"]) == ("18,500.00 元", "1,500.00 元", "0.00 元")


@pytest.mark.walked("settling")
def test_a_third_of_the_households_objecting_has_them_made_anew(way: Way, clerk: User, case_officer: User) -> None:
    proposal = way.settling()
    for user in way.raters()[:4]:
        assert proposal.gate_notice
        object_to(proposal.gate_notice, facts="灯的价钱对不上。", by=user)
    proposal.refresh_from_db()
    assert proposal.stage == Stage.RATED
    with pytest.raises(Refused, match="复核"):
        accounts.settle(proposal, by=clerk)
    again = accounts.make_accounts(proposal, by=clerk, remark="附上报价单")
    accounts.confirm_accounts(again, by=case_officer)
    accounts.settle(proposal, by=clerk)
    assert proposal.stage == Stage.SETTLING


@pytest.mark.walked("settling")
def test_announced_figures_are_never_edited(way: Way) -> None:
    made = way.settling().final_accounts.get()
    for sql in ("spent_fen = 1", "figures = '{}'", "confirmed_by_id = made_by_id"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE evaluation_finalaccounts SET {sql} WHERE id = %s", [made.pk])


# --- The retained part ------------------------------------------------------------------------------


@pytest.mark.walked("accepted")
def test_only_the_residents_release_the_retained_part(way: Way) -> None:
    proposal = way.accepted()
    hold = Hold.objects.get(contract__proposal=proposal)
    assert hold.stage == "held"
    with pytest.raises(IntegrityError), transaction.atomic():
        surveys.holds.release(proposal)
    way.released(proposal)
    hold.refresh_from_db()
    assert hold.stage == "released"


@pytest.mark.walked("rated")
def test_a_good_result_alone_does_not_release_before_its_notice_is_over(way: Way) -> None:
    proposal = way.rated()
    with pytest.raises(IntegrityError), transaction.atomic():
        surveys.holds.release(proposal)


@pytest.mark.walked("rating")
def test_refused_work_is_accepted_again_and_then_released(way: Way, clerk: User) -> None:
    survey = way.rating()
    way.answer(survey, good=5, bad=5)
    proposal = way.result(survey).proposal
    hold = Hold.objects.get(contract__proposal=proposal)
    assert (proposal.stage, hold.stage) == (Stage.ACCEPTING, "refused")

    way.accept_work(proposal)
    hold.refresh_from_db()
    assert (proposal.stage, hold.stage) == (Stage.ACCEPTED, "held")
    way.released(proposal)
    hold.refresh_from_db()
    assert hold.stage == "released"
    assert proposal.surveys.count() == 2


@pytest.mark.walked("rating")
def test_mended_work_stays_held_until_the_next_round(way: Way, clerk: User) -> None:
    survey = way.rating()
    way.answer(survey, good=8, bad=3)
    proposal = way.result(survey).proposal
    hold = Hold.objects.get(contract__proposal=proposal)
    assert (proposal.stage, hold.stage) == (Stage.REWORK, "held")


def test_money_that_waits_for_its_second_person_is_confirmed_before_the_accounts(way: Way) -> None:
    """Else it would come into the purse after the accounts were announced, and nobody could give it back."""
    proposal = way.paid_up()
    words = {"household": way.households[5], "amount_fen": 100, "photo": a_picture(), "by": way.who("clerk")}
    given = funding.record_contribution(proposal, voucher="晚到1", **words)
    with pytest.raises(Refused, match="还有 1 笔到账没有复核"):
        accounts.make_accounts(proposal, by=way.who("clerk"))
    funding.reject_contribution(given, by=way.who("supervisor"), reason="没有到账")
    made = accounts.make_accounts(proposal, by=way.who("clerk"))
    accounts.confirm_accounts(made, by=way.who("case_officer"))
    funding.record_contribution(proposal, voucher="晚到2", **(words | {"photo": a_picture()}))
    with pytest.raises(Refused, match="还有 1 笔到账没有复核"):
        accounts.settle(proposal, by=way.who("clerk"))
