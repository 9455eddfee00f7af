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
from minshi.disclosure import actions as disclosure
from minshi.lifecycle.models import StepRecord
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Person, Role, RoleGrant
from minshi.residents.rules import holds, stands_in
from minshi.residents.vacancies import acting_for, vacancies_of
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


@pytest.mark.walked("deciding")
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


@pytest.mark.walked("deciding")
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


@pytest.mark.walked("accepting")
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


# --- Said wherever somebody reads who did it or who must act ------------------------------------------


def vacate(*roles: str) -> None:
    RoleGrant.objects.filter(role__in=roles).update(revoked_at=platform_clock.now())


def test_a_step_taken_in_an_empty_posts_stead_says_so_in_its_record(way: Way) -> None:
    proposal = way.cosigned()
    way.who("approver")
    officer = way.who("case_officer")
    vacate(Role.CLERK)
    deliberation.open_motion(proposal, by=User.objects.get(pk=officer.pk))
    record = StepRecord.objects.of(proposal).order_by("-id")[0]
    assert (record.verb, record.as_role) == ("open_vote", "甲街道经办（代社区工作人员）")
    way.vote_on_paper(proposal, agree=9)


@pytest.mark.walked("raising")
def test_so_does_the_record_of_a_grant_that_the_district_examines_for_the_street(way: Way) -> None:
    proposal = way.raising()
    way.planned(proposal)
    grant = way.asked(proposal)
    officer = way.who("district_officer")
    vacate(Role.CASE_OFFICER)
    funding.examine(grant, by=User.objects.get(pk=officer.pk), reason="预算合理")
    record = StepRecord.objects.of(grant).order_by("-id")[0]
    assert (record.verb, record.as_role) == ("examine", "样板区牵头部门（代街道经办）")


@pytest.mark.walked("voting")
def test_whoever_holds_the_post_is_not_called_a_stand_in(way: Way) -> None:
    proposal = way.voting()
    record = StepRecord.objects.of(proposal).order_by("-id")[0]
    assert (record.verb, record.as_role) == ("open_vote", "一社区工作人员")


@pytest.mark.walked("deciding")
def test_a_notice_names_who_issued_it_in_whose_stead(way: Way) -> None:
    proposal = way.deciding()
    approver = way.who("approver")
    study(proposal, approver)
    decide(proposal, approver)
    assert proposal.gate_notice
    assert proposal.gate_notice.issuer.endswith("（甲街道审批代社区党组织发布）")


@pytest.mark.walked("announced")
def test_an_answer_and_who_is_waited_for_beside_the_objection_name_the_stand_in(way: Way, client_of: Callable) -> None:
    proposal = way.announced()
    officer = way.who("case_officer")
    assert proposal.gate_notice
    objection = disclosure.object_to(proposal.gate_notice, facts="请再说明一下", by=way.raters()[5])
    vacate(Role.CLERK)
    page = client_of(None).get(proposal.gate_notice.get_absolute_url()).content.decode()
    assert "街道经办（代" in page
    disclosure.answer(objection, text="已经当面说明清楚", outcome="explained", by=User.objects.get(pk=officer.pk))
    objection.refresh_from_db()
    assert objection.answered_as == "甲街道经办（代社区工作人员）"


def test_an_empty_cashiers_post_stands_on_the_district_finances_desk(way: Way, client_of: Callable) -> None:
    finance, approver = way.who("district_finance"), way.who("approver")
    assert Role.CASHIER in {role for vacancy in vacancies_of(finance) for role in vacancy.roles}
    assert "街道财务" in client_of(finance).get("/admin/").content.decode()
    assert [(held.role, held.place) for held in acting_for(finance)] == [("cashier", "甲街道")]
    assert Role.CASHIER not in {held.role for held in acting_for(approver)}
    way.who("cashier")
    fresh = User.objects.get(pk=finance.pk)
    assert Role.CASHIER not in {role for vacancy in vacancies_of(fresh) for role in vacancy.roles}


@pytest.mark.walked("deciding")
def test_where_two_levels_are_empty_it_stands_on_the_desk_of_the_next(way: Way, client_of: Callable) -> None:
    """Neither a Party branch nor an approver, neither a supervisor nor a case officer: the district has it."""
    proposal = way.deciding()
    officer = way.who("district_officer")
    assert {Role.PARTY, Role.APPROVER} & {held.role for held in acting_for(officer)}
    page = client_of(officer).get("/admin/").content.decode()
    assert f"集体决议：{proposal.title}" in page and "一社区党组织（您代）" in page
    assert "一社区" in page.partition("desk-vacancies")[2]
    way.who("approver")
    fresh = User.objects.get(pk=officer.pk)
    assert Role.PARTY not in {held.role for held in acting_for(fresh)}
    assert f"集体决议：{proposal.title}" not in client_of(fresh).get("/admin/").content.decode()


@pytest.mark.walked("deciding")
def test_the_desk_says_that_one_acts_for_another_and_to_others_who_does(way: Way, client_of: Callable) -> None:
    way.deciding()
    approver, officer = way.who("approver"), way.who("case_officer")
    assert "一社区党组织（您代）" in client_of(approver).get("/admin/").content.decode()
    assert "街道审批（代一社区党组织）" in client_of(officer).get("/admin/?holder=all").content.decode()


def test_the_message_says_for_whom_one_is_asked(way: Way) -> None:
    approver = way.who("approver")
    way.deciding()
    asked = Message.objects.of(approver).filter(title__contains="集体决议").first()
    assert asked
    assert "您代一社区党组织办理" in asked.body
