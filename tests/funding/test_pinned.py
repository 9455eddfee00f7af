"""The database measures by the rule the project pinned, the same that the actions read, and by no number of its own."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from evaluation.actions import accounts
from funding import actions as funding
from funding.models import Award, Contract, Group
from minshi import clock as platform_clock
from minshi.guards.loading import directory, files
from minshi.policy import actions as policy
from minshi.policy.units import Value
from minshi.refusals import Refused, refusing
from minshi.residents.models import Person
from proposals.models import Proposal, Stage
from tests.way import Way, a_picture, wait_until_over


def rule(way: Way, name: str, value: Value, since: date = date(2020, 1, 1)) -> None:
    """The yard's place rules otherwise, for every stage that begins from now on."""
    policy.set_value(name, way.yard, value, since=since, source="试行办法", by=None)


@pytest.mark.walked("funded")
def test_a_group_has_as_many_as_its_stage_pinned(way: Way, refused_sql, whole) -> None:
    proposal = way.funded()
    rule(way, "group.minimum", 5)
    assert way.project_group(proposal, 3).members.count() == 3  # what runs keeps its rule
    whole()
    wait_until_over(proposal)
    assert proposal.stage == Stage.PROCURING
    chief = Person.objects.get(user=way.who("chief"))
    with pytest.raises(Refused, match="项目小组须有 5 人以上"):
        funding.form_group(proposal, [chief, *way.neighbours(2)], how="推选", by=way.who("clerk"))
    Group.objects.filter(ended_at=None).update(ended_at="2026-11-01T00:00:00+08:00")
    sql = (
        "WITH made AS (INSERT INTO funding_group (proposal_id, how, formed_by_id, terms)"
        " VALUES (%s, '推选', %s, '{\"group.minimum\": 1}') RETURNING id)"
        " INSERT INTO funding_groupmember (group_id, person_id, name_public, is_lead)"
        " SELECT made.id, p.id, '', false FROM made, residents_person p WHERE p.id = ANY(%s)"
    )
    three = [chief.pk, *(person.pk for person in way.neighbours(2))]
    refused_sql("odd number of 5 members", sql, proposal.pk, way.who("clerk").pk, three)
    with pytest.raises(Refused, match="项目小组须有 5 人以上，且为单数"), refusing(), connection.cursor() as cursor:
        cursor.execute(sql, [proposal.pk, way.who("clerk").pk, three])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    way.project_group(proposal, 5)
    whole()


@pytest.mark.walked("funded")
def test_an_award_is_measured_by_its_stage(way: Way, refused_sql, whole) -> None:
    proposal = way.funded()
    rule(way, "quotes.minimum", 4)
    wait_until_over(proposal)
    rule(way, "group.minimum", 5)  # too late for this stage
    enquiry = way.quoted(proposal)
    quote = enquiry.quotes.first()
    assert quote
    with pytest.raises(Refused, match="须有 4 家以上报价，现在 3 家"):
        funding.award(enquiry, quote, reason="价低", by=way.who("party"))
    columns = "(enquiry_id, quote_id, reason, few_reason, notice_id, by_id)"
    sql = f"INSERT INTO funding_award {columns} VALUES (%s, %s, '好', '', %s, %s)"
    refused_sql("no reason why", sql, enquiry.pk, quote.pk, proposal.gate_notice_id, way.who("party").pk)
    funding.award(enquiry, quote, reason="价低", few_reason="只有三家", by=way.who("party"))
    whole()
    assert Award.objects.get().terms == {
        "group.minimum": 3,
        "quotes.limit_fen": 1_000_000,
        "quotes.minimum": 4,
    }


@pytest.mark.walked("delivering")
def test_an_acceptance_is_measured_by_its_stage(way: Way) -> None:
    proposal = way.delivering()
    funding.log(proposal, text="灯装好了", by=way.who("chief"))
    rule(way, "acceptance.residents_share", "9/10")
    funding.finish(proposal, by=way.who("chief"))
    rule(way, "acceptance.panel", 7)  # too late for this stage
    items = [("灯亮", True, "")]
    with pytest.raises(Refused, match="验收组里居民不能少于"):
        funding.accept_work(proposal, panel=way.panel(), items=items, opinion="合格", by=way.who("supervisor"))
    contract = Contract.objects.get()
    with pytest.raises(IntegrityError, match="the panel is not whole"), transaction.atomic():
        seat_by_hand(way, contract)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pinned_terms(%s, 'acceptance.panel')", [proposal.pk])
        assert cursor.fetchone() == ('{"acceptance.panel": 5}',)


def seat_by_hand(way: Way, contract: Contract) -> None:
    """Four residents and a supervisor, with a milder rule than the project's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO funding_acceptance"
            " (proposal_id, contract_id, round, held_on, passed, opinion, recorded_by_id, terms)"
            " VALUES (%s, %s, 1, '2026-12-01', false, '好', %s, '{}') RETURNING id",
            [contract.proposal_id, contract.pk, way.who("clerk").pk],
        )
        made = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO funding_item (acceptance_id, text, passed, note) VALUES (%s, '灯', false, '')", [made]
        )
        for person, side in way.panel():
            cursor.execute(
                "INSERT INTO funding_panelist (acceptance_id, person_id, side, name_public) VALUES (%s, %s, %s, '')",
                [made, person.pk, side],
            )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.walked("awarded")
def test_a_change_is_measured_by_its_stage(way: Way, refused_sql) -> None:
    proposal = way.awarded()
    rule(way, "change.share", "1/20")
    assert proposal.gate_notice
    platform_clock.move(proposal.gate_notice.ends_at - platform_clock.now() + timedelta(minutes=1))
    funding.sign(proposal, integrity=True, file=a_picture(), by=way.who("party"))
    rule(way, "change.share", "1/100", since=date(2021, 1, 1))
    way.who("chief")
    words = {"what": "换灯头", "reason": "更亮", "by": way.who("chief")}
    with pytest.raises(Refused, match="与签约价相差超过 5%"):
        funding.ask_change(proposal, new_price_fen=1_750_000, **words)
    refused_sql("changed by more than 1/20", "UPDATE funding_contract SET price_fen = 1750000")
    refused_sql("no approved change", "UPDATE funding_contract SET price_fen = 1760000")
    funding.ask_change(proposal, new_price_fen=1_760_000, **words)


@pytest.mark.django_db
@pytest.mark.walked("covered")
def test_each_gate_runs_the_days_its_stage_pinned(way: Way) -> None:
    """The place gives every gate ten days, each time after the stage that posts it has begun."""
    posted = {}

    def note(kind: str, proposal: Proposal) -> None:
        proposal.refresh_from_db()
        assert proposal.gate_notice and proposal.gate_notice.kind == kind
        posted[kind] = proposal.gate_notice.working_days

    proposal = way.covered()
    rule(way, "notice.funding.days", 10)
    funding.announce_funding(proposal, by=way.who("clerk"))
    note("funding", proposal)
    wait_until_over(proposal)
    rule(way, "notice.award.days", 10)
    way.choose(proposal)
    note("award", proposal)
    wait_until_over(proposal)
    funding.sign(proposal, integrity=True, file=a_picture(), by=way.who("party"))
    funding.start_work(proposal, by=way.who("chief"))
    way.paid(proposal, "start", "1")
    funding.log(proposal, text="灯装好了，晚上试亮", by=way.who("chief"))
    funding.finish(proposal, by=way.who("chief"))
    rule(way, "notice.acceptance.days", 10)
    way.accept_work(proposal)
    note("acceptance", proposal)
    survey = way.asked_to_rate(proposal)
    rule(way, "notice.satisfaction.days", 10)
    way.answer(survey, good=12)
    way.result(survey)
    note("satisfaction", proposal)
    rule(way, "notice.accounts.days", 10)
    wait_until_over(proposal)
    way.paid(proposal, "acceptance", "2")
    way.paid(proposal, "retention", "3")
    for number, refund in enumerate(accounts.return_surplus(proposal, by=way.who("clerk")), start=1):
        if refund.returned_at is None:
            funding.pay_refund(refund, voucher=f"退{number}", by=way.who("cashier"))
            funding.confirm_refund(refund, by=way.who("clerk"))
    accounts.confirm_accounts(accounts.make_accounts(proposal, by=way.who("clerk")), by=way.who("case_officer"))
    accounts.settle(proposal, by=way.who("clerk"))
    note("accounts", proposal)
    assert posted == {"funding": 5, "award": 3, "acceptance": 5, "satisfaction": 5, "accounts": 7}


def test_what_a_stage_did_not_pin_is_refused(way: Way) -> None:
    proposal = way.submitted()
    with pytest.raises(IntegrityError, match="does not pin"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pinned_term(%s, 'group.minimum')", [proposal.pk])


LAW = {0, 1, 2, 3}
"""Nothing, one, two people or halves, and three: tiers, and the first three of five levels."""


def test_no_number_of_the_policy_stands_in_a_guard() -> None:
    apart = [directory(apps.get_app_config(label)) for label in ("proposals", "deliberation", "funding", "evaluation")]
    for file in files():
        if file.parent not in apart:
            continue
        code = re.sub(r"--.*", "", file.read_text())
        assert not re.findall(r"'\d+/\d+'", code), file
        numbers = {int(one) for one in re.findall(r"(?<![\w$.])\d+(?![\w.])", re.sub(r"'[^']*'", "", code))}
        assert numbers <= LAW, (file, numbers - LAW)
