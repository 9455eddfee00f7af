"""What a third of the households reopened is changed or answered before it is announced again, the same content once;
then the level above decides in public (domain.md 4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from deliberation import actions as deliberation
from evaluation.actions import accounts
from funding import actions as funding
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.disclosure import actions as disclosure
from minshi.disclosure.models import Kind, Notice, Ruling
from minshi.lifecycle.machine import what_blocks_gate
from minshi.lifecycle.models import StepRecord
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Role
from minshi.territory.models import Territory
from proposals import actions as proposals
from proposals.models import Proposal, Source, Stage
from tests.cast import make_staff, member
from tests.conftest import Clock
from tests.walked import each
from tests.way import Way

pytestmark = pytest.mark.django_db


def objected(way: Way, proposal: Proposal, households: int = 4) -> Notice:
    """A third of the twelve households object to what is announced now."""
    proposal.refresh_from_db()
    notice = proposal.gate_notice
    assert notice
    for user in way.raters()[:households]:
        disclosure.object_to(notice, facts="请再说明一下", by=user)
    notice.refresh_from_db()
    assert notice.reopened_at
    proposal.refresh_from_db()
    return notice


def answered(way: Way, notice: Notice) -> None:
    for objection in notice.objections.open():
        disclosure.answer(objection, text="已经当面说明清楚", outcome="explained", by=way.who("clerk"))


def decided_again(way: Way, proposal: Proposal, text: str = "在院门口装一盏太阳能路灯，晚上11点后调暗") -> None:
    """Another meeting agrees on a plan, by default the same, and it is studied and decided as before."""
    if proposal.stage == Stage.DECIDING:
        way.decide(proposal)
        return
    meeting = way.recorded_meeting(proposal)
    shares = {Source.SUBSIDY: 1_200_000, Source.SELF_RAISED: 800_000}
    deliberation.agree_plan(
        meeting,
        resolution=meeting.resolutions.get(),
        text=text,
        cost_fen=2_000_000,
        shares=shares,
        keeper="院落自管小组",
        by=way.who("clerk"),
    )
    proposal.refresh_from_db()
    way.study(proposal)
    way.decide(proposal)


def funded_again(way: Way, proposal: Proposal) -> None:
    funding.announce_funding(proposal, by=way.who("clerk"))


def awarded_again(way: Way, proposal: Proposal) -> None:
    enquiry = proposal.enquiries.get(ended_at=None)
    quote = enquiry.quotes.first()
    assert quote
    funding.award(enquiry, quote, reason="价低，质保一年", by=way.who("party"))


def settled_again(way: Way, proposal: Proposal) -> None:
    made = accounts.make_accounts(proposal, by=way.who("clerk"))
    accounts.confirm_accounts(made, by=way.who("case_officer"))
    accounts.settle(proposal, by=way.who("clerk"))


AGAIN: dict[str, tuple[Callable[[Way], Proposal], Callable[[Way, Proposal], None]]] = {
    Kind.INITIATION: (Way.announced, decided_again),
    Kind.FUNDING: (Way.funded, funded_again),
    Kind.AWARD: (Way.awarded, awarded_again),
    Kind.ACCEPTANCE: (Way.accepted, Way.accept_work),
    Kind.ACCOUNTS: (Way.settling, settled_again),
}
"""Each kind of gate whose content may come back unchanged; a result of a survey counts its round."""


@member
def twice(way: Way) -> Proposal:
    """The same money plan, announced twice, reopened twice."""
    proposal = way.funded()
    answered(way, objected(way, proposal))
    funded_again(way, proposal)
    objected(way, proposal)
    return proposal


@pytest.mark.parametrize("kind", each({kind: walk.__name__ for kind, (walk, _again) in AGAIN.items()}))
def test_unanswered_and_unchanged_it_is_not_announced_again(way: Way, kind: str) -> None:
    reach, again = AGAIN[kind]
    proposal = reach(way)
    stage = proposal.stage
    first = objected(way, proposal)
    assert proposal.stage != stage
    with pytest.raises(Refused, match="还有 4 条异议没有答复"):
        again(way, proposal)
    answered(way, first)
    proposal.refresh_from_db()
    again(way, proposal)
    proposal.refresh_from_db()
    assert (proposal.stage, proposal.gate_notice != first) == (stage, True)
    objected(way, proposal)
    assert proposal.stage == stage, "the second time it waits for the level above"
    assert StepRecord.objects.of(proposal).order_by("-id")[0].verb == "ask_above"


@pytest.mark.walked("announced")
def test_what_was_changed_is_announced_without_waiting(way: Way) -> None:
    proposal = way.announced()
    objected(way, proposal)
    decided_again(way, proposal, "在院门口装两盏小路灯，晚上10点后调暗")
    assert proposal.stage == Stage.ANNOUNCED


@pytest.mark.parametrize(
    "same",
    [
        "经院里居民表决，\u3000拟建睦邻驿站一处。",
        "经院里居民表决,拟建睦邻驿站一处！",
        "经院里居民表决，拟建\u200b睦邻驿站一处",
    ],
)
def test_spaces_width_and_punctuation_change_nothing(way: Way, same: str) -> None:
    words = {"kind": "initiation", "title": "公示", "place": way.yard, "link": "/projects/2026-00001/", "by": None}
    first = disclosure.post(body="经院里居民表决，拟建睦邻驿站一处。", table=[("长", "1.5米")], households=3, **words)
    disclosure.object_to(first, facts="请再说明一下", by=way.who("resident"))
    with pytest.raises(Refused, match="没有答复"):
        disclosure.post(body=same, table=[("长", "1.5米")], households=3, **words)
    assert disclosure.post(body=same, table=[("长", "15米")], households=3, **words)
    other = {**words, "link": "/projects/2026-00002/"}
    assert disclosure.post(body=same, table=[("长", "1.5米")], households=3, **other)


@pytest.mark.walked("funded")
def test_a_correction_is_no_way_round(way: Way) -> None:
    proposal = way.funded()
    notice = objected(way, proposal)
    answered(way, notice)
    notice.refresh_from_db()
    with pytest.raises(Refused, match="重议的户数"):
        disclosure.correct(notice, reason="换个说法", body="换个说法", by=way.who("clerk"))


@pytest.mark.walked("twice")
def test_the_database_refuses_a_third_posting_of_the_same_content(way: Way, twice: Proposal) -> None:
    notice = twice.gate_notice
    assert notice
    answered(way, notice)
    row = {field.attname: getattr(notice, field.attname) for field in Notice._meta.concrete_fields}
    moment = platform_clock.now()
    fresh = {
        **row,
        "id": None,
        "number": "686175779-202612-999999",
        "posted_at": moment,
        "starts_on": moment.date() + timedelta(days=1),
        "ends_at": (moment + timedelta(days=40)).replace(hour=0, minute=0, second=0, microsecond=0),
        "reopened_at": None,
        "objections_total": 0,
        "objecting_households": 0,
        "objections_open": 0,
    }
    with pytest.raises(IntegrityError, match="reopened twice"), transaction.atomic():
        Notice(**fresh).save(force_insert=True)
    Notice(**{**fresh, "body": "另一种安排"}).save(force_insert=True)


@pytest.mark.walked("twice")
def test_the_street_has_it_on_its_desk_is_told_and_it_is_said(
    way: Way, twice: Proposal, client_of: Callable[[User | None], Client]
) -> None:
    officer = way.who("case_officer")
    assert (twice.stage, twice.holder_role) == (Stage.FUNDED, Role.CASE_OFFICER)
    assert Message.objects.of(officer).filter(title__startswith="请作决定").exists()
    assert Deadline.objects.of(twice).open().get(kind="stage:funded").role == Role.CASE_OFFICER
    assert "院里装一盏路灯" in client_of(officer).get("/admin/").content.decode()
    page = client_of(None).get(twice.get_absolute_url()).content.decode()
    assert "同样内容的资金公示第二次被重议，4 户提出异议。由甲街道经办公开决定照此办理还是退回重做" in page
    assert twice.gate_notice
    said = client_of(None).get(twice.gate_notice.get_absolute_url()).content.decode()
    assert "等上一级决定" in said


@pytest.mark.walked("twice")
def test_only_the_level_above_decides_and_with_a_reason(way: Way, twice: Proposal) -> None:
    for name in ("clerk", "party", "chief", "district_finance"):
        with pytest.raises(NotAllowed):
            proposals.rule_above(twice, confirms=False, reason="退回", by=way.who(name))
    with pytest.raises(Refused, match="理由"):
        proposals.rule_above(twice, confirms=False, reason=" ", by=way.who("case_officer"))


@pytest.mark.walked("twice")
def test_confirmed_it_passes_once_all_is_over_and_answered(
    way: Way, twice: Proposal, client_of: Callable[[User | None], Client]
) -> None:
    officer, notice = way.who("case_officer"), twice.gate_notice
    assert notice
    with pytest.raises(Refused, match="公示期到"):
        proposals.rule_above(twice, confirms=True, reason="方案可行", by=officer)
    answered(way, notice)
    platform_clock.move(notice.ends_at - platform_clock.now() + timedelta(minutes=1))
    notice.refresh_from_db()
    assert not notice.is_passed
    assert what_blocks_gate(twice, "open_suppliers")
    proposals.rule_above(twice, confirms=True, reason="说明清楚了，按这个办", by=officer)
    notice.refresh_from_db()
    assert notice.is_passed
    decision = Notice.objects.filter(link=twice.get_absolute_url()).newest()[0]
    assert decision.title == "关于“院里装一盏路灯”再次重议的决定"
    assert "说明清楚了，按这个办" in decision.body
    assert "街道" in decision.issuer
    page = client_of(None).get(notice.get_absolute_url()).content.decode()
    assert "上一级决定：照公示的内容办理" in page
    assert "说明清楚了，按这个办" in page
    assert twice.holder_role == Role.CLERK
    deadlines.sweep()
    twice.refresh_from_db()
    assert twice.stage == Stage.PROCURING


@pytest.mark.walked("twice")
def test_sent_back_it_is_done_anew_and_must_be_another(way: Way, twice: Proposal) -> None:
    notice = twice.gate_notice
    assert notice
    proposals.rule_above(twice, confirms=False, reason="钱的来源要再商量", by=way.who("case_officer"))
    twice.refresh_from_db()
    assert (twice.stage, twice.holder_role) == (Stage.RAISING, Role.CLERK)
    answered(way, notice)
    with pytest.raises(Refused, match="已经两次被重议"):
        funded_again(way, twice)


@pytest.mark.walked("twice")
def test_late_above_the_next_level_hears_of_it(way: Way, twice: Proposal, clock: Clock) -> None:
    assert twice.due_at
    superior = way.who("district_officer")
    platform_clock.move(twice.due_at - platform_clock.now() + timedelta(minutes=1))
    deadlines.sweep()
    assert StepRecord.objects.of(twice).order_by("-id")[0].verb == "overdue"
    assert Message.objects.of(superior).filter(title__startswith="逾期").exists()


@pytest.mark.parametrize(("level", "above"), [("street", "district"), ("district", "above")])
@pytest.mark.walked("funded")
def test_the_streets_goes_to_the_district_and_the_districts_to_two_of_its_officers(
    way: Way, request: pytest.FixtureRequest, level: str, above: str, client_of: Callable[[User | None], Client]
) -> None:
    place = request.getfixturevalue(level)
    proposal = way.funded()
    answered(way, objected(way, proposal))
    funded_again(way, proposal)
    Proposal.objects.filter(pk=proposal.pk).update(place=place)
    notice = objected(way, proposal)
    assert proposal.holder_role == Role.DISTRICT_OFFICER
    officer = way.who("district_officer")
    with pytest.raises(NotAllowed):
        proposals.rule_above(proposal, confirms=False, reason="再商量", by=way.who("approver"))
    proposals.rule_above(proposal, confirms=False, reason="再商量", by=officer)
    ruling = notice.rulings.get()
    assert (ruling.level, ruling.is_in_force) == (above, above == "district")


@member
def districts(way: Way, district: Territory) -> Proposal:
    """A matter of the district itself, announced twice, reopened twice, all answered and over."""
    proposal = way.funded()
    answered(way, objected(way, proposal))
    funded_again(way, proposal)
    Proposal.objects.filter(pk=proposal.pk).update(place=district)
    notice = objected(way, proposal)
    answered(way, notice)
    platform_clock.move(notice.ends_at - platform_clock.now() + timedelta(minutes=1))
    return proposal


@pytest.mark.walked("districts")
def test_above_the_district_a_second_human_confirms_and_both_are_named(
    way: Way, districts: Proposal, request: pytest.FixtureRequest, client_of: Callable[[User | None], Client]
) -> None:
    first, notice = way.who("district_officer"), districts.gate_notice
    second = make_staff("district2", "第二区干", Role.DISTRICT_OFFICER, request.getfixturevalue("district"))
    assert notice
    proposals.rule_above(districts, confirms=True, reason="按这个办", by=first)
    notice.refresh_from_db()
    assert not notice.is_passed
    page = client_of(None).get(districts.get_absolute_url()).content.decode()
    assert "样板区牵头部门提出照公示的内容办理，等样板区牵头部门的另一位确认" in page
    with pytest.raises(NotAllowed, match="另一个人"):
        proposals.second_above(districts, agrees=True, reason="同意", by=first)
    with pytest.raises(Refused, match="已经有一位"):
        proposals.rule_above(districts, confirms=False, reason="不对", by=second)
    proposals.second_above(districts, agrees=True, reason="看过了，同意", by=second)
    notice.refresh_from_db()
    assert notice.is_passed
    decision = Notice.objects.filter(link=districts.get_absolute_url()).newest()[0]
    who = dict(decision.table)["谁决定的"]
    assert who.count("牵头部门") == 2


@pytest.mark.walked("districts")
def test_where_the_second_does_not_agree_somebody_proposes_anew(
    way: Way, districts: Proposal, request: pytest.FixtureRequest
) -> None:
    first = way.who("district_officer")
    second = make_staff("district2", "第二区干", Role.DISTRICT_OFFICER, request.getfixturevalue("district"))
    proposals.rule_above(districts, confirms=True, reason="按这个办", by=first)
    proposals.second_above(districts, agrees=False, reason="钱的来源没说清", by=second)
    proposals.rule_above(districts, confirms=False, reason="退回说清楚", by=second)
    proposals.second_above(districts, agrees=True, reason="好", by=first)
    districts.refresh_from_db()
    assert districts.stage == Stage.RAISING


@pytest.mark.walked("districts")
def test_the_database_refuses_the_same_human_twice_and_a_ruling_out_of_turn(way: Way, districts: Proposal) -> None:
    first, notice = way.who("district_officer"), districts.gate_notice
    assert notice
    proposals.rule_above(districts, confirms=True, reason="按这个办", by=first)
    with pytest.raises(IntegrityError, match="ruling_by_two_humans"), transaction.atomic():
        Ruling.objects.update(second=first, second_at=platform_clock.now())
    other = disclosure.post(kind="funding", title="公示", place=way.yard, body="别的", households=12, by=None)
    with pytest.raises(IntegrityError, match="nothing of notice"), transaction.atomic():
        Ruling.objects.create(notice=other, level="street", confirms=True, reason="直接过", by=first, as_role="区")


@pytest.mark.walked("twice")
def test_it_is_decided_on_the_desk(way: Way, twice: Proposal, client_of: Callable[[User | None], Client]) -> None:
    desk = client_of(way.who("case_officer"))
    url = f"/admin/proposals/proposal/{twice.pk}/do/rule-above/"
    page = desk.get(url).content.decode()
    assert "请再说明一下" in page
    assert desk.post(url, {"confirms": "no", "reason": "再商量"}).status_code == 302
    twice.refresh_from_db()
    assert twice.stage == Stage.RAISING
