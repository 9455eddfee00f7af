"""What time does: gates open, nudges go upwards, tasks appear."""

from __future__ import annotations

import pytest

from funding import actions as funding
from funding.showing import to_do_on_site, to_pledge
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.notifications.models import Message
from proposals.models import Stage
from tests.way import Way, a_picture


def late(clock, kind: str) -> Deadline:
    """The deadline of this kind passes; the one that stays, due as it was and asked after again."""
    due = Deadline.objects.open().get(kind=kind).due
    clock.move(seconds=(due - clock.now()).total_seconds() + 60)
    deadlines.sweep()
    following = Deadline.objects.open().get(kind=kind)
    assert following.wakes_at and following.wakes_at > following.due == due
    return following


@pytest.mark.walked("raising")
def test_a_plan_nobody_draws_up_is_the_streets_business(way: Way, clock) -> None:
    way.raising()
    officer = way.who("case_officer")
    before = Message.objects.filter(user=officer).count()
    assert late(clock, "funding.plan").role == "clerk"
    assert Message.objects.filter(user=officer, title__startswith="逾期：编制资金方案").exists()
    assert Message.objects.filter(user=officer).count() > before


@pytest.mark.walked("procuring")
def test_a_group_nobody_forms_and_money_nobody_confirms_are_asked_after(way: Way, clock) -> None:
    proposal = way.procuring()
    late(clock, "funding.group")
    way.project_group(proposal)
    assert not Deadline.objects.open().filter(kind="funding.group").exists()
    funding.record_contribution(
        proposal, household=way.households[5], amount_fen=1, voucher="收据9", photo=a_picture(), by=way.who("clerk")
    )
    late(clock, "funding.contribution")
    assert Message.objects.filter(user=way.who("case_officer"), title__startswith="逾期：复核到账").exists()


@pytest.mark.walked("delivering")
def test_a_payment_and_a_change_that_wait_too_long_are_on_record(way: Way, clock) -> None:
    proposal = way.delivering()
    way.who("district_officer")
    part = proposal.contracts.get().milestones.get(kind="start")
    payment = funding.ask_payment(part, invoice="1", file=a_picture(), by=way.who("clerk"))
    change = funding.ask_change(proposal, what="加高", reason="树", new_price_fen=1_860_000, by=way.who("chief"))
    late(clock, "funding.change")
    late(clock, "funding.payment")
    for subject in (payment, change):
        subject.refresh_from_db()
        assert subject.due_at <= clock.now()


@pytest.mark.walked("awarded")
def test_a_start_nobody_makes_is_asked_after(way: Way, clock) -> None:
    proposal = way.awarded()
    clock.move(seconds=(proposal.gate_notice.ends_at - clock.now()).total_seconds() + 60)
    funding.sign(proposal, integrity=True, file=a_picture(), by=way.who("party"))
    late(clock, "funding.start")
    funding.start_work(proposal, by=way.who("clerk"))
    assert not Deadline.objects.open().filter(kind="funding.start").exists()


@pytest.mark.parametrize("stage", [Stage.RAISING, Stage.PROCURING, Stage.AWARDED, Stage.DELIVERING, Stage.ACCEPTING])
def test_every_stage_of_this_app_has_a_handler(stage: str) -> None:
    assert f"stage:{stage}" in deadlines._handlers


@pytest.mark.walked("raising")
def test_what_waits_for_a_resident_and_for_the_group(way: Way) -> None:
    proposal = way.raising()
    assert to_pledge(way.who("neighbour")) == []
    way.planned(proposal)
    assert [task.url for task in to_pledge(way.who("neighbour"))] == [f"/projects/{proposal.number}/pledge/"]
    funding.pledge(proposal, way.households[1], amount_fen=1, by=way.who("neighbour"))
    assert to_pledge(way.who("neighbour")) == []
    assert to_pledge(way.who("stranger")) == []
    other = way.delivering(title="修车棚")
    assert [task.url for task in to_do_on_site(way.who("chief"))] == [f"/projects/{other.number}/log/"]
    assert to_do_on_site(way.who("resident")) == []
