"""1,000 grants of 300 fen approved at once from a pot of 100,000: exactly 333, and not one more."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from funding import actions as funding
from funding.lifecycle import next_grant_key
from funding.models import Grant, GrantStage, Plan, PlanLine
from minshi.ledger.checks import findings
from minshi.ledger.selectors import balance
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import begin, take
from minshi.refusals import Refused
from proposals.models import Proposal, Source
from tests.way import Way

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill]

DRILL = os.environ.get("MINSHI_DRILL") == "1"
GRANTS, POT_FEN, PROJECTS = (1_000, 100_000, 8) if DRILL else (48, 4_000, 2)
PRICE_FEN = 300
THREADS = 8


@action
def examined(proposals: list[Proposal], way: Way, pot, *, by: None) -> list[Grant]:
    """Grants that wait for the approver, each on a plan of its own: one transaction, so that they are made quickly."""
    grants = []
    for number in range(GRANTS):
        proposal = proposals[number % len(proposals)]
        plan = Plan.objects.create(
            proposal=proposal, version=proposal.version, number=number + 1, cost_fen=10**9, drawn_by=way.who("clerk")
        )
        PlanLine.objects.create(plan=plan, source=Source.SUBSIDY, amount_fen=10**7)
        grant = Grant(
            pk=next_grant_key(), proposal=proposal, plan=plan, source=Source.SUBSIDY, pot=pot, amount_fen=PRICE_FEN,
            needs_district=False, asked_by=way.who("clerk"), stage=GrantStage.ASKED,
        )  # fmt: skip
        begin(grant, "ask", by=way.who("clerk"))
        officer = way.who("case_officer")
        take(grant, "examine", by=officer, reason="合理", setting={"examined_by": officer})
        grants.append(grant)
    return grants


def test_a_pot_grants_what_it_holds_and_not_one_more(way: Way) -> None:
    proposals = [way.raising(title=f"第{number + 1}盏灯") for number in range(PROJECTS)]
    pot = way.pot(POT_FEN)
    grants = examined(proposals, way, pot, by=None)
    approver = way.who("approver")

    def approve(pk: int) -> bool:
        try:
            funding.approve(Grant.objects.get(pk=pk), by=approver, reason="同意")
        except Refused as refusal:
            assert "余额不足" in str(refusal)
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(THREADS) as threads:
        granted = sum(threads.map(approve, [grant.pk for grant in grants]))
    assert granted == POT_FEN // PRICE_FEN
    assert Grant.objects.filter(stage=GrantStage.APPROVED).count() == granted
    assert balance(pot.account.key) == POT_FEN - granted * PRICE_FEN
    assert list(findings()) == []
