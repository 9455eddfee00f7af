"""A project that people do with their own hands and things buys nothing: from its plan to the archive."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils.html import strip_tags

from evaluation import catalogue
from evaluation.actions import accounts, archive, surveys
from evaluation.models import Archive
from funding import actions as funding
from funding.models import Acceptance, Contract, Enquiry, Payment
from minshi import clock as platform_clock
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.disclosure.signals import reopened
from minshi.lifecycle import machine
from minshi.lifecycle.models import StepRecord
from minshi.refusals import Refused
from proposals.models import Proposal, Source, Stage
from proposals.views.library import _project_parts
from tests.way import Way, wait_until_over

pytestmark = pytest.mark.django_db

OF_MONEY = re.compile(r"还差[^。，]*元|尾款|付款|首款|合同|承接方|询价|报价|比选|签约|资金已经落实|None")
"""What a page says of buying; nothing of it is true here."""
WORTH = {Source.IN_KIND: 500_000}


def said_of(proposal: Proposal) -> str:
    parts = _project_parts(proposal.number, platform_clock.now(), is_elder=False)
    return re.sub(r"\s+", " ", strip_tags(parts["main"]))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stages whose page was read; a word of buying stops the walk where it is said."""
    seen: list[str] = []
    ask = machine._wrong_stage

    def wrong_stage(of: machine.Machine, step: machine.Step, subject: Any) -> str:
        if of.subject == "proposals.proposal" and subject.pk and has_agreed(subject):
            seen.append(subject.stage)
            look_at(subject)
        return ask(of, step, subject)

    monkeypatch.setattr(machine, "_wrong_stage", wrong_stage)
    return seen


def has_agreed(proposal: Proposal) -> bool:
    return Proposal.objects.get(pk=proposal.pk).stage in AFTER_AGREEING


AFTER_AGREEING = (
    Stage.DECIDING,
    Stage.ANNOUNCED,
    Stage.HANDLING,
    Stage.RAISING,
    Stage.FUNDED,
    Stage.DELIVERING,
    Stage.ACCEPTING,
    Stage.ACCEPTED,
    Stage.RATING,
    Stage.REWORK,
    Stage.RATED,
    Stage.SETTLING,
    Stage.ARCHIVED,
    Stage.ENDING,
)


def look_at(proposal: Proposal) -> str:
    found = Proposal.objects.get(pk=proposal.pk)
    text = said_of(found)
    assert OF_MONEY.findall(text) == [], (found.stage, text)
    return text


def raising(way: Way, **words: Any) -> Proposal:
    return way.raising(tier=1, shares=WORTH, **words)


def announced(way: Way) -> Proposal:
    proposal = raising(way)
    way.planned(proposal)
    look_at(proposal)
    funding.record_in_kind(proposal, who="王大力", what="出工种树", hours=16, value_fen=300_000, by=way.who("chief"))
    funding.record_in_kind(proposal, who="李花", what="树苗十棵", value_fen=200_000, by=way.who("chief"))
    look_at(proposal)
    funding.announce_funding(proposal, by=way.who("clerk"))
    look_at(proposal)
    return proposal


def delivering(way: Way) -> Proposal:
    proposal = announced(way)
    wait_until_over(proposal)
    assert proposal.stage == Stage.DELIVERING
    way.project_group(proposal)
    return proposal


def accepting(way: Way) -> Proposal:
    proposal = delivering(way)
    funding.log(proposal, text="十棵树都种下了", by=way.who("chief"))
    for given in proposal.in_kind.all():
        funding.confirm_in_kind(given, by=way.who("supervisor"))
    funding.finish(proposal, by=way.who("chief"))
    return proposal


def settled_rating(way: Way, proposal: Proposal) -> None:
    survey = way.asked_to_rate(proposal)
    look_at(proposal)
    way.answer(survey, good=12)
    notice = way.result(survey).notice
    look_at(proposal)
    assert notice
    platform_clock.move(notice.ends_at - platform_clock.now() + timedelta(minutes=1))
    deadlines.sweep()
    proposal.refresh_from_db()


def test_what_is_only_in_kind_goes_from_its_plan_to_the_archive_and_buys_nothing(
    way: Way, read: list[str], client: Client, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    proposal = accepting(way)
    look_at(proposal)
    way.accept_work(proposal)
    look_at(proposal)
    settled_rating(way, proposal)
    look_at(proposal)
    made = accounts.make_accounts(proposal, by=way.who("clerk"))
    accounts.confirm_accounts(made, by=way.who("case_officer"))
    accounts.settle(proposal, by=way.who("clerk"))
    look_at(proposal)
    notice = proposal.gate_notice
    assert notice
    assert "感谢每一位" in notice.body
    assert [row[0] for row in notice.table] == ["感谢 · 出工种树", "感谢 · 树苗十棵"]
    way.complete(proposal)
    assert [entry.title for entry in catalogue.catalogue_of(proposal) if entry.missing] == []
    archive.archive(proposal, by=way.who("clerk"))
    proposal.refresh_from_db()
    look_at(proposal)
    assert proposal.stage == Stage.ARCHIVED
    assert Archive.objects.filter(proposal=proposal).exists()
    for model in (Enquiry, Contract, Payment):
        assert not model.objects.exists()
    assert Acceptance.objects.get().contract is None
    call_command("check_ledger")
    assert set(read) >= {"raising", "funded", "delivering", "accepting", "rated", "settling"}
    for page in ("", "books/", "suppliers/", "log/", "acceptance/", "ratings/", "archive/"):
        answer = client.get(f"/projects/{proposal.number}/{page}")
        assert answer.status_code == 200, page
        assert "None" not in strip_tags(answer.content.decode()), page
    assert "谢谢每一位" in client.get(f"/projects/{proposal.number}/books/").content.decode()


def test_nobody_is_asked_for_quotes_where_nothing_is_bought(way: Way, refused_sql: Any) -> None:
    proposal = announced(way)
    assert proposal.gate_notice and "不花钱" in proposal.gate_notice.body and "询价" not in proposal.gate_notice.body
    platform_clock.move(proposal.gate_notice.ends_at - platform_clock.now())
    with pytest.raises(Refused, match="不用询价"):
        funding.open_suppliers(proposal, by=way.who("clerk"))
    with pytest.raises(Refused, match="现在是"):
        funding.start_work(proposal, by=way.who("clerk"))
    funding.deliver_in_kind(proposal, by=way.who("clerk"))
    assert proposal.stage == Stage.DELIVERING


def test_where_something_is_bought_too_the_ordinary_way_is_gone(way: Way) -> None:
    shares = {Source.SELF_RAISED: 1_900_000, Source.IN_KIND: 100_000}
    proposal = way.raising(tier=1, shares=shares)
    way.planned(proposal)
    way.given(proposal, way.households[0], 1_900_000, "收据1")
    funding.record_in_kind(proposal, who="王大力", what="出工", value_fen=100_000, by=way.who("chief"))
    funding.announce_funding(proposal, by=way.who("clerk"))
    assert proposal.gate_notice
    platform_clock.move(proposal.gate_notice.ends_at - platform_clock.now())
    with pytest.raises(Refused, match="先询价比选"):
        funding.deliver_in_kind(proposal, by=way.who("clerk"))
    deadlines.sweep()
    proposal.refresh_from_db()
    assert proposal.stage == Stage.PROCURING


@pytest.mark.parametrize(
    ("buys", "verb", "target"), [(True, "deliver_in_kind", "delivering"), (False, "open_suppliers", "procuring")]
)
def test_the_database_refuses_both_ways_round(way: Way, refused_sql: Any, buys: bool, verb: str, target: str) -> None:
    proposal = way.funded() if buys else announced(way)
    assert proposal.gate_notice
    platform_clock.move(proposal.gate_notice.ends_at - platform_clock.now())
    StepRecord.objects.create(
        subject_type="proposals.proposal",
        subject_id=proposal.pk,
        verb=verb,
        source="funded",
        target=target,
        label=verb,
        as_role="平台",
    )
    update = "UPDATE proposals_proposal SET stage = %s WHERE id = %s"
    refused_sql("its plan does not lead to", update, target, proposal.pk)


def test_an_acceptance_without_a_contract_is_of_what_was_not_bought(way: Way, refused_sql: Any) -> None:
    proposal = way.accepting()
    sql = """
        INSERT INTO funding_acceptance
            (proposal_id, contract_id, round, held_on, passed, opinion, recorded_by_id, terms)
        VALUES (%s, NULL, 1, current_date, false, '不合格', %s, '{}')
    """
    refused_sql("of no contract of project", sql, proposal.pk, way.who("supervisor").pk)


def test_it_is_mended_when_an_item_does_not_pass(way: Way) -> None:
    proposal = accepting(way)
    funding.accept_work(
        proposal, panel=way.panel(), items=[("树", False, "歪了")], opinion="扶正再来", by=way.who("supervisor")
    )
    text = look_at(proposal)
    assert proposal.stage == Stage.DELIVERING
    assert "验收不合格，正在整改" in text
    funding.log(proposal, text="扶正了", by=way.who("chief"))
    funding.finish(proposal, by=way.who("chief"))
    way.accept_work(proposal)
    assert list(proposal.acceptances.values_list("round", "passed")) == [(1, False), (2, True)]
    look_at(proposal)


def test_the_group_is_reminded_of_the_log_where_there_is_no_contract(way: Way) -> None:
    proposal = delivering(way)
    row = Deadline.objects.open().get(kind="funding.log")
    assert row.subject_type == "funding.purse"
    platform_clock.move(row.due - platform_clock.now())
    deadlines.sweep()
    later = Deadline.objects.open().get(kind="funding.log")
    assert later.wakes_at and later.wakes_at > platform_clock.now()
    funding.log(proposal, text="开始挖坑", by=way.who("chief"))
    assert Deadline.objects.open().get(kind="funding.log").due > row.due
    funding.finish(proposal, by=way.who("chief"))
    assert not Deadline.objects.open().filter(kind="funding.log").exists()


def test_accounts_wait_until_something_was_really_given(way: Way) -> None:
    proposal = delivering(way)
    funding.log(proposal, text="种下了", by=way.who("chief"))
    funding.finish(proposal, by=way.who("chief"))
    way.accept_work(proposal)
    settled_rating(way, proposal)
    with pytest.raises(Refused, match="还没有一项投工投劳"):
        accounts.make_accounts(proposal, by=way.who("clerk"))
    given = proposal.in_kind.order_by("pk").first()
    assert given
    funding.confirm_in_kind(given, by=way.who("supervisor"))
    assert accounts.make_accounts(proposal, by=way.who("clerk")).figures["in_kind_fen"] == 300_000


def test_the_street_rules_on_the_work_and_not_on_money(way: Way) -> None:
    proposal = accepting(way)
    way.accept_work(proposal)
    survey = way.asked_to_rate(proposal)
    way.answer(survey, good=2)
    survey = way.result(survey)
    survey = way.result(survey)
    look_at(proposal)
    surveys.rule(survey, ruling="refuse", reason="树死了一半", by=way.who("approver"))
    text = look_at(proposal)
    assert "不认可" in survey.verdict_said
    assert "尾款" not in json.dumps([survey.notice.body, survey.notice.table], ensure_ascii=False)  # type: ignore[union-attr]
    assert text


def test_it_can_be_stopped_and_leaves_nothing_behind(way: Way) -> None:
    proposal = delivering(way)
    ending = way.ending(proposal, reason="树坑挖到了管道")
    look_at(proposal)
    ending.refresh_from_db()
    funding.close_ending(ending, done="坑填平了", by=way.who("clerk"))
    proposal.refresh_from_db()
    look_at(proposal)
    assert proposal.stage == Stage.CANCELLED


def test_a_reopened_notice_leads_back_and_forth(way: Way) -> None:
    proposal = announced(way)
    reopened.send(sender=type(proposal.gate_notice), notice=proposal.gate_notice)
    proposal.refresh_from_db()
    assert proposal.stage == Stage.RAISING
    look_at(proposal)


def test_the_record_says_why_there_was_no_enquiry(way: Way) -> None:
    proposal = delivering(way)
    record = StepRecord.objects.of(proposal).filter(target=Stage.DELIVERING).get()
    assert (record.verb, record.label) == ("deliver_in_kind", "资金公示期满，不花钱，开始实施")
