"""Each sentence on a project's page is computed from what it speaks of: read before every step of many side ways."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Q
from django.utils.html import strip_tags

from deliberation import actions as deliberation
from evaluation.actions import accounts, surveys
from evaluation.models import Survey, Verdict
from evaluation.rules import percent
from funding import actions as funding
from funding.models import Contract, EndingStage, HoldStage, PaymentStage, Refund, Waiver
from funding.selectors import coverage, last_ending, owed_to_suppliers_fen
from minshi import clock as platform_clock
from minshi.disclosure.models import Notice
from minshi.disclosure.signals import reopened
from minshi.ledger.money import format_yuan
from minshi.lifecycle import machine
from minshi.lifecycle.models import StepRecord
from minshi.policy import calendar
from proposals import actions as proposals
from proposals.lifecycle import STEPS, waits_for
from proposals.models import ENDED, Proposal, Source, Stage
from proposals.selectors import way_of
from proposals.views.library import _project_parts
from tests.way import Way, a_picture, wait_until_over

pytestmark = pytest.mark.django_db

PAID = re.compile(r"已付 ([\d,.]+) 元，合同价 ([\d,.]+) 元")
YUAN = re.compile(r"[\s]+")


# --- What each sentence speaks of -----------------------------------------------------------------


def entering(proposal: Proposal) -> StepRecord | None:
    """The step that brought it where it stands."""
    rows = StepRecord.objects.of(proposal).filter(target=proposal.stage).exclude(source=proposal.stage)
    return rows.order_by("-id").first()


def retention_paid(contract: Contract) -> bool:
    return contract.payments.filter(stage=PaymentStage.PAID, milestone__kind="retention").exists()


def retention_given_up(contract: Contract | None) -> bool:
    return Waiver.objects.confirmed().filter(milestone__contract=contract, milestone__kind="retention").exists()


def newest(proposal: Proposal) -> Contract | None:
    return Contract.objects.filter(proposal=proposal).select_related("hold").order_by("-pk").first()


def facts_of(proposal: Proposal) -> dict[str, Callable[[], bool]]:
    """What a page may say → whether the records bear it out."""
    survey = Survey.objects.filter(proposal=proposal).order_by("-round").first()
    contract, entered = newest(proposal), entering(proposal)
    stage, found = proposal.stage, coverage(proposal)
    over = stage in (*ENDED, Stage.ENDING)
    ending = last_ending(proposal)
    return {
        "督办中": lambda: (
            stage == Stage.HANDLING
            and proposal.supervised_at is not None
            and proposal.supervised_at >= StepRecord.objects.of(proposal).exclude(verb__in=KEEP_TIME).latest("at").at
        ),
        "自动转上一级": lambda: (
            (stage == Stage.SUBMITTED and proposal.holder_role not in ("case_officer", "district_officer"))
            or (stage == Stage.HANDLING and (proposal.tier or 1) < 3)
        ),
        "列入督办。": lambda: stage == Stage.HANDLING and proposal.tier == 3,
        "还差": lambda: (
            not over and stage not in (Stage.RATED, Stage.SETTLING) and (found.gap_fen > 0 or found.in_kind_gap_fen > 0)
        ),
        "我家也出一点": lambda: stage == Stage.RAISING and found.missing_fen(Source.SELF_RAISED) > 0,
        "资金已经落实": lambda: found.gap_fen == 0 and found.found_fen == found.sure_fen > 0,
        "正在审批": lambda: proposal.grants.filter(stage__in=("asked", "incomplete", "examined", "cleared")).exists(),
        "尾款已付": lambda: bool(contract and retention_paid(contract)),
        "尾款可以支付": lambda: (
            bool(contract and contract.hold.stage == HoldStage.RELEASED)
            and not retention_paid(contract)  # type: ignore[arg-type]
            and not retention_given_up(contract)
        ),
        "尾款已由两个人登记放弃": lambda: retention_given_up(contract),
        "应付的已经付清": lambda: owed_to_suppliers_fen(proposal) == 0,
        "银行退回的": lambda: owed_to_suppliers_fen(proposal) > 0,
        "尾款暂扣": lambda: bool(contract and contract.hold.stage == HoldStage.HELD and not contract.ended_at),
        "然后结算": lambda: stage == Stage.RATED and survey is not None and survey.hold_settled_at is None,
        "，支付尾款": lambda: survey is not None and survey.decides_release and not retention_given_up(contract),
        "轮次已经用完": lambda: survey is not None and survey.verdict in (Verdict.MEND, Verdict.REFUSED),
        "等街道决定尾款怎么办": lambda: stage == Stage.RATING and proposal.holder_role == "approver",
        "附议够了，社区": lambda: entered is not None and entered.verb == "gather",
        "要再问一次每户": lambda: entered is not None and entered.verb == "vote_again",
        "党组织已经研究过": lambda: proposal.studies.filter(version=proposal.version).exists(),
        "党组织先研究": lambda: not proposal.studies.filter(version=proposal.version).exists(),
        "验收不合格，正在整改": lambda: stage == Stage.DELIVERING and bool(contract and contract.acceptances.exists()),
        "重新逐项验收": lambda: stage == Stage.ACCEPTING and entered is not None and entered.verb != "finish",
        "已经完工，等居民": lambda: entered is not None and entered.verb == "finish",
        "正在询价比选。": lambda: proposal.enquiries.filter(ended_at=None).exists(),
        "准备询价": lambda: not proposal.enquiries.filter(ended_at=None).exists(),
        "这件事不办了": lambda: stage == Stage.ENDING,
        "还欠": lambda: (
            ending is not None and (ending.stage == EndingStage.PAYING or owed_to_suppliers_fen(proposal) > 0)
        ),
        "余款等着退": lambda: Refund.objects.owed().filter(proposal=proposal).exists(),
        "余款已经退回": lambda: not Refund.objects.owed().filter(proposal=proposal).exists(),
        "以前中止的合同已付": lambda: proposal.contracts.count() > 1,
        "已经办完归档": lambda: stage == Stage.ARCHIVED,
        "第二次被重议": lambda: (
            bool(proposal.gate_notice and proposal.gate_notice.reopened_at and not proposal.gate_notice.is_passed)
            and proposal.holder_role in ("case_officer", "district_officer")
        ),
        "才能再公示": lambda: bool(
            proposal.gate_notice
            and proposal.gate_notice.reopened_at
            and not waits_for(proposal, proposal.gate_notice.kind)
        ),
        "都由本人撤回": lambda: (
            not Notice.objects.filter(link=proposal.get_absolute_url(), pk=proposal.gate_notice_id)
            .exclude(objections__outcome="withdrawn")
            .exists()
        ),
        "没有应付的款": lambda: not proposal.contracts.exists(),
        "没有余款要退": lambda: not proposal.refunds.exists(),
        "异议没有答复": lambda: Notice.objects.filter(
            Q(objections_open__gt=0), link=proposal.get_absolute_url()
        ).exists(),
    }


KEEP_TIME = tuple(step.verb for step in STEPS if step.keeps_time)
NEVER_SAID = ("None", "暂无数据", "评议没有达标")


def said_of(proposal: Proposal) -> str:
    parts = _project_parts(proposal.number, platform_clock.now(), is_elder=False)
    return YUAN.sub(" ", strip_tags(parts["main"]))


def false_sentences(proposal: Proposal) -> list[str]:
    """Everything the page says that the records do not bear out."""
    text = said_of(proposal)
    now, _line, rest = text.partition("这件事走到哪了")
    _way, _line, rest = rest.partition("钱从哪来")
    wrong = [phrase for phrase, is_true in facts_of(proposal).items() if phrase in now + rest and not is_true()]
    wrong += [phrase for phrase in NEVER_SAID if phrase in text]
    prices = {
        format_yuan(fen) for fen in Contract.objects.filter(proposal=proposal).values_list("price_fen", flat=True)
    }
    for paid, price in PAID.findall(text):
        if price not in prices or float(paid.replace(",", "")) > float(price.replace(",", "")):
            wrong.append(f"已付 {paid}，合同价 {price}")
    wrong += _false_line(proposal) + _false_percent(proposal, now)
    return wrong


def _false_line(proposal: Proposal) -> list[str]:
    """What stands now on the line is when it was entered, and why."""
    line = way_of(proposal, list(StepRecord.objects.of(proposal).order_by("id")))
    current = [entry for entry in line if entry["state"] == "now"]
    entered = entering(proposal)
    if not current or entered is None:
        return []
    wrong = []
    if current[0]["date"] != entered.at:
        wrong.append(f"{current[0]['label']} 自 {current[0]['date']}")
    if (f"“{entered.reason}”" if entered.reason else "") not in current[0]["note"]:
        wrong.append(current[0]["note"])
    if any(entry["state"] == "done" and entry["label"] == "了结" for entry in line):
        wrong.append("了结")
    return wrong


def _false_percent(proposal: Proposal, now: str) -> list[str]:
    survey = Survey.objects.filter(proposal=proposal).order_by("-round").first()
    wrong = [said for said in re.findall(r"满意率 (\d+)%", now) if survey is None or int(said) != percent(survey)]
    if survey is not None and survey.closed_at and survey.answers_count:
        if "不足八成" in now and percent(survey) >= 80:
            wrong.append("不足八成")
        if "不足六成" in now and percent(survey) >= 60:
            wrong.append("不足六成")
    return wrong


# --- Reading before each step ---------------------------------------------------------------------


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> Iterator[set[tuple[str, ...]]]:
    """The kinds of states whose pages were read; a false sentence stops the walk where it is said."""
    settings.MEDIA_ROOT = tmp_path
    seen: set[tuple[str, ...]] = set()
    ask = machine._wrong_stage

    def wrong_stage(of: machine.Machine, step: machine.Step, subject: Any) -> str:
        if of.subject == "proposals.proposal" and subject.pk and not is_being_counted(subject):
            note(subject, seen)
        return ask(of, step, subject)

    monkeypatch.setattr(machine, "_wrong_stage", wrong_stage)
    yield seen


def is_being_counted(proposal: Proposal) -> bool:
    """In the middle of one action: the survey is closed, and what it decides is the step that is being taken."""
    closed = proposal.surveys.filter(stage="closed", ruling="").order_by("-round").first()
    return proposal.stage == Stage.RATING and closed is not None and proposal.holder_role != "approver"


def note(subject: Any, seen: set[tuple[str, ...]]) -> None:
    proposal = Proposal.objects.get(pk=subject.pk)
    last = StepRecord.objects.of(proposal).order_by("-id").first()
    ending = proposal.endings.order_by("-pk").first()
    survey = proposal.surveys.order_by("-round").first()
    grants = ",".join(proposal.grants.order_by("pk").values_list("stage", flat=True))
    told = (last.verb if last else "", ending.stage if ending else "", survey.verdict if survey else "", grants)
    seen.add((proposal.stage, *told))
    assert false_sentences(proposal) == [], (proposal.stage, *told)


def reopen(proposal: Proposal) -> None:
    proposal.refresh_from_db()
    reopened.send(sender=Notice, notice=proposal.gate_notice)
    proposal.refresh_from_db()


def voted_down(way: Way, proposal: Proposal) -> None:
    meeting = way.announced_meeting(proposal)
    platform_clock.move(meeting.begins_at - platform_clock.now() + timedelta(hours=2))
    deliberation.record_minutes(
        meeting,
        chair="丙楼长",
        expected=12,
        present=10,
        parties={},
        minutes="意见不一",
        resolutions=[{"text": "装一盏", "agree": 2, "against": 8, "abstain": 0}],
        by=way.who("clerk"),
    )


def give_back(way: Way, proposal: Proposal) -> None:
    for refund in Refund.objects.unpaid().filter(proposal=proposal):
        funding.pay_refund(refund, voucher=f"退{refund.pk}", by=way.who("cashier"))
        funding.confirm_refund(refund, by=way.who("clerk"))


# --- The side ways --------------------------------------------------------------------------------


def early_ends(way: Way) -> list[Proposal]:
    chief, clerk = way.who("chief"), way.who("clerk")
    declined = way.submitted(title="装一盏灯")
    proposals.return_for_revision(declined, by=chief, reason="写清楚")
    proposals.resubmit(declined, by=way.who("resident"), why="写清楚了")
    wait_until_over(declined)
    wait_until_over(declined)
    proposals.decline(declined, by=way.who("case_officer"), reason="属物业的责任")
    withdrawn = way.cosigning(title="种一棵树")
    proposals.withdraw(withdrawn, reason="不种了", by=way.who("resident"))
    lapsed = way.cosigning(title="修一条路")
    wait_until_over(lapsed)
    into, merged = way.cosigning(title="院门照明"), way.cosigning(title="院门照明灯")
    proposals.merge(merged, into, by=clerk, reason="同一盏灯")
    failed = way.voting(title="砌一堵墙")
    way.vote_on_paper(failed, agree=1, against=8)
    return [declined, withdrawn, lapsed, merged, into, failed]


def consulting_ends(way: Way) -> list[Proposal]:
    clerk, party = way.who("clerk"), way.who("party")
    never = way.consulting(title="装一盏灯")
    for _try in range(3):
        voted_down(way, never)
    deliberation.not_agree(never, reason="三次没有谈拢", by=clerk)
    again = way.deciding(title="种一棵树")
    way.study(again)
    deliberation.consult_again(again, reason="表决没有通过", by=party)
    deliberation.vote_again(again, reason="费用变了", by=clerk)
    deliberation.open_motion(again, by=clerk)
    way.vote_on_paper(again, agree=9)
    kept = way.deciding(title="修一条路")
    way.study(kept)
    way.decide(kept, outcome="reserve", tier=None, tier_reason="", reason="明年")
    deliberation.take_up(kept, reason="今年有钱了", by=clerk)
    way.decide(kept, outcome="refuse", tier=None, tier_reason="", reason="还是不办")
    return [never, again, kept]


def handling_and_raising(way: Way) -> list[Proposal]:
    clerk, case_officer = way.who("clerk"), way.who("case_officer")
    reopened_one = way.announced(title="装一盏灯")
    reopen(reopened_one)
    supervised = way.handling(title="种一棵树", tier=2)
    proposals.hand_back(supervised, by=case_officer, reason="社区先办")
    proposals.escalate(supervised, by=clerk, reason="社区办不了")
    wait_until_over(supervised)
    wait_until_over(supervised)
    assert supervised.supervised_at
    proposals.accept_handling(supervised, by=way.who("district_officer"), reason="区里办")
    way.planned(supervised)
    grant = way.asked(supervised)
    funding.return_for_completion(grant, by=case_officer, reason="缺预算")
    funding.complete(grant, by=clerk, reason="补了")
    funding.examine(grant, by=case_officer, reason="合理")
    funding.refuse(grant, by=way.who("approver"), reason="超标")
    asked = funding.ask_ending(supervised, reason="不办了", file=a_picture(), by=clerk)
    funding.refuse_ending(asked, reason="再筹", by=case_officer)
    way.granted(supervised)
    for number, door in enumerate(way.households[:4]):
        way.given(supervised, door, 200_000, f"收据{supervised.pk}-{number}")
    funding.announce_funding(supervised, by=clerk)
    reopen(supervised)
    funding.announce_funding(supervised, by=clerk)
    helped = way.raising(title="修一条路", tier=1)
    way.planned(helped)
    funding.ask_for_help(helped, reason="筹不够", by=clerk)
    return [reopened_one, supervised, helped]


def choosing_and_delivering(way: Way) -> list[Proposal]:
    clerk, party, case_officer = way.who("clerk"), way.who("party"), way.who("case_officer")
    proposal = way.procuring(title="装一盏灯")
    enquiry = way.quoted(proposal)
    funding.ask_anew(proposal, reason="再问问", by=clerk)
    enquiry = way.quoted(proposal)
    funding.award(enquiry, enquiry.quotes.first(), reason="价低", by=party)
    reopen(proposal)
    funding.award(enquiry, enquiry.quotes.last(), reason="质保长", by=party)
    proposal.refresh_from_db()
    funding.drop_award(proposal, reason="不做了", by=clerk)
    funding.award(enquiry, enquiry.quotes.first(), reason="价低", by=party)
    proposal.refresh_from_db()
    platform_clock.move(proposal.gate_notice.ends_at - platform_clock.now() + timedelta(minutes=1))
    funding.sign(proposal, integrity=True, file=a_picture(), by=party)
    funding.start_work(proposal, by=way.who("chief"))
    way.paid(proposal, "start")
    funding.log(proposal, text="做好了", by=way.who("chief"))
    funding.finish(proposal, by=way.who("chief"))
    funding.accept_work(
        proposal, panel=way.panel(), items=[("灯亮", False, "不亮")], opinion="不合格", by=way.who("supervisor")
    )
    way.rethink(proposal)
    meeting = way.recorded_meeting(proposal)
    deliberation.agree_plan(
        meeting,
        resolution=meeting.resolutions.get(),
        text="装两盏",
        cost_fen=3_000_000,
        shares={Source.SUBSIDY: 2_200_000, Source.SELF_RAISED: 800_000},
        keeper="院落自管小组",
        by=clerk,
    )
    proposal.refresh_from_db()
    way.study(proposal)
    way.decide(proposal, outcome="refuse", tier=None, tier_reason="", reason="太贵")
    ending = proposal.endings.get()
    funding.confirm_ending(ending, by=case_officer)
    give_back(way, proposal)
    funding.close_ending(ending, done="做了灯座", by=way.who("approver"))
    return [proposal, ended_with_work(way), too_dear(way)]


def ended_with_work(way: Way) -> Proposal:
    proposal = way.delivering(title="种一棵树")
    ending = way.ending(proposal, work_fen=800_000)
    note(proposal, set())
    way.paid(proposal, "ending")
    note(proposal, set())
    give_back(way, proposal)
    note(proposal, set())
    ending.refresh_from_db()
    funding.close_ending(ending, done="种了半棵", by=way.who("clerk"))
    return proposal


def too_dear(way: Way) -> Proposal:
    proposal = way.procuring(title="修一条路")
    way.quoted(proposal, 2_100_000, 2_200_000, 2_300_000)
    funding.plan_anew(proposal, reason="都太贵", by=way.who("clerk"))
    return proposal


def rated_badly(way: Way) -> list[Proposal]:
    """Reopened, mended, refused, accepted again, and after the last round the street rules not to pay."""
    proposal = way.accepted(title="装一盏灯")
    reopen(proposal)
    way.accept_work(proposal)
    survey = way.asked_to_rate(proposal)
    way.answer(survey, good=12)
    way.result(survey)
    reopen(proposal)
    again(way, proposal, good=2, bad=10)
    proposal.refresh_from_db()
    assert proposal.stage == Stage.ACCEPTING
    way.accept_work(proposal)
    survey = way.asked_to_rate(proposal)
    way.answer(survey, good=2, bad=10)
    survey = way.result(survey)
    surveys.rule(survey, ruling="refuse", reason="没有改好", by=way.who("approver"))
    proposal.refresh_from_db()
    platform_clock.move(proposal.gate_notice.ends_at - platform_clock.now() + timedelta(minutes=1))
    surveys.settle_hold(proposal.surveys.latest("round"), by=None)
    return [proposal]


def again(way: Way, proposal: Proposal, *, good: int, bad: int) -> None:
    survey = surveys.open_survey(proposal, by=way.who("clerk"))
    way.answer(survey, good=good, bad=bad)
    way.result(survey)


def too_few(way: Way) -> list[Proposal]:
    survey = way.rating(title="种一棵树")
    way.answer(survey, good=2)
    survey = way.result(survey)
    survey = way.result(survey)
    assert survey.verdict == Verdict.TOO_FEW
    surveys.rule(survey, ruling="release", reason="做得不错", by=way.who("approver"))
    return [survey.proposal]


def to_the_archive(way: Way) -> list[Proposal]:
    proposal = way.settling(title="修一条路")
    reopen(proposal)
    made = accounts.make_accounts(proposal, by=way.who("clerk"))
    accounts.confirm_accounts(made, by=way.who("case_officer"))
    accounts.settle(proposal, by=way.who("clerk"))
    assert calendar.is_working(platform_clock.today()) in (True, False)
    return [proposal, way.archived(title="砌一堵墙")]


WALKS = (
    early_ends, consulting_ends, handling_and_raising, choosing_and_delivering, rated_badly, too_few, to_the_archive,
)  # fmt: skip


@pytest.mark.drill(only=True)
def test_every_sentence_is_true_on_at_least_sixty_side_states(way: Way, read: set[tuple[str, ...]]) -> None:
    for walk in WALKS:
        for proposal in walk(way):
            note(proposal, read)
    assert len(read) >= 60, sorted(read)


@pytest.mark.parametrize("walk", [early_ends, rated_badly], ids=lambda walk: walk.__name__)
def test_every_sentence_is_true_on_a_side_way(way: Way, read: set[tuple[str, ...]], walk: Callable[..., Any]) -> None:
    for proposal in walk(way):
        note(proposal, read)
    assert read


def test_nothing_is_short_once_what_was_left_over_went_back(way: Way) -> None:
    proposal = way.paid_up()
    text = said_of(proposal)
    assert proposal.stage == Stage.RATED
    assert "还差" not in text
    assert f"{format_yuan(1_850_000)} 元 到账的钱，退回的已经减去" in text
