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

from deliberation import actions as deliberation
from evaluation import catalogue
from evaluation.actions import accounts, archive, surveys
from evaluation.models import Archive
from funding import actions as funding
from funding.models import Acceptance, Contract, Enquiry, Payment, PlanChange
from minshi import clock as platform_clock
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.disclosure.signals import reopened
from minshi.lifecycle import machine
from minshi.lifecycle.models import StepRecord
from minshi.refusals import NotAllowed, Refused
from proposals import actions as proposals
from proposals.models import Proposal, Source, Stage
from proposals.views.library import _project_parts
from tests.desk.test_scope import do_of
from tests.way import Way, a_picture, wait_until_over

pytestmark = [pytest.mark.django_db, pytest.mark.walked("consulting")]

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


@pytest.mark.walked(None)
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


# --- It turns out otherwise while it is done ------------------------------------------------------------


def rethought(way: Way, proposal: Proposal, **words: Any) -> PlanChange:
    facts = {"reason": "挖到了管道，这里种不了", "new_price_fen": 500_000, "changes_content": True}
    return funding.ask_plan_change(proposal, file=a_picture(), by=way.who("clerk"), **(facts | words))


def agreed_anew(way: Way, proposal: Proposal, shares: dict[str, int]) -> None:
    """From the second consultation to the announced funding of the second plan."""
    meeting = way.recorded_meeting(proposal)
    deliberation.agree_plan(
        meeting,
        resolution=meeting.resolutions.get(),
        text="改种在东墙下",
        cost_fen=sum(shares.values()),
        shares=shares,
        keeper="院落自管小组",
        by=way.who("clerk"),
    )
    proposal.refresh_from_db()
    way.study(proposal)
    way.decide(proposal, tier=1)
    wait_until_over(proposal)
    proposals.accept_handling(proposal, by=way.who("clerk"), reason="继续办")
    way.planned(proposal)


def test_what_cannot_be_done_as_agreed_goes_back_to_the_table_by_two_and_on_to_the_archive(
    way: Way, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    proposal = delivering(way)
    funding.log(proposal, text="挖了两个坑", by=way.who("chief"))
    asked = rethought(way, proposal)
    with pytest.raises(Refused, match="等街道确认"):
        funding.finish(proposal, by=way.who("chief"))
    with pytest.raises((NotAllowed, Refused)):
        funding.change_plan(asked, by=way.who("clerk"))
    record = funding.change_plan(asked, by=way.who("case_officer"))
    proposal.refresh_from_db()
    assert (proposal.stage, record.evidence["percent"], record.evidence["content"]) == (Stage.CONSULTING, 0, True)
    assert not Deadline.objects.open().filter(kind__startswith="funding.").exists()
    look_at(proposal)
    agreed_anew(way, proposal, {Source.IN_KIND: 700_000})
    funding.record_in_kind(proposal, who="王大力", what="出工再挖坑", value_fen=200_000, by=way.who("chief"))
    funding.announce_funding(proposal, by=way.who("clerk"))
    wait_until_over(proposal)
    assert proposal.stage == Stage.DELIVERING
    look_at(proposal)
    funding.log(proposal, text="十棵树都种在东墙下了", by=way.who("chief"))
    for given in proposal.in_kind.all():
        funding.confirm_in_kind(given, by=way.who("supervisor"))
    funding.finish(proposal, by=way.who("chief"))
    way.accept_work(proposal)
    settled_rating(way, proposal)
    made = accounts.make_accounts(proposal, by=way.who("clerk"))
    accounts.confirm_accounts(made, by=way.who("case_officer"))
    accounts.settle(proposal, by=way.who("clerk"))
    way.complete(proposal)
    archive.archive(proposal, by=way.who("clerk"))
    proposal.refresh_from_db()
    look_at(proposal)
    assert proposal.stage == Stage.ARCHIVED


def test_the_second_plan_may_buy_what_the_first_did_not(way: Way) -> None:
    proposal = delivering(way)
    funding.change_plan(rethought(way, proposal), by=way.who("case_officer"))
    proposal.refresh_from_db()
    agreed_anew(way, proposal, {Source.SELF_RAISED: 800_000, Source.IN_KIND: 300_000})
    way.given(proposal, way.households[0], 800_000, "收据1")
    funding.announce_funding(proposal, by=way.who("clerk"))
    wait_until_over(proposal)
    assert proposal.stage == Stage.PROCURING


def test_a_little_more_work_is_no_new_plan_and_how_much_is_computed(way: Way, refused_sql: Any) -> None:
    proposal = delivering(way)
    with pytest.raises(Refused, match=r"只差 10%，没有超过 10%"):
        rethought(way, proposal, new_price_fen=550_000, changes_content=False)
    sql = """INSERT INTO funding_planchange (proposal_id, contract_id, new_price_fen, changes_content, reason, file,
        asked_by_id, asked_at) VALUES (%s, NULL, %s, %s, 'x', 'x', %s, minshi_now())"""
    clerk = way.who("clerk").pk
    refused_sql("within the share", sql, proposal.pk, 550_000, False, clerk)
    record = funding.change_plan(
        rethought(way, proposal, new_price_fen=650_000, changes_content=False), by=way.who("case_officer")
    )
    assert record.evidence["percent"] == 30


def test_who_bought_names_the_contract_that_is_to_end(way: Way, refused_sql: Any) -> None:
    proposal = way.delivering()
    sql = """INSERT INTO funding_planchange (proposal_id, contract_id, new_price_fen, changes_content, reason, file,
        asked_by_id, asked_at) VALUES (%s, NULL, 1, true, 'x', 'x', %s, minshi_now())"""
    refused_sql("of no contract", sql, proposal.pk, way.who("clerk").pk)


def test_the_desk_offers_what_can_be_done_and_both_see_the_request(way: Way, client_of: Any) -> None:
    proposal = delivering(way)
    clerk, officer = client_of(way.who("clerk")), client_of(way.who("case_officer"))
    page = clerk.get(f"/admin/funding/purse/{proposal.pk}/change/").content.decode()
    assert "申请重新商议" in page and "提请了结" in page
    assert "申请变更（" not in page  # there is no contract whose price could change
    form = clerk.get(do_of(proposal.purse, "change-plan")).content.decode()
    assert "估计要投工投劳多少" in form and "方案里是 5,000.00 元" in form
    sent = {"price": "5000", "changes_content": "on", "reason": "挖到了管道", "photos": a_picture()}
    assert clerk.post(do_of(proposal.purse, "change-plan"), sent).status_code == 302
    asked = PlanChange.objects.get()
    assert "申请重新商议" not in clerk.get(f"/admin/funding/purse/{proposal.pk}/change/").content.decode()
    seen = officer.get(do_of(asked, "confirm")).content.decode()
    assert "5,000.00 元 → 5,000.00 元，相差 0%" in seen and "合同" not in seen.split("<form")[1]
    assert officer.post(do_of(asked, "confirm"), {}).status_code == 302
    proposal.refresh_from_db()
    assert proposal.stage == Stage.CONSULTING


def test_a_request_nobody_confirmed_is_over_when_it_stops(way: Way) -> None:
    proposal = delivering(way)
    asked = rethought(way, proposal)
    way.ending(proposal, reason="都不办了")
    asked.refresh_from_db()
    assert asked.dropped_at
    assert not Deadline.objects.of(asked).open().exists()
