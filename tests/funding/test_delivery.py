"""The work in public: start, log with photos, changes within a tenth, acceptance item by item."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from funding import actions as funding
from funding.models import Acceptance, Contract, LogEntry, Panelist
from minshi.clock import CHINA
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.disclosure.models import Notice
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Person
from proposals.models import Stage
from tests.way import Way, a_picture

FINE = [("灯亮", True, ""), ("灯杆稳固", True, "")]


@pytest.mark.walked("delivering")
def test_the_group_writes_the_log_with_photos_and_no_numbers(way: Way, clock) -> None:
    proposal = way.delivering()
    chief = way.who("chief")
    due = Deadline.objects.open().get(kind="funding.log").due
    clock.move(days=1)
    entry = funding.log(
        proposal, text="立杆，师傅电话 13812345678", problem="地下有水管", photos=[a_picture(), a_picture()], by=chief
    )
    assert (entry.text, entry.photos.count()) == ("立杆，师傅电话 138****5678", 2)
    assert entry.by_public == "样板巷1号院楼栋长 丙*长"
    assert Deadline.objects.open().get(kind="funding.log").due > due
    assert Message.objects.filter(user=way.who("case_officer"), body="地下有水管").exists()
    for name in ("resident", "neighbour", "stranger", "cashier"):
        with pytest.raises(NotAllowed):
            funding.log(proposal, text="我也记", by=way.who(name))
    with pytest.raises(Refused, match="写几个字"):
        funding.log(proposal, text=" ", by=chief)


@pytest.mark.walked("delivering")
def test_a_photo_of_the_site_is_taken_back_by_who_took_it_and_by_the_community(way: Way, client: Client) -> None:
    proposal, chief = way.delivering(), way.who("chief")
    entry = funding.log(proposal, text="立杆", photos=[a_picture(), a_picture(90)], by=chief)
    first, second = entry.photos.order_by("pk")
    with pytest.raises(NotAllowed):
        funding.withhold_log_photo(first, reason="不好看", by=way.who("neighbour"))
    client.force_login(chief)
    page, log = reverse("withhold_log_photo", args=[first.pk]), reverse("log", args=[proposal.number])
    assert client.post(page, {"reason": "师傅不同意公开"}).status_code == 302
    funding.withhold_log_photo(second, reason="路过的人不同意", by=way.who("clerk"))
    client.logout()
    shown = client.get(log).content.decode()
    for photo in (first, second):
        photo.refresh_from_db()
        whole = reverse("log_photo", args=[photo.pk])
        assert whole not in shown and photo.digest[:16] in shown and client.get(whole).status_code == 410


@pytest.mark.walked("delivering")
def test_silence_on_the_site_is_asked_after(way: Way, clock) -> None:
    proposal = way.delivering()
    before = Message.objects.filter(user=way.who("chief")).count()
    due = Deadline.objects.open().get(kind="funding.log").due
    clock.move(seconds=(due - clock.now()).total_seconds() + 60)
    deadlines.sweep()
    assert Message.objects.filter(user=way.who("chief")).count() == before + 1
    waiting = Deadline.objects.open().get(kind="funding.log", subject_id=proposal.contracts.get().pk)
    assert waiting.wakes_at and waiting.wakes_at > waiting.due == due


@pytest.mark.walked("delivering")
def test_work_is_started_once_and_finished_with_a_log(way: Way) -> None:
    proposal = way.delivering()
    chief = way.who("chief")
    with pytest.raises(Refused, match="已经开工"):
        funding.start_work(proposal, by=chief)
    with pytest.raises(Refused, match="还没有一条现场记录"):
        funding.finish(proposal, by=chief)
    funding.log(proposal, text="装好了", by=chief)
    with pytest.raises(NotAllowed):
        funding.finish(proposal, by=way.who("resident"))
    funding.finish(proposal, by=chief)
    assert proposal.stage == Stage.ACCEPTING
    assert not Deadline.objects.open().filter(kind="funding.log").exists()


@pytest.mark.walked("delivering")
def test_a_change_within_a_tenth_is_the_streets_to_approve(way: Way, whole, refused_sql) -> None:
    proposal = way.delivering()
    way.paid(proposal, "start")
    clerk, officer = way.who("clerk"), way.who("case_officer")
    words = {"what": "灯杆加高半米", "reason": "树挡光", "by": clerk}
    with pytest.raises(Refused, match=r"相差超过 10%，须回到民主商议"):
        funding.ask_change(proposal, new_price_fen=2_035_001, **words)
    change = funding.ask_change(proposal, new_price_fen=1_950_000, new_days=25, **words)
    with pytest.raises(Refused, match="上一项变更还在等"):
        funding.ask_change(proposal, new_price_fen=1_900_000, **words)
    with pytest.raises(Refused, match="变更还在等街道审批"):
        funding.log(proposal, text="等", by=clerk)
        funding.finish(proposal, by=clerk)
    with pytest.raises(NotAllowed):
        funding.approve_change(change, by=way.who("cashier"), reason="同意")
    refused_sql(
        "decided_by_another|no record", "UPDATE funding_change SET stage = 'approved', decided_by_id = asked_by_id"
    )
    funding.approve_change(change, by=officer, reason="确有必要")
    whole()
    contract = Contract.objects.get()
    assert (contract.price_fen, contract.first_price_fen, contract.days) == (1_950_000, 1_850_000, 25)
    amounts = [part.amount_fen for part in contract.milestones.all()]
    assert (amounts[0], sum(amounts)) == (555_000, 1_950_000)
    assert Notice.objects.get(kind="change").table[2] == ["增减", "1,000.00 元"]
    refused_sql("changed by more", "UPDATE funding_contract SET price_fen = 2035001")


@pytest.mark.walked("delivering")
def test_a_refused_change_leaves_the_contract_as_it_was(way: Way) -> None:
    proposal = way.delivering()
    change = funding.ask_change(proposal, what="换进口灯", reason="好看", new_price_fen=1_950_000, by=way.who("chief"))
    funding.refuse_change(change, by=way.who("approver"), reason="没有必要")
    assert Contract.objects.get().price_fen == 1_850_000


@pytest.mark.walked("delivering")
def test_more_than_a_tenth_goes_back_to_the_residents(way: Way, whole) -> None:
    proposal = way.delivering()
    way.paid(proposal, "start")
    with pytest.raises(Refused, match="理由"):
        way.rethink(proposal, reason="")
    way.rethink(proposal)
    whole()
    contract = Contract.objects.get()
    assert (proposal.stage, contract.hold.stage) == (Stage.CONSULTING, "refused")
    assert contract.ended_at
    with pytest.raises(Refused, match="合同已经中止"):
        funding.ask_payment(
            contract.milestones.get(kind="acceptance"), invoice="1", file=a_picture(), by=way.who("clerk")
        )


@pytest.mark.walked("accepting")
def test_the_panel_has_five_half_residents_and_a_supervisor(way: Way, refused_sql) -> None:
    proposal = way.accepting()
    clerk, panel = way.who("clerk"), way.panel()
    words = {"items": FINE, "opinion": "合格", "by": way.who("supervisor")}
    with pytest.raises(Refused, match="至少 5 人，现在是 4 人"):
        funding.accept_work(proposal, panel=panel[1:], **words)
    with pytest.raises(Refused, match="居务监督委员会成员"):
        funding.accept_work(proposal, panel=[*panel[:4], (way.neighbours(1)[0], "resident")], **words)
    others = [(person, "other") for person, _side in panel[:3]]
    with pytest.raises(Refused, match="居民不能少于一半"):
        funding.accept_work(proposal, panel=[*others, *panel[3:]], **words)
    with pytest.raises(Refused, match="不是这里的居务监督委员会成员"):
        funding.accept_work(proposal, panel=[*panel[:3], (panel[3][0], "supervisor"), panel[4]], **words)
    with pytest.raises(Refused, match="逐项写明"):
        funding.accept_work(proposal, panel=panel, items=[], opinion="合格", by=way.who("supervisor"))
    with pytest.raises(NotAllowed):
        funding.accept_work(proposal, panel=panel, items=FINE, opinion="合格", by=way.who("chief"))
    acceptance = funding.accept_work(proposal, panel=panel, **words)
    assert (proposal.stage, acceptance.passed, proposal.gate_notice.kind) == (Stage.ACCEPTED, True, "acceptance")
    sql = (
        "INSERT INTO funding_acceptance"
        " (proposal_id, contract_id, round, held_on, passed, opinion, notice_id, recorded_by_id)"
        " VALUES (%s, %s, 9, current_date, true, '好', %s, %s)"
    )
    refused_sql("panel is not whole", sql, proposal.pk, acceptance.contract_id, acceptance.notice_id, clerk.pk)


def test_nothing_is_accepted_before_the_work_began(way: Way) -> None:
    proposal = way.accepting()
    began = proposal.contracts.get().started_at.astimezone(CHINA).date()
    words = {"panel": way.panel(), "items": [("灯亮", True, "")], "opinion": "合格", "by": way.who("supervisor")}
    with pytest.raises(Refused, match="验收日期不能比它早"):
        funding.accept_work(proposal, held_on=began - timedelta(days=1), **words)
    assert funding.accept_work(proposal, held_on=began, **words).held_on == began


@pytest.mark.walked("delivering")
def test_who_proposed_approved_or_paid_does_not_accept(way: Way, refused_sql) -> None:
    proposal = way.delivering()
    way.paid(proposal, "start")
    funding.log(proposal, text="装好了", by=way.who("chief"))
    funding.finish(proposal, by=way.who("chief"))
    proposer = Person.objects.get(user=way.who("resident"))
    panel = way.panel()
    words = {"items": FINE, "opinion": "合格", "by": way.who("supervisor")}
    with pytest.raises(Refused, match="提议、审批或付款的人不能参加"):
        funding.accept_work(proposal, panel=[(proposer, "resident"), *panel[1:]], **words)
    for name in ("case_officer", "approver", "cashier"):
        official = Person.objects.get(user=way.who(name))
        with pytest.raises(Refused, match="提议、审批或付款的人不能参加"):
            funding.accept_work(proposal, panel=[*panel, (official, "other")], **words)
    acceptance = funding.accept_work(proposal, panel=panel, **words)
    sql = "INSERT INTO funding_panelist (acceptance_id, person_id, name_public, side) VALUES (%s, %s, '', 'other')"
    for name in ("resident", "case_officer", "approver", "cashier"):
        refused_sql("has decided", sql, acceptance.pk, Person.objects.get(user=way.who(name)).pk)
    assert Panelist.objects.filter(acceptance=acceptance).count() == 5


@pytest.mark.walked("accepting")
def test_what_fails_is_mended_and_looked_at_again(way: Way) -> None:
    proposal = way.accepting()
    panel = way.panel()
    funding.accept_work(
        proposal,
        panel=panel,
        items=[*FINE, ("线缆入管", False, "裸露")],
        opinion="线缆要入管",
        by=way.who("supervisor"),
    )
    assert (proposal.stage, Acceptance.objects.get().notice) == (Stage.DELIVERING, None)
    funding.log(proposal, text="线缆已入管", by=way.who("chief"))
    funding.finish(proposal, by=way.who("chief"))
    again = funding.accept_work(proposal, panel=panel, items=FINE, opinion="合格", by=way.who("supervisor"))
    assert (again.round, proposal.stage) == (2, Stage.ACCEPTED)
    assert LogEntry.objects.count() == 2
