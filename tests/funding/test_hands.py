"""Four eyes are two humans: a login that was made anew just now takes no step with money."""

from __future__ import annotations

import pytest

from funding import actions as funding
from funding.models import Milestone
from minshi.refusals import Refused
from minshi.signin import staff
from tests.way import Way, a_picture


def reset(way: Way, who: str, phone: str) -> None:
    asked = staff.ask_reset(way.who(who), reason="忘了密码", phone=phone, by=way.who("district_officer"))
    staff.confirm_reset(asked, by=way.who("district_finance"))


def test_a_login_that_was_reset_takes_no_step_with_money_for_a_working_day(way: Way, clock, refused_sql) -> None:
    proposal = way.delivering()
    milestone = Milestone.objects.get(contract__proposal=proposal, kind="start")
    payment = funding.ask_payment(milestone, invoice="1", file=a_picture(), by=way.who("clerk"))
    given = funding.record_contribution(
        proposal, household=way.households[8], amount_fen=100, voucher="新1", photo=a_picture(), by=way.who("clerk")
    )
    for number, who in enumerate(("approver", "cashier"), start=31):
        reset(way, who, f"138700000{number}")
    with pytest.raises(Refused, match="刚由别人重设过登录"):
        funding.approve_payment(payment, by=way.who("approver"))
    refused_sql("made anew", "UPDATE funding_payment SET approved_by_id = %s WHERE id = %s",
                way.who("approver").pk, payment.pk)  # fmt: skip
    pot = way.who("cashier") and proposal.grants.get().pot
    with pytest.raises(Refused, match="刚由别人重设过登录"):
        funding.allocate(pot, amount_fen=1, document="拨X", by=way.who("cashier"))
    funding.confirm_contribution(given, by=way.who("supervisor"))  # others go on
    way.who("approver").refresh_from_db()
    until = way.who("approver").money_from
    assert until
    clock.move(seconds=(until - clock.now()).total_seconds() + 60)
    funding.approve_payment(payment, by=way.who("approver"))
    funding.pay(payment, voucher="付1", by=way.who("cashier"))
