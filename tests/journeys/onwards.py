"""How a project goes on from each stage when everybody does their part: one short move each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from deliberation import actions as deliberation
from funding import actions as funding
from funding.models import EndingStage
from minshi import clock as platform_clock
from proposals import actions as proposals
from proposals.models import ENDED, Proposal, Source, Stage
from tests.way import Way, a_picture, wait_until_over

Move = Callable[[Way, Proposal], object]


def _cosign(way: Way, project: Proposal) -> None:
    waiting = project.beneficiaries().exclude(pk__in=project.cosigns.values("household"))
    way.sign_on_paper(project, waiting[:1])


def _vote(way: Way, project: Proposal) -> None:
    way.vote_on_paper(project, agree=9)


def _decide(way: Way, project: Proposal) -> None:
    way.study(project)
    way.decide(project)


def _take_on(way: Way, project: Proposal) -> None:
    holder = {1: "clerk", 2: "case_officer", 3: "district_officer"}[project.tier or 1]
    proposals.accept_handling(project, by=way.who(holder), reason="按方案办")


def _pass_review(way: Way, project: Proposal) -> None:
    holder = {"chief": "chief", "clerk": "clerk", "case_officer": "case_officer"}[project.holder_role]
    proposals.pass_review(project, by=way.who(holder), reason="属实")


def _mend(way: Way, project: Proposal) -> None:
    proposals.resubmit(project, by=way.who("resident"), why="写清楚了", spot="南门左侧")


def _open_vote(way: Way, project: Proposal) -> None:
    deliberation.open_motion(project, by=way.who("clerk"))


def _agree(way: Way, project: Proposal) -> None:
    meeting = way.recorded_meeting(project)
    deliberation.agree_plan(
        meeting,
        resolution=meeting.resolutions.get(),
        text="按议定的方案办",
        cost_fen=2_000_000,
        shares={Source.SUBSIDY: 1_200_000, Source.SELF_RAISED: 800_000},
        keeper="院落自管小组",
        by=way.who("clerk"),
    )


def _raise_money(way: Way, project: Proposal) -> None:
    amounts = way.planned(project).amounts()
    if amounts.get(Source.SUBSIDY):
        way.granted(project)
    for number, household in enumerate(way.households[:4]):
        way.given(project, household, amounts[Source.SELF_RAISED] // 4, f"{project.number}-{number}-{uuid4().hex[:6]}")
    funding.announce_funding(project, by=way.who("clerk"))


def _choose_supplier(way: Way, project: Proposal) -> None:
    enquiry = way.quoted(project)
    funding.award(enquiry, enquiry.quotes.all()[0], reason="价低，质保一年", by=way.who("party"))


def _sign(way: Way, project: Proposal) -> None:
    notice = project.gate_notice
    assert notice
    platform_clock.move(max(notice.ends_at - platform_clock.now(), timedelta()) + timedelta(minutes=1))
    funding.sign(project, integrity=True, file=a_picture(), by=way.who("party"))
    funding.start_work(project, by=way.who("chief"))


def _build(way: Way, project: Proposal) -> None:
    way.paid(project, "start", uuid4().hex[:4])
    funding.log(project, text="做好了", by=way.who("chief"))
    funding.finish(project, by=way.who("chief"))


def _accept(way: Way, project: Proposal) -> None:
    funding.accept_work(
        project, panel=way.panel(), items=[("灯亮", True, "")], opinion="逐项合格，同意验收", by=way.who("supervisor")
    )


def _end(way: Way, project: Proposal) -> None:
    """Whatever comes next of an ending: confirmed, what is owed paid, what is left returned, closed."""
    ending = project.endings.latest("pk")
    if ending.stage == EndingStage.COUNTING:
        funding.confirm_ending(ending, by=way.who("approver"))
    elif ending.stage == EndingStage.PAYING:
        way.paid(project, "ending", uuid4().hex[:4])
    else:
        for refund in project.refunds.owed():
            funding.pay_refund(refund, voucher=uuid4().hex[:12], by=way.who("cashier"))
            funding.confirm_refund(refund, by=way.who("clerk"))
        funding.close_ending(ending, done="做了一半", by=way.who("clerk"))


def _wait(way: Way, project: Proposal) -> None:
    wait_until_over(project)


def _stays(way: Way, project: Proposal) -> None:
    """Nothing leads on from here."""


ONWARDS: dict[str, Move] = {
    Stage.SUBMITTED: _pass_review,
    Stage.RETURNED: _mend,
    Stage.COSIGNING: _cosign,
    Stage.COSIGNED: _open_vote,
    Stage.VOTING: _vote,
    Stage.CONSULTING: _agree,
    Stage.DECIDING: _decide,
    Stage.ANNOUNCED: _wait,
    Stage.HANDLING: _take_on,
    Stage.RAISING: _raise_money,
    Stage.FUNDED: _wait,
    Stage.PROCURING: _choose_supplier,
    Stage.AWARDED: _sign,
    Stage.DELIVERING: _build,
    Stage.ACCEPTING: _accept,
    Stage.ACCEPTED: _wait,
    Stage.RATING: _wait,
    Stage.REWORK: _wait,
    Stage.RATED: _wait,
    Stage.SETTLING: _wait,
    Stage.RESERVED: _stays,
    Stage.ENDING: _end,
    **dict.fromkeys(ENDED, _stays),
}
