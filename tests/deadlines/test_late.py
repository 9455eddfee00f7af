"""A due date never moves by being late: what ran over is overdue since it was due, until somebody has done it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from deliberation import actions as deliberation
from deliberation.models import Choice
from funding import actions as funding
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.clock import Now
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.disclosure import actions as disclosure
from minshi.faces.words import cn_until, days_late
from minshi.lifecycle.models import StepRecord
from minshi.mydata import actions as mydata
from minshi.notifications.models import Message
from minshi.residents import actions as residents
from minshi.residents import representing
from minshi.residents.models import Role
from proposals import actions as proposals
from proposals.models import Proposal, Stage
from tests.cast import make_resident
from tests.conftest import Clock
from tests.way import AFTER, Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def let_pass(days: int) -> None:
    """Let so many days pass, each deadline taking effect at its time."""
    until = platform_clock.now() + timedelta(days=days)
    while (wakes := deadlines.next_due()) is not None and wakes < until:
        platform_clock.set_to(max(wakes, platform_clock.now()) + timedelta(seconds=1))
        deadlines.sweep()
        assert not Deadline.objects.filter(failures__gt=0).exists()
    platform_clock.set_to(until)


# --- Whatever can run over ------------------------------------------------------------------------


def _delivering(way: Way) -> Proposal:
    """Works that nobody starts, with a payment and a change nobody decides on."""
    proposal = way.delivering()
    part = proposal.contracts.get().milestones.get(kind="start")
    funding.ask_payment(part, invoice="1", file=a_picture(), by=way.who("clerk"))
    funding.ask_change(proposal, what="加高", reason="树", new_price_fen=1_860_000, by=way.who("chief"))
    return proposal


def _raising(way: Way) -> Proposal:
    """A request nobody examines, money and a sheet nobody looks at again."""
    proposal = way.raising()
    way.planned(proposal)
    way.asked(proposal)
    clerk, doors = way.who("clerk"), way.households
    funding.record_contribution(
        proposal, household=doors[3], amount_fen=100, voucher="收据甲", photo=a_picture(), by=clerk
    )
    funding.pledge_on_paper(proposal, doors[4], amount_fen=5_000, photo=a_picture(), by=way.who("chief"))
    return proposal


def _signed(way: Way) -> Proposal:
    proposal = way.awarded()
    platform_clock.set_to(proposal.gate_notice.ends_at + timedelta(minutes=1))
    funding.sign(proposal, integrity=True, file=a_picture(), by=way.who("party"))
    return proposal


def _objected(way: Way) -> Proposal:
    """An objection and a sheet of one, which nobody answers or reads."""
    proposal = way.announced()
    notice = proposal.gate_notice
    disclosure.object_to(notice, facts="会照到卧室里", by=way.who("neighbour"))
    disclosure.object_to(
        notice, facts="挡住了窗户", channel="paper", name="某某", photo=a_picture(), by=way.who("clerk")
    )
    return proposal


def _wished(way: Way) -> None:
    proposals.wish(place=way.yard, text="想要一盏灯", by=way.who("resident"))


def _read_by_nobody(way: Way) -> Proposal:
    proposal = way.cosigning()
    signed = [(door, None) for door in way.households]
    proposals.cosign_on_paper(proposal, signed, photo=a_picture(), by=way.who("chief"))
    return proposal


def _counted_by_nobody(way: Way) -> Proposal:
    proposal = way.voting()
    unit = proposal.motions.get().roll.units.first()
    deliberation.register_paper(unit, receipt_id=uuid4(), photo=a_picture(), choice=Choice.AGREE, by=way.who("chief"))
    return proposal


def _minuted_by_nobody(way: Way) -> None:
    way.announced_meeting(way.consulting())


def _archived(way: Way) -> None:
    way.archived()
    let_pass(210)


def _called_back_by_nobody(way: Way) -> None:
    survey = way.rating()
    way.answer(survey, good=0, bad=1)


def _newcomer_nobody_knows(way: Way) -> None:
    """Somebody says where they live, another asks to speak for their door."""
    way.who("resident")
    residents.join(make_resident("", None), way.households[8], name="新住户", is_adult=True, by=None)
    representing.ask(by=make_resident("同户人", way.households[0]))


def _misnamed(way: Way) -> None:
    mydata.correct_name("甲新名", by=way.who("resident"))


LEFT_ALONE: tuple[tuple[Callable[[Way], Any], set[str]], ...] = (
    (Way.submitted, {"stage:submitted"}),
    (Way.cosigned, {"stage:cosigned"}),
    (Way.consulting, {"stage:consulting"}),
    (Way.deciding, {"stage:deciding"}),
    (Way.handling, {"stage:handling"}),
    (Way.raising, {"stage:raising", "funding.plan"}),
    (_raising, {"funding.grant", "funding.contribution", "funding.pledge"}),
    (Way.procuring, {"stage:procuring", "funding.group"}),
    (Way.awarded, {"stage:awarded"}),
    (_signed, {"stage:delivering", "funding.start"}),
    (_delivering, {"funding.payment", "funding.change"}),
    (Way.accepting, {"stage:accepting"}),
    (Way.rated, {"stage:rated"}),
    (Way.settling, {"stage:settling"}),
    (_archived, {"aftercare.check"}),
    (_called_back_by_nobody, {"callback"}),
    (_objected, {"objection.answer", "objection.second_reading", "stage:announced"}),
    (_wished, {"wish"}),
    (_read_by_nobody, {"stage:cosigning"}),
    (_minuted_by_nobody, {"meeting:minutes"}),
    (_newcomer_nobody_knows, {"claim", "represent"}),
    (_misnamed, {"mydata.correction"}),
    (_counted_by_nobody, {"motion:publish", "stage:voting"}),
)
BEGINS = {
    _raising: "raising",
    _signed: "awarded",
    _delivering: "delivering",
    _archived: "archived",
    _called_back_by_nobody: "rating",
    _objected: "announced",
    _read_by_nobody: "cosigning",
    _minuted_by_nobody: "consulting",
    _counted_by_nobody: "voting",
}


def begun(walk: Callable[[Way], Any]) -> pytest.MarkDecorator:
    stage = BEGINS.get(walk, walk.__name__ if walk.__name__ in AFTER else None)
    return pytest.mark.walked(stage, "district_officer", "case_officer")


@pytest.mark.parametrize(
    ("walk", "kinds"),
    [pytest.param(walk, kinds, marks=begun(walk)) for walk, kinds in LEFT_ALONE],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_what_nobody_does_stays_due_since_it_was(
    walk: Callable[[Way], Any], kinds: set[str], way: Way, district_officer: User, case_officer: User
) -> None:
    walk(way)
    let_pass(80)
    late = {
        (row.subject_type, row.subject_id, row.kind, row.role, row.place_path): (row.due, row.set_at)
        for row in Deadline.objects.tasks().overdue(Now())
    }
    assert kinds <= {kind for _type, _pk, kind, _role, _place in late}
    heard = Message.objects.count()
    let_pass(30)
    still = {
        (row.subject_type, row.subject_id, row.kind, row.role, row.place_path): (row.due, row.set_at)
        for row in Deadline.objects.tasks().overdue(Now())
    }
    assert late == {key: still[key] for key in late}
    assert Message.objects.count() > heard  # and it is asked for, again and again


# --- What people read ------------------------------------------------------------------------------


@pytest.mark.walked("cosigned")
def test_ten_months_later_page_and_desk_say_overdue_with_days(
    way: Way, client_of: ClientOf, clerk: User, clock: Clock
) -> None:
    proposal = way.cosigned()
    due, since = proposal.due_at, proposal.stage_since
    let_pass(300)
    proposal.refresh_from_db()
    assert (proposal.due_at, proposal.stage_since) == (due, since)
    days = days_late(due, clock.now())
    assert days > 280
    page = client_of(None).get(proposal.get_absolute_url()).content.decode()
    assert f"已逾期 {days} 天" in page and f"应在 {cn_until(due)} 前办好" in page
    assert "还剩" not in page
    desk = client_of(clerk).get(reverse("admin:index")).content.decode()
    assert f"已逾期 {days} 天" in desk and "1 件" in desk[desk.index("desk-overdue") : desk.index("desk-week")]


@pytest.mark.walked("cosigned")
def test_what_was_done_is_no_longer_overdue(way: Way, clerk: User) -> None:
    proposal = way.cosigned()
    let_pass(70)
    assert Deadline.objects.of(proposal).tasks().overdue(Now()).exists()
    deliberation.open_motion(proposal, by=clerk)
    assert not Deadline.objects.of(proposal).tasks().overdue(Now()).exists()


@pytest.mark.walked("deciding")
def test_under_supervision_it_is_overdue_since_the_third_tier_let_it_pass(
    way: Way, client_of: ClientOf, district_officer: User, clock: Clock
) -> None:
    proposal = way.handling(tier=3)
    due = proposal.due_at
    let_pass(70)
    proposal.refresh_from_db()
    assert proposal.supervised_at and proposal.due_at == due
    assert StepRecord.objects.of(proposal).filter(verb="supervise").count() > 10
    assert (
        f"已逾期 {days_late(due, clock.now())} 天" in client_of(None).get(proposal.get_absolute_url()).content.decode()
    )
    desk = client_of(district_officer).get(reverse("admin:index")).content.decode()
    assert f"已逾期 {days_late(due, clock.now())} 天" in desk


@pytest.mark.walked("announced")
def test_a_gate_that_waits_for_an_answer_is_late_when_the_answer_is(way: Way, clock: Clock) -> None:
    proposal = way.announced()
    notice = proposal.gate_notice
    clock.move(seconds=(notice.ends_at - clock.now()).total_seconds() - 3600)
    objection = disclosure.object_to(notice, facts="会照到卧室里", by=way.who("neighbour"))
    platform_clock.set_to(notice.ends_at + timedelta(minutes=1))
    deadlines.sweep()
    proposal.refresh_from_db()
    assert proposal.stage == Stage.ANNOUNCED and proposal.due_at == objection.due_at
    assert not Deadline.objects.of(proposal).tasks().overdue(Now()).exists()


def test_the_day_it_ran_over_is_the_first_late_one(clock: Clock) -> None:
    end = platform_clock.midnight(platform_clock.today())
    assert days_late(end, end - timedelta(microseconds=1)) == 0
    assert days_late(end, end) == 1
    assert days_late(end, end + timedelta(days=1)) == 2
    assert days_late(end + timedelta(hours=10), end + timedelta(hours=11)) == 1


@pytest.mark.walked("cosigned")
def test_the_database_moves_no_day_that_is_over(way: Way) -> None:
    proposal = way.cosigned()
    let_pass(70)
    row = Deadline.objects.of(proposal).tasks().get()
    for change in ({"due": Now() + timedelta(days=3)}, {"set_at": Now()}):
        with pytest.raises(IntegrityError, match="stays due"), transaction.atomic():
            Deadline.objects.filter(pk=row.pk).update(**change)
    assert row.role == Role.CLERK
