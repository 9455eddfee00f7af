"""Nothing waits for a post that nobody holds: whoever stands in acts, named so, and only until the post is filled."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from deliberation import actions as deliberation
from deliberation.models import Criterion
from funding import actions as funding
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Person, Role, RoleGrant
from minshi.residents.rules import holds, stands_in
from minshi.residents.vacancies import acting_for
from proposals.models import Proposal, Stage
from tests.cast import make_staff
from tests.way import Way

pytestmark = pytest.mark.django_db


def study(proposal: Proposal, by: User) -> None:
    deliberation.record_party_study(
        proposal, opinion="support", text="方案可行", held_on=platform_clock.today(), sat="5人", by=by
    )


def decide(proposal: Proposal, by: User) -> None:
    deliberation.decide(
        proposal,
        outcome="approve",
        marks=dict.fromkeys(Criterion.values, (15, "有据可查")),
        sat="议事会成员7人",
        reason="大家同意",
        tier=2,
        tier_reason="需要街道补助",
        by=by,
    )


def test_without_a_party_branch_the_approver_studies_and_decides_named_so(way: Way, client_of: Callable) -> None:
    proposal = way.deciding()
    approver, case_officer = way.who("approver"), way.who("case_officer")
    assert [(held.role, held.place) for held in acting_for(approver)] == [("party", "一社区")]
    with pytest.raises(NotAllowed):
        study(proposal, case_officer)
    study(proposal, approver)
    assert "（甲街道审批（代社区党组织））" in proposal.studies.get().text
    page: str = client_of(None).get(proposal.get_absolute_url()).content.decode()
    assert "街道审批（代一社区党组织）" in page
    decide(proposal, approver)
    assert proposal.stage == Stage.ANNOUNCED


def test_a_filled_post_ends_the_standing_in(way: Way) -> None:
    proposal = way.deciding()
    approver = way.who("approver")
    assert holds(approver, proposal.place, Role.PARTY)
    party = way.who("party")
    fresh = User.objects.get(pk=approver.pk)
    assert not holds(fresh, proposal.place, Role.PARTY)
    with pytest.raises(NotAllowed):
        study(proposal, fresh)
    RoleGrant.objects.filter(user=party).update(revoked_at=platform_clock.now())
    assert holds(User.objects.get(pk=approver.pk), proposal.place, Role.PARTY)


def test_the_line_is_kept_the_district_only_where_the_street_has_nobody(way: Way) -> None:
    officer = way.who("district_officer")
    assert stands_in(officer, way.yard, Role.PARTY)
    approver = way.who("approver")
    fresh = User.objects.get(pk=officer.pk)
    assert not stands_in(fresh, way.yard, Role.PARTY)
    assert stands_in(approver, way.yard, Role.PARTY)
    assert not stands_in(way.who("stranger_clerk"), way.yard, Role.CHIEF)
    assert not stands_in(way.who("resident"), way.yard, Role.CLERK)


def test_where_nobody_supervises_a_case_officer_without_part_sits_in_their_stead(way: Way) -> None:
    proposal = way.accepting()
    supervisor = RoleGrant.objects.filter(role=Role.SUPERVISOR)
    supervisor.update(revoked_at=platform_clock.now())
    residents = [(person, "resident") for person in way.neighbours(4, first=5)]
    examined = Person.objects.get(user=way.who("case_officer"))
    words = {"items": [("灯亮", True, "")], "opinion": "逐项合格", "by": way.who("second_clerk")}
    with pytest.raises(Refused, match="审批或付款"):
        funding.accept_work(proposal, panel=[*residents, (examined, "supervisor")], **words)
    other = make_staff("case2", "申经办", Role.CASE_OFFICER, way.request.getfixturevalue("street"))
    person = Person.objects.get(user=other)
    accepted = funding.accept_work(proposal, panel=[*residents, (person, "supervisor")], **words)
    assert accepted.passed
    assert "街道经办（代监督委员会）" in str(accepted.notice.table)


def test_whoever_stands_in_is_told_and_has_it_on_the_desk(way: Way, client_of: Callable[[User], Client]) -> None:
    approver = way.who("approver")
    way.deciding()
    assert Message.objects.of(approver).filter(title__contains="集体决议").exists()
    assert "集体决议：院里装一盏路灯" in client_of(approver).get("/admin/").content.decode()
