"""What staff do in the admin in the stages of evaluation: forms with reasons, in their own territory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from evaluation.models import CallBack, Check, FinalAccounts, Survey
from funding.models import Refund
from minshi.accounts.models import User
from proposals.models import Proposal, Stage
from tests.conftest import Clock
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def step(subject: Any, name: str) -> str:
    meta = subject._meta
    return f"/admin/{meta.app_label}/{meta.model_name}/{subject.pk}/do/{name}/"


def page_of(subject: Any) -> str:
    meta = subject._meta
    return f"/admin/{meta.app_label}/{meta.model_name}/{subject.pk}/change/"


def test_the_clerk_opens_the_survey(accepted: Proposal, clerk: User, client_of: ClientOf) -> None:
    client = client_of(clerk)
    assert "开始满意度评议" in client.get(page_of(accepted)).content.decode()
    assert client.post(step(accepted, "open-survey"), {"report": ""}).status_code == 302
    assert Survey.objects.get().stage == "open"


def test_a_clerk_from_elsewhere_does_not_even_see_it(
    accepted: Proposal, stranger_clerk: User, client_of: ClientOf
) -> None:
    assert client_of(stranger_clerk).post(step(accepted, "open-survey"), {"report": ""}).status_code == 404
    assert not Survey.objects.exists()


def test_a_refusal_says_why_and_keeps_what_was_typed(
    accepted: Proposal, clerk: User, client_of: ClientOf, clock: Clock
) -> None:
    clock.move(days=-3)
    answer = client_of(clerk).post(step(accepted, "open-survey"), {"report": "灯罩都固定了"})
    assert answer.status_code == 422
    assert "公示期" in answer.content.decode() and "灯罩都固定了" in answer.content.decode()


def test_only_the_approver_rules_on_a_rating_that_failed(
    survey: Survey, accepted: Proposal, until: Callable[..., None], approver: User, clerk: User, client_of: ClientOf
) -> None:
    for _window in range(2):
        until(survey.closes_at)
        survey.refresh_from_db()
    sent = {"ruling": "release", "reason": "上门核实，住户满意"}
    assert client_of(clerk).post(step(accepted, "rule-on-rating"), sent).status_code == 403
    client = client_of(approver)
    assert client.post(step(accepted, "rule-on-rating"), {"ruling": "release"}).status_code == 422
    assert client.post(step(accepted, "rule-on-rating"), sent).status_code == 302
    survey.refresh_from_db()
    assert survey.ruling == "release"


def test_a_call_back_is_contacted_and_mended_there(
    discontent: Callable[..., CallBack], clerk: User, supervisor: User, client_of: ClientOf
) -> None:
    called = discontent()
    caller, client = client_of(supervisor), client_of(clerk)
    told = {"findings": "上门看过，灯罩松动", "task": "灯罩松动要固定"}
    assert "登记联系情况" in caller.get(page_of(called)).content.decode()
    assert client.post(step(called, "mend"), {"measures": "重新固定了灯罩"}).status_code == 403
    assert client.post(step(called, "contact"), told).status_code == 403
    assert caller.post(step(called, "contact"), {**told, "findings": "看了"}).status_code == 422
    assert caller.post(step(called, "contact"), told).status_code == 302
    assert client.post(step(called, "mend"), {"measures": "重新固定了灯罩"}).status_code == 302
    called.refresh_from_db()
    assert called.stage == "mended"


@pytest.mark.walked("paid_up", "clerk", "case_officer")
def test_from_the_accounts_to_the_archive_at_the_desk(
    way: Way, clerk: User, case_officer: User, client_of: ClientOf, clock: Clock
) -> None:
    proposal = way.paid_up()
    desk = client_of(clerk)
    assert desk.post(step(proposal, "make-accounts"), {"remark": "按合同价结算"}).status_code == 302
    made = FinalAccounts.objects.get()
    assert desk.post(step(made, "confirm"), {"sure": "1"}).status_code == 403
    assert desk.post(step(proposal, "settle"), {"sure": "1"}).status_code == 422
    assert client_of(case_officer).post(step(made, "confirm"), {"sure": "1"}).status_code == 302
    assert desk.post(step(proposal, "settle"), {"sure": "1"}).status_code == 302

    proposal.refresh_from_db()
    assert proposal.stage == Stage.SETTLING and proposal.gate_notice
    clock.move(days=(proposal.gate_notice.ends_at - clock.now()).days + 1)
    refused = desk.post(step(proposal, "archive"), {"sure": "1"})
    assert refused.status_code == 422 and "缺少：移交管护协议" in refused.content.decode()
    way.complete(proposal)
    keeper = {
        "keeper": "院落自管小组",
        "duties": "每月看一次",
        "fund_fen": "200.50",
        "fund_note": "公共收益",
        "phone": "0871-00000002",
    }
    assert desk.post(step(proposal, "aftercare"), {**keeper, "fund_fen": "两百"}).status_code == 422
    assert desk.post(step(proposal, "aftercare"), keeper).status_code == 302
    assert desk.post(step(proposal, "archive"), {"sure": "1"}).status_code == 302
    proposal.refresh_from_db()
    assert (proposal.stage, proposal.aftercare.fund_fen) == (Stage.ARCHIVED, 20_050)

    six = Check.objects.earliest("months")
    assert desk.post(step(six, "look"), {}).status_code == 403
    clock.move(days=(six.begins_at - clock.now()).days + 1)
    assert desk.post(step(six, "look"), {"in_order": "yes", "finding": "灯亮，灯杆稳固"}).status_code == 302
    six.refresh_from_db()
    assert six.in_order is True


@pytest.mark.walked("accepted", "clerk")
def test_the_surplus_is_ordered_back_there(way: Way, clerk: User, client_of: ClientOf) -> None:
    proposal = way.accepted()
    way.paid(proposal, "start", "1")
    way.released(proposal)
    refused = client_of(clerk).post(step(proposal, "return-surplus"), {"sure": "1"})
    assert refused.status_code == 422 and "尾款" in refused.content.decode()
    way.paid(proposal, "acceptance", "2")
    way.paid(proposal, "retention", "3")
    assert client_of(clerk).post(step(proposal, "return-surplus"), {"sure": "1"}).status_code == 302
    assert Refund.objects.filter(proposal=proposal).exists()


def test_nobody_at_a_desk_browses_answers(survey: Survey, clerk: User, client_of: ClientOf) -> None:
    assert client_of(clerk).get("/admin/evaluation/answer/").status_code == 404
    assert client_of(clerk).get("/admin/evaluation/survey/").status_code == 200
