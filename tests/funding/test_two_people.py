"""Who bought does not accept, nobody ends a contract alone, and a pot belongs to its year."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from funding import actions as funding
from funding.models import Contract, Grant, Pot, Quote
from minshi import clock
from minshi.ledger.checks import findings
from minshi.ledger.selectors import balance
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Person
from proposals.models import Source, Stage
from tests.way import Way, a_picture

FINE = [("灯亮", True, "")]


# --- Buying and accepting ------------------------------------------------------------------------------


def test_who_entered_the_quotes_neither_awards_nor_signs(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    proposal = way.procuring()
    enquiry = way.quoted(proposal)
    quote = enquiry.quotes.first()
    assert quote
    with pytest.raises(Refused, match="登记报价的人不能选定承接方"):
        funding.award(enquiry, quote, reason="价低", by=way.who("clerk"))
    with monkeypatch.context() as naive:
        naive.setattr("funding.actions.suppliers._why_not_buy", lambda enquiry, by: [])
        with pytest.raises(Refused, match="登记报价的人不能选定承接方，要由另一个人来办"):
            funding.award(enquiry, quote, reason="价低", by=way.who("clerk"))
    with pytest.raises(NotAllowed):
        funding.award(enquiry, quote, reason="价低", by=way.who("case_officer"))
    funding.award(enquiry, quote, reason="价低", by=way.who("chief"))  # of the group
    proposal.refresh_from_db()
    assert proposal.gate_notice
    clock.move(proposal.gate_notice.ends_at - clock.now())
    with pytest.raises(Refused, match="登记合同"):
        funding.sign(proposal, integrity=True, file=a_picture(), by=way.who("clerk"))
    with monkeypatch.context() as naive:
        naive.setattr("funding.actions.suppliers._why_not_buy", lambda enquiry, by: [])
        with pytest.raises(Refused, match="登记报价的人不能登记合同，要由另一个人来办"):
            funding.sign(proposal, integrity=True, file=a_picture(), by=way.who("clerk"))
    assert funding.sign(proposal, integrity=True, file=a_picture(), by=way.who("party"))


def test_who_bought_does_not_write_down_the_acceptance(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    proposal = way.accepting()
    assert Quote.objects.first().by == way.who("clerk")  # type: ignore[union-attr]
    facts = {"panel": way.panel(), "items": FINE, "opinion": "合格"}
    with pytest.raises(Refused, match="验收要由别人来办"):
        funding.accept_work(proposal, by=way.who("clerk"), **facts)
    monkeypatch.setattr("funding.actions.delivery.bought", lambda contract: set())
    with pytest.raises(IntegrityError, match="written down by who bought"), transaction.atomic():
        funding.accept_work(proposal, by=way.who("clerk"), **facts)
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    proposal.refresh_from_db()
    assert proposal.stage == Stage.ACCEPTING
    funding.accept_work(proposal, by=way.who("supervisor"), **facts)


def test_whoever_works_in_the_project_does_not_accept_as_a_resident(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    proposal = way.accepting()
    member = Person.objects.get(user=way.who("chief"))
    panel = [(member, "resident"), *way.panel()[1:]]
    with pytest.raises(Refused, match="项目小组成员和参加评选的人不能以居民身份验收"):
        funding.accept_work(proposal, panel=panel, items=FINE, opinion="合格", by=way.who("supervisor"))
    monkeypatch.setattr("funding.actions.delivery.carried_out", lambda proposal: set())
    with pytest.raises(Refused, match="项目小组成员和参加评选的人不能以居民身份验收"):
        funding.accept_work(proposal, panel=panel, items=FINE, opinion="合格", by=way.who("supervisor"))


# --- Ending a contract ---------------------------------------------------------------------------------


def test_nobody_ends_a_contract_alone_and_the_percent_is_computed(way: Way, refused_sql, settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    proposal = way.delivering()
    clerk, first = way.who("clerk"), Contract.objects.get().first_price_fen
    within = {"reason": "要重做", "new_price_fen": first * 110 // 100, "file": a_picture(), "by": clerk}
    with pytest.raises(Refused, match=r"只差 10%，没有超过 10%"):
        funding.ask_plan_change(proposal, **within)
    with pytest.raises(Refused, match="书面依据"):
        funding.ask_plan_change(proposal, reason="要重做", new_price_fen=first * 2, file=None, by=clerk)
    asked = funding.ask_plan_change(
        proposal, reason="地下有管线", new_price_fen=first * 13 // 10, file=a_picture(), by=clerk
    )
    proposal.refresh_from_db()
    assert proposal.stage == Stage.DELIVERING  # nothing has happened yet
    for nobody in ("clerk", "chief", "resident"):
        with pytest.raises((NotAllowed, Refused)):
            funding.change_plan(asked, by=way.who(nobody))
    contract = Contract.objects.get()
    refused_sql(
        "nobody has confirmed that it ends",
        "UPDATE funding_contract SET ended_at = minshi_now() WHERE id = %s",
        contract.pk,
    )
    refused_sql(
        "two_people", "UPDATE funding_planchange SET confirmed_by_id = asked_by_id, confirmed_at = minshi_now()"
    )
    sql = """INSERT INTO funding_planchange (contract_id, new_price_fen, changes_content, reason, file,
        asked_by_id, asked_at) VALUES (%s, %s, false, 'x', 'x', %s, minshi_now())"""
    funding.drop_plan_change(asked, by=way.who("case_officer"))
    refused_sql("within the share", sql, contract.pk, first + 1, clerk.pk)
    again = funding.ask_plan_change(
        proposal, reason="换了做法", new_price_fen=first, changes_content=True, file=a_picture(), by=clerk
    )
    record = funding.change_plan(again, by=way.who("case_officer"))
    proposal.refresh_from_db()
    assert (proposal.stage, record.evidence["percent"], record.evidence["content"]) == (Stage.CONSULTING, 0, True)


# --- A pot belongs to its year -------------------------------------------------------------------------


def next_year() -> int:
    year = clock.today().year + 1
    clock.move(datetime(year, 1, 4, 12, tzinfo=ZoneInfo("Asia/Shanghai")) - clock.now())
    return year


def test_a_pot_of_last_year_grants_nothing_this_year(way: Way, monkeypatch: pytest.MonkeyPatch, whole) -> None:
    proposal = way.raising()
    way.planned(proposal)
    asked = way.asked(proposal)
    funding.examine(asked, by=way.who("case_officer"), reason="合理")
    old = asked.pot
    year = next_year()
    with pytest.raises(Refused, match=f"{year - 1} 年的资金池"):
        funding.approve(asked, by=way.who("approver"), reason="同意")
    funding.refuse(asked, by=way.who("approver"), reason="跨年了，重新申请")
    with pytest.raises(Refused, match=f"{year - 1} 年的资金池"):
        funding.ask(proposal, Source.SUBSIDY, old, by=way.who("clerk"))
    with monkeypatch.context() as naive:
        naive.setattr("funding.actions.plans.today", lambda: type("Day", (), {"year": year - 1}))
        with pytest.raises(Refused, match="结转由两个人办"):
            funding.ask(proposal, Source.SUBSIDY, old, by=way.who("clerk"))
    # Carried over by two, it is this year's.
    new = funding.open_pot(place=old.place, year=year, title="资金", document="文1", by=way.who("cashier"))
    with pytest.raises(Refused, match="以后年度"):
        funding.carry_over(new, old, amount_fen=1, document="结1", by=way.who("cashier"))
    carried = funding.carry_over(old, new, amount_fen=1_200_000, document="结1", by=way.who("cashier"))
    assert balance(new.account.key) == 0
    with pytest.raises(Refused, match="不能自己复核"):
        funding.confirm_carry_over(carried, by=way.who("cashier"))
    funding.confirm_carry_over(carried, by=way.who("approver"))
    whole()
    assert (balance(new.account.key), balance(old.account.key)) == (1_200_000, 0)
    grant = funding.ask(proposal, Source.SUBSIDY, new, by=way.who("clerk"))
    funding.examine(grant, by=way.who("case_officer"), reason="合理")
    funding.approve(grant, by=way.who("approver"), reason="同意")
    whole()
    assert Grant.objects.get(pk=grant.pk).stage == "approved"
    assert Pot.objects.count() == 2
    assert list(findings()) == []
