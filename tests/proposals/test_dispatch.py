"""派单 in full: urgency, a leader who takes it, what spans streets, supervision, and what a report counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from deliberation.actions.decisions import _refuse_incomplete
from deliberation.models import Criterion, Outcome
from evaluation.report import report_of
from minshi.accounts.models import User
from minshi.lifecycle.models import StepRecord
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from minshi.territory.models import Territory
from proposals import actions
from proposals.lifecycle import least_tier
from proposals.models import Handling, Proposal, Source, Stage
from tests.desk.test_scope import do_of
from tests.way import Way, wait_until_over

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def at_street(way: Way, case_officer: User, district_officer: User) -> Proposal:
    """With the street."""
    return way.handling(tier=2)


def test_a_leader_takes_it_and_the_page_says_which_office_and_until_when(
    at_street: Proposal, case_officer: User, resident: User, client: Client, client_of: ClientOf
) -> None:
    due = at_street.due_at
    desk = client_of(case_officer)
    assert desk.post(do_of(at_street, "take-lead"), {"office": "", "reason": "现场开会"}).status_code == 422
    desk.post(
        do_of(at_street, "take-lead"),
        {"office": "街道办事处副主任", "lead_name": "赵某某", "reason": "和赵某某到现场开会"},
    )
    at_street.refresh_from_db()
    card = at_street.handlings.get(ended_at=None)
    assert (card.lead_office, card.lead_name, at_street.due_at) == ("街道办事处副主任", "赵某某", due)
    page = client.get(at_street.get_absolute_url()).content.decode()
    assert "街道办事处副主任接单" in page and "应在" in page
    assert "赵某某" not in page
    assert "街道办事处副主任接单" in Message.objects.filter(user=resident).latest("id").body
    with pytest.raises(Refused, match="已经由街道办事处副主任接单"):
        actions.take_lead(at_street, office="街道书记", reason="我来", by=case_officer)


def test_nobody_but_the_holder_says_who_leads(at_street: Proposal, clerk: User) -> None:
    with pytest.raises(NotAllowed):
        actions.take_lead(at_street, office="社区主任", reason="我来", by=clerk)


def test_what_is_urgent_stays_urgent_wherever_it_goes(
    way: Way, clerk: User, case_officer: User, district_officer: User, client: Client, client_of: ClientOf
) -> None:
    proposal = way.handling(tier=1, shares={Source.SELF_RAISED: 2_000_000})
    client_of(clerk).post(do_of(proposal, "escalate"), {"reason": "墙要倒了", "urgent": "on"})
    proposal.refresh_from_db()
    actions.hand_back(proposal, by=case_officer, reason="社区先围起来")
    actions.escalate(proposal, by=clerk, reason="围起来了")
    wait_until_over(proposal)
    assert [card.urgent for card in proposal.handlings.order_by("id")] == [False, True, True, True, True]
    page = client.get(proposal.get_absolute_url()).content.decode()
    for outcome in ("提请上一级", "已退单", "逾期自动升级", "正在办", "“社区先围起来”", "紧急"):
        assert outcome in page, outcome


def test_what_spans_streets_is_held_by_the_district(
    way: Way, district: Territory, district_officer: User, resident: User
) -> None:
    assert (least_tier(way.yard), least_tier(district)) == (1, 3)
    wide = way.submitted(place=district)
    with pytest.raises(Refused) as refused:
        _refuse_incomplete(
            wide.version,
            Outcome.APPROVE,
            dict.fromkeys(Criterion, (5, "看过")),
            sat="五人",
            reason="大家急需",
            tier=2,
            tier_reason="有街道补助",
        )
    assert refused.value.fields["tier"] == "跨街道的事由区里办理，请定为三级"
    assert actions.why_not_hand_back(wide) == ["跨街道的事由区里办理，没有别人可退"]


def test_the_list_of_supervision_is_public_until_it_moves(
    way: Way, district_officer: User, client: Client, client_of: ClientOf
) -> None:
    proposal = way.handling(tier=3)
    page = f"{reverse('supervision')}?place={way.yard.code}"
    assert proposal.title not in client.get(page).content.decode()
    Message.objects.all().delete()
    for _day in range(3):
        wait_until_over(proposal)
    assert Message.objects.filter(user=district_officer, title=f"督办：{proposal.title}").count() == 3
    listed = client.get(page).content.decode()
    assert proposal.title in listed and "样板区" in listed and "逾期" in listed
    actions.accept_handling(proposal, by=district_officer, reason="区里牵头")
    assert proposal.title not in client.get(page).content.decode()


def test_tiers_and_their_history_are_counted(way: Way, at_street: Proposal, clerk: User, case_officer: User) -> None:
    actions.hand_back(at_street, by=case_officer, reason="社区可以自筹")
    actions.escalate(at_street, by=clerk, reason="不够")
    wait_until_over(at_street)
    wait_until_over(at_street)
    report = report_of(way.yard)
    first, second, third = report.dispatched
    assert (first.given, first.escalated) == (1, 1)
    assert (second.given, second.handed_back, second.climbed) == (2, 1, 1)
    assert (third.given, third.accepted, report.supervised) == (1, 0, 1)


def test_the_database_keeps_what_a_dispatch_said(at_street: Proposal, case_officer: User) -> None:
    actions.take_lead(at_street, office="街道办事处副主任", reason="到现场", by=case_officer)
    card = at_street.handlings.get()
    for change in ({"urgent": True}, {"lead_office": "别人"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Handling.objects.filter(pk=card.pk).update(**change)
    actions.accept_handling(at_street, by=case_officer, reason="补助")
    with pytest.raises(IntegrityError), transaction.atomic():
        Handling.objects.filter(pk=card.pk).update(outcome="declined")
    assert at_street.stage == Stage.RAISING
    assert StepRecord.objects.of(at_street).filter(verb="take_lead").count() == 1


def test_the_list_of_supervision_asks_for_all_offices_at_once(
    way: Way, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    for number in range(3):
        way.submitted(title=f"第{number}件", by=way.who(("resident", "neighbour", "chief")[number]))
        rows = Proposal.objects.select_related("place", "holder_place").order_by("due_at", "pk")
        monkeypatch.setattr("proposals.selectors.supervised_in", lambda place, rows=rows: rows)
        with CaptureQueriesContext(connection) as queries:
            assert f"第{number}件" in client.get(f"{reverse('supervision')}?place={way.yard.code}").content.decode()
        asked.append(len(queries))
    assert asked[1] == asked[2]


def test_why_it_was_passed_on_is_read_without_the_neighbours_in_it(
    way: Way, clerk: User, client: Client, neighbour: User
) -> None:
    """On the page, where the dispatches stand, and on the form of paper alike."""
    proposal = way.handling(tier=1, shares={Source.SELF_RAISED: 2_000_000})
    actions.escalate(proposal, by=clerk, reason="乙邻居家不同意，社区办不了")
    for url in (proposal.get_absolute_url(), reverse("paper_dispatch_print", args=[proposal.number])):
        page = client.get(url).content.decode()
        assert "家不同意，社区办不了" in page and "乙邻居" not in page, url
