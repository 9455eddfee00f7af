"""Sentences of a project's page that fixed words once made false, each beside the records it speaks of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from deliberation import actions as deliberation
from funding import actions as funding
from minshi import clock as platform_clock
from minshi.disclosure import actions as disclosure
from minshi.residents.models import Role, RoleGrant
from proposals import actions as proposals
from proposals.models import Proposal, Stage
from tests.journeys.test_sentences import false_sentences, give_back, said_of
from tests.way import Way, wait_until_over

pytestmark = pytest.mark.django_db


def said(proposal: Proposal) -> str:
    proposal.refresh_from_db()
    assert false_sentences(proposal) == []
    return said_of(proposal)


def vacate(*roles: str) -> None:
    RoleGrant.objects.filter(role__in=roles).update(revoked_at=platform_clock.now())


def over(proposal: Proposal) -> None:
    assert proposal.gate_notice
    platform_clock.move(proposal.gate_notice.ends_at - platform_clock.now() + timedelta(minutes=1))


@pytest.mark.walked("announced")
def test_an_objection_that_was_taken_back_is_not_called_answered(way: Way, client_of: Callable[..., Client]) -> None:
    proposal = way.announced()
    assert proposal.gate_notice
    first = way.raters()[0]
    taken_back = disclosure.object_to(proposal.gate_notice, facts="请再说明一下", by=first)
    disclosure.withdraw_objection(taken_back, reason="问清楚了", by=first)
    over(proposal)
    assert "1 条异议都由本人撤回。" in said(proposal)
    page = client_of(None).get(proposal.gate_notice.get_absolute_url()).content.decode()
    assert "1 条异议都由本人撤回。" in page
    assert "答复。" not in page.partition("公示期已满")[2].partition("</section>")[0]


@pytest.mark.walked("announced")
def test_answered_and_taken_back_are_counted_apart(way: Way) -> None:
    proposal = way.announced()
    assert proposal.gate_notice
    first, second = way.raters()[:2]
    one = disclosure.object_to(proposal.gate_notice, facts="请再说明一下", by=first)
    two = disclosure.object_to(proposal.gate_notice, facts="请再说明一下", by=second)
    disclosure.withdraw_objection(one, reason="问清楚了", by=first)
    disclosure.answer(two, text="已经当面说明清楚", outcome="explained", by=way.who("clerk"))
    over(proposal)
    assert "1 条异议已答复，1 条由本人撤回。" in said(proposal)


def test_where_nobody_stands_above_it_is_not_said_to_climb(way: Way) -> None:
    way.who("district_officer")
    proposal = way.submitted()
    while proposal.holder_role not in (Role.CASE_OFFICER, Role.DISTRICT_OFFICER):
        wait_until_over(proposal)
    assert proposal.holder_role == Role.DISTRICT_OFFICER
    text = said(proposal)
    assert "自动转上一级" not in text
    assert "没有按期答复，公开催办" in text


def test_what_was_handed_on_since_is_not_under_supervision(way: Way) -> None:
    case_officer, clerk = way.who("case_officer"), way.who("clerk")
    way.who("district_officer")
    proposal = way.handling(tier=3)
    wait_until_over(proposal)
    text = said(proposal)
    assert "督办中" in text
    assert "已经逾期，列入了督办" in text
    proposals.hand_back(proposal, by=way.who("district_officer"), reason="街道能办")
    assert "督办" not in said(proposal)
    proposals.escalate(proposal, by=case_officer, reason="街道办不了")
    assert "督办中" not in said(proposal)
    wait_until_over(proposal)
    assert "督办中" in said(proposal)
    assert clerk.pk


@pytest.mark.walked("deciding")
def test_a_branch_that_a_place_has_not_is_not_said_to_study(way: Way) -> None:
    proposal = way.deciding()
    approver = way.who("approver")
    assert "街道审批（代党组织）先研究" in said_of(proposal)
    deliberation.record_party_study(
        proposal, opinion="support", text="方案可行", held_on=platform_clock.today(), sat="5人", by=approver
    )
    text = said_of(proposal)
    assert "甲街道审批（代社区党组织）已经研究过这一版方案" in text
    assert "党组织已经研究过" not in text
    way.who("party")
    way.decide(proposal, by=way.who("party"))
    assert proposal.gate_notice
    assert "甲街道审批（代社区党组织）前置研究" in proposal.gate_notice.basis


@pytest.mark.walked("accepting")
def test_supervisors_that_a_place_has_not_are_not_waited_for(way: Way) -> None:
    proposal = way.accepting()
    assert "等居民和监督委员会逐项验收" in said(proposal)
    vacate(Role.SUPERVISOR)
    proposals.note_on_card(proposal)
    assert "等居民和街道经办（代监督委员会）逐项验收" in said_of(proposal)


@pytest.mark.walked("raising")
def test_nothing_is_called_paid_or_returned_where_nothing_was(way: Way) -> None:
    proposal = way.raising()
    way.ending(proposal)
    proposal.refresh_from_db()
    assert proposal.stage == Stage.ENDING
    text = said(proposal)
    assert "没有签过合同，没有应付的款，没有余款要退" in text
    assert "已经付清" not in text


@pytest.mark.walked("covered")
def test_what_was_given_before_a_contract_goes_back_and_is_said_so(way: Way) -> None:
    proposal = way.covered()
    way.ending(proposal)
    assert "没有应付的款，还有" in said(proposal)
    give_back(way, proposal)
    assert "余款已经退回" in said(proposal)


@pytest.mark.walked("funded")
def test_what_was_reopened_says_what_it_takes_to_announce_it_again(way: Way) -> None:
    proposal = way.funded()
    notice = proposal.gate_notice
    assert notice
    for user in way.raters()[:4]:
        disclosure.object_to(notice, facts="请再说明一下", by=user)
    assert "要改了内容，或者把还没有答复的 4 条异议都答复，才能再公示" in said(proposal)
    for objection in notice.objections.open():
        disclosure.answer(objection, text="已经当面说明清楚", outcome="explained", by=way.who("clerk"))
    assert "异议都已答复；同样的内容只能再公示一次" in said(proposal)
    funding.announce_funding(proposal, by=way.who("clerk"))
    assert "被重议" not in said(proposal)


def test_what_was_reopened_twice_is_said_so_until_it_is_decided(way: Way) -> None:
    proposal, clerk = way.funded(), way.who("clerk")
    for _time in range(2):
        proposal.refresh_from_db()
        notice = proposal.gate_notice
        assert notice
        for user in way.raters()[:4]:
            disclosure.object_to(notice, facts="请再说明一下", by=user)
        for objection in notice.objections.open():
            disclosure.answer(objection, text="已经当面说明清楚", outcome="explained", by=clerk)
        proposal.refresh_from_db()
        if proposal.stage == Stage.RAISING:
            funding.announce_funding(proposal, by=clerk)
    assert "第二次被重议" in said(proposal)
    over(proposal)
    proposals.rule_above(proposal, confirms=True, reason="说清楚了", by=way.who("case_officer"))
    text = said(proposal)
    assert "同样的内容两次被重议，甲街道经办决定照公示的内容办理" in text
    assert "第二次被重议" not in text
