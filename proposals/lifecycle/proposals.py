"""The whole way of one project: the steps between its stages, and what every stage sets as it begins.

Only the actions of the app that owns a stage leave it; they call ``actions.advance``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.disclosure.rules import what_blocks
from minshi.lifecycle.machine import Machine, Step
from minshi.lifecycle.models import StepRecord
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.residents.rules import RESIDENT, acting_as
from proposals.lifecycle.holders import GROUP, HOLDER_LABELS, PROPOSER, holder_place, reviewer_of
from proposals.lifecycle.stages import STAGES, STOPPABLE
from proposals.models import ENDED, Proposal, Stage
from proposals.wording import worded

GATED = (Stage.ANNOUNCED, Stage.FUNDED, Stage.AWARDED, Stage.ACCEPTED, Stage.RATED, Stage.SETTLING)
"""Where a project waits for a notice that a third of the households may reopen."""

STEPS = (
    Step("submit", _("提出"), ("",), Stage.SUBMITTED, "proposals.propose"),
    Step("pass_review", _("初审通过"), (Stage.SUBMITTED,), Stage.COSIGNING, "proposals.review"),
    Step(
        "return_for_revision",
        _("退回修改"),
        (Stage.SUBMITTED,),
        Stage.RETURNED,
        "proposals.review",
        needs_reason=True,
    ),
    Step("resubmit", _("修改后重新提出"), (Stage.RETURNED,), Stage.SUBMITTED, "proposals.own"),
    Step("decline", _("初审不通过"), (Stage.SUBMITTED,), Stage.DECLINED, "proposals.review", needs_reason=True),
    Step("recuse", _("初审人回避，换人审"), (Stage.SUBMITTED,), "", "proposals.review", needs_reason=True),
    Step(
        "appeal",
        _("提议人申诉，由另一位复核"),
        (Stage.DECLINED,),
        Stage.SUBMITTED,
        "proposals.own",
        needs_reason=True,
    ),
    Step(
        "merge",
        _("并入相近项目"),
        (Stage.SUBMITTED, Stage.COSIGNING),
        Stage.MERGED,
        "proposals.merge",
        needs_reason=True,
    ),
    Step(
        "take_in",
        _("相近项目并进来"),
        (Stage.SUBMITTED, Stage.COSIGNING),
        "",
        platform=True,
        keeps_time=True,
    ),
    Step("split", _("又分开单独办"), (Stage.MERGED,), Stage.SUBMITTED, "proposals.merge", needs_reason=True),
    Step("split_on", _("又分开单独办"), (Stage.MERGED,), Stage.COSIGNING, "proposals.merge", needs_reason=True),
    Step(
        "give_out",
        _("并进来的项目又分出去"),
        (Stage.SUBMITTED, Stage.RETURNED, Stage.COSIGNING, Stage.COSIGNED, Stage.MERGED),
        "",
        platform=True,
        keeps_time=True,
    ),
    Step("climb", _("逾期未审，转上一级"), (Stage.SUBMITTED,), "", platform=True),
    Step(
        "withdraw",
        _("提议人撤回"),
        (Stage.SUBMITTED, Stage.RETURNED, Stage.COSIGNING, Stage.COSIGNED, Stage.CONSULTING),
        Stage.WITHDRAWN,
        "proposals.own",
        needs_reason=True,
    ),
    Step("gather", _("附议达到要求"), (Stage.COSIGNING,), Stage.COSIGNED, platform=True),
    Step("fall_short", _("撤销后附议不够，继续征集"), (Stage.COSIGNED,), Stage.COSIGNING, platform=True),
    Step("lapse", _("到期未达到要求"), (Stage.COSIGNING, Stage.RETURNED), Stage.LAPSED, platform=True),
    # deliberation
    Step("open_vote", _("开始居民表决"), (Stage.COSIGNED,), Stage.VOTING, "deliberation.run"),
    Step("pass_vote", _("居民表决通过"), (Stage.VOTING,), Stage.CONSULTING, "deliberation.run", platform=True),
    Step("fail_vote", _("居民表决未通过"), (Stage.VOTING,), Stage.NOT_PASSED, "deliberation.run", platform=True),
    Step("fail_vote_with_money", _("居民表决未通过，转入了结"), (Stage.VOTING,), Stage.ENDING, platform=True),
    Step("no_plan", _("议事会没有商定方案"), (Stage.CONSULTING,), "", platform=True),
    Step(
        "vote_again",
        _("回到居民表决"),
        (Stage.CONSULTING,),
        Stage.COSIGNED,
        "deliberation.run",
        needs_reason=True,
    ),
    Step(
        "not_agree",
        _("多次商议没有商定"),
        (Stage.CONSULTING,),
        Stage.NOT_PASSED,
        "deliberation.run",
        needs_reason=True,
    ),
    Step(
        "not_agree_with_money",
        _("多次商议没有商定，转入了结"),
        (Stage.CONSULTING,),
        Stage.ENDING,
        "deliberation.run",
        needs_reason=True,
    ),
    Step("agree_plan", _("议事会商定方案"), (Stage.CONSULTING,), Stage.DECIDING, "deliberation.run"),
    Step(
        "decide",
        _("集体决议通过"),
        (Stage.DECIDING,),
        Stage.ANNOUNCED,
        "deliberation.decide",
        needs_reason=True,
    ),
    Step(
        "reserve",
        _("决议列入储备库"),
        (Stage.DECIDING,),
        Stage.RESERVED,
        "deliberation.decide",
        needs_reason=True,
    ),
    Step(
        "take_up",
        _("从储备库提出再议"),
        (Stage.RESERVED,),
        Stage.DECIDING,
        "deliberation.run",
        needs_reason=True,
    ),
    Step(
        "keep_reserved",
        _("复核后继续储备"),
        (Stage.RESERVED,),
        Stage.RESERVED,
        "deliberation.run",
        needs_reason=True,
    ),
    Step("lapse_reserved", _("储备到期没有复核，失效"), (Stage.RESERVED,), Stage.LAPSED, platform=True),
    Step(
        "refuse",
        _("集体决议未通过"),
        (Stage.DECIDING,),
        Stage.DECLINED,
        "deliberation.decide",
        needs_reason=True,
    ),
    Step(
        "consult_again",
        _("退回重新商议"),
        (Stage.DECIDING,),
        Stage.CONSULTING,
        "deliberation.decide",
        needs_reason=True,
    ),
    Step(
        "refuse_with_money",
        _("集体决议未通过，转入了结"),
        (Stage.DECIDING,),
        Stage.ENDING,
        "deliberation.decide",
        needs_reason=True,
    ),
    Step(
        "reconsider",
        _("{objection.reopen_share}受益户反对，重新商议"),
        (Stage.ANNOUNCED,),
        Stage.CONSULTING,
        platform=True,
    ),
    # proposals: tiered handling
    Step(
        "open_handling",
        _("公示期满，分级派单"),
        (Stage.ANNOUNCED,),
        Stage.HANDLING,
        "proposals.run",
        platform=True,
        gate="initiation",
    ),
    Step(
        "accept",
        _("接单，提出办理方案"),
        (Stage.HANDLING,),
        Stage.RAISING,
        "proposals.handle",
        needs_reason=True,
    ),
    Step("escalate", _("提请上一级办理"), (Stage.HANDLING,), "", "proposals.handle", needs_reason=True),
    Step("hand_back", _("退单"), (Stage.HANDLING,), "", "proposals.handle", needs_reason=True),
    Step(
        "decline_handling",
        _("无法办理"),
        (Stage.HANDLING,),
        Stage.DECLINED,
        "proposals.handle",
        needs_reason=True,
    ),
    Step(
        "decline_with_money",
        _("无法办理，转入了结"),
        (Stage.HANDLING,),
        Stage.ENDING,
        "proposals.handle",
        needs_reason=True,
    ),
    Step("climb_tier", _("逾期未办，自动升级"), (Stage.HANDLING,), "", platform=True),
    Step(
        "take_lead",
        _("领导接单"),
        (Stage.HANDLING,),
        "",
        "proposals.handle",
        needs_reason=True,
        keeps_time=True,
    ),
    Step("supervise", _("三级逾期，列入督办"), (Stage.HANDLING,), "", platform=True, keeps_time=True),
    # funding
    Step("announce_funding", _("资金方案落实"), (Stage.RAISING,), Stage.FUNDED, "funding.plan"),
    Step(
        "open_suppliers",
        _("资金公示期满，开始询价"),
        (Stage.FUNDED,),
        Stage.PROCURING,
        "funding.plan",
        platform=True,
        gate="funding",
    ),
    Step(
        "deliver_in_kind",
        _("资金公示期满，不花钱，开始实施"),
        (Stage.FUNDED,),
        Stage.DELIVERING,
        "funding.plan",
        platform=True,
        gate="funding",
    ),
    Step(
        "ask_for_help",
        _("筹资中提请上一级办理"),
        (Stage.RAISING,),
        Stage.HANDLING,
        "funding.plan",
        needs_reason=True,
    ),
    Step("ask_anew", _("报价都不合适，重新询价"), (Stage.PROCURING,), "", "funding.deliver", needs_reason=True),
    Step(
        "plan_anew",
        _("报价都超过方案，重新商议"),
        (Stage.PROCURING,),
        Stage.CONSULTING,
        "funding.deliver",
        needs_reason=True,
    ),
    Step(
        "drop_award",
        _("签约前承接方退出，重新选"),
        (Stage.AWARDED,),
        Stage.PROCURING,
        "funding.deliver",
        needs_reason=True,
    ),
    Step("award", _("选定承接方"), (Stage.PROCURING,), Stage.AWARDED, "funding.award", needs_reason=True),
    Step("sign", _("签订合同"), (Stage.AWARDED,), Stage.DELIVERING, "funding.award", gate="award"),
    Step("finish", _("完工，申请验收"), (Stage.DELIVERING,), Stage.ACCEPTING, "funding.deliver"),
    Step("pass_acceptance", _("验收合格"), (Stage.ACCEPTING,), Stage.ACCEPTED, "funding.accept"),
    Step(
        "fail_acceptance",
        _("验收不合格，整改"),
        (Stage.ACCEPTING,),
        Stage.DELIVERING,
        "funding.accept",
        needs_reason=True,
    ),
    Step(
        "change_plan",
        _("变更超过{change.share}，重新商议"),
        (Stage.DELIVERING,),
        Stage.CONSULTING,
        "funding.decide_change",
        needs_reason=True,
    ),
    Step("cancel", _("取消项目，转入了结"), STOPPABLE, Stage.ENDING, "funding.confirm_ending", needs_reason=True),
    Step("end_cancelled", _("了结完毕，项目取消"), (Stage.ENDING,), Stage.CANCELLED, "funding.close_ending"),
    Step("end_declined", _("了结完毕，项目未通过"), (Stage.ENDING,), Stage.DECLINED, "funding.close_ending"),
    Step("end_not_passed", _("了结完毕，项目未通过"), (Stage.ENDING,), Stage.NOT_PASSED, "funding.close_ending"),
    Step(
        "reopen_funding",
        _("{objection.reopen_share}受益户反对，重新落实资金"),
        (Stage.FUNDED,),
        Stage.RAISING,
        platform=True,
    ),
    Step(
        "reopen_award",
        _("{objection.reopen_share}受益户反对，重新评选"),
        (Stage.AWARDED,),
        Stage.PROCURING,
        platform=True,
    ),
    # evaluation
    Step(
        "open_survey",
        _("开始满意度评议"),
        (Stage.ACCEPTED,),
        Stage.RATING,
        "evaluation.run",
        platform=True,
        gate="acceptance",
    ),
    Step("ask_again", _("开始满意度评议"), (Stage.REWORK,), Stage.RATING, "evaluation.run", platform=True),
    Step("accept_again", _("验收公示被重议，重新验收"), (Stage.ACCEPTED,), Stage.ACCEPTING, platform=True),
    Step("extend_survey", _("答卷不够，评议延长一次"), (Stage.RATING,), "", platform=True),
    Step("count_survey", _("评议截止，核对纸质测评表"), (Stage.RATING,), "", platform=True),
    Step("pass_survey", _("满意度达标"), (Stage.RATING,), Stage.RATED, platform=True),
    Step("mend", _("满意度不足{rating.pass}，整改后再评"), (Stage.RATING,), Stage.REWORK, platform=True),
    Step("refuse_work", _("满意度不足{rating.refuse}，重新验收"), (Stage.RATING,), Stage.ACCEPTING, platform=True),
    Step("ask_street", _("评议结果报街道决定"), (Stage.RATING,), "", platform=True),
    Step(
        "rule_on_rating",
        _("街道对评议作出决定"),
        (Stage.RATING,),
        Stage.RATED,
        "evaluation.rule",
        needs_reason=True,
    ),
    Step("settle_hold", _("满意度公示期满，处理尾款"), (Stage.RATED,), "", platform=True, gate="satisfaction"),
    Step("result_stands", _("满意度公示期满"), (Stage.RATED,), "", platform=True, gate="satisfaction"),
    Step("rate_again", _("满意度公示被重议，整改后再评"), (Stage.RATED,), Stage.REWORK, platform=True),
    Step("settle", _("结算并公示"), (Stage.RATED,), Stage.SETTLING, "evaluation.run", gate="satisfaction"),
    Step("account_again", _("结算公示被重议，重新结算"), (Stage.SETTLING,), Stage.RATED, platform=True),
    Step("archive", _("归档"), (Stage.SETTLING,), Stage.ARCHIVED, "evaluation.run", gate="accounts"),
    # what a third reopened twice: the level above decides (domain.md 4)
    Step("ask_above", _("同样的内容再次被重议，报上一级决定"), GATED, "", platform=True, keeps_time=True),
    Step(
        "propose_above",
        _("对再次重议提出决定，等另一位确认"),
        GATED,
        "",
        "proposals.rule_above",
        needs_reason=True,
        keeps_time=True,
    ),
    Step(
        "disagree_above",
        _("另一位不同意提出的决定"),
        GATED,
        "",
        "proposals.rule_above",
        needs_reason=True,
        keeps_time=True,
    ),
    Step(
        "confirm_above",
        _("上一级决定：照公示的内容办理"),
        GATED,
        "",
        "proposals.rule_above",
        needs_reason=True,
        keeps_time=True,
    ),
    Step(
        "send_back_above",
        _("上一级决定：退回重做"),
        GATED,
        "",
        "proposals.rule_above",
        needs_reason=True,
        keeps_time=True,
    ),
    # any open stage
    Step("overdue", _("逾期，提醒上一级"), tuple(STAGES), "", platform=True, keeps_time=True),
)

BY_GROUP = (Stage.PROCURING, Stage.AWARDED, Stage.DELIVERING, Stage.REWORK)
"""Stages whose steps the project group takes, whoever holds them."""


def waits_for(proposal: Proposal, kind: str) -> bool:
    """Whether a step out of its present stage waits for a notice of this kind to pass."""
    return any(step.gate == kind and proposal.stage in step.sources for step in STEPS)


SETTABLE = ("tier", "gate_notice", "merged_into", "supervised_at")
"""Fields a step may set together with the stage."""


def _entered(proposal: Proposal, at: datetime, setting: dict[str, Any]) -> Sequence[str]:
    """Set the holder, the due date and the pinned terms of the stage just entered.

    An action that knows better (a notice's end, a tier's holder) says so in ``setting``: role, place, due, and
    ``carried``, what an earlier stage pinned and goes on holding.
    """
    proposal.stage_since = at
    set_now = [name for name in SETTABLE if setting.get(name) is not None]
    for name in set_now:
        setattr(proposal, name, setting[name])
    if setting.get("parted"):
        proposal.merged_into = None
        set_now.append("merged_into")
    if proposal.stage in ENDED:
        proposal.holder_role, proposal.holder_place, proposal.due_at = "", None, None
    else:
        rule = STAGES[proposal.stage]
        if proposal.stage == Stage.SUBMITTED and not setting.get("role"):
            role, place = reviewer_of(proposal.place, proposal.proposer, aside=stepped_aside(proposal))
            setting = {**setting, "role": role, "place": place}
        proposal.terms = _kept_terms(proposal) or policy.terms([rule.days, *rule.terms], proposal.place)
        proposal.terms |= setting.get("carried") or {}
        proposal.holder_role = setting.get("role") or rule.role
        proposal.holder_place = setting.get("place") or holder_place(proposal.place, rule.level)
        due = setting.get("due") or calendar.period(at, **{rule.unit: int(proposal.terms[rule.days])})
        if isinstance(due, calendar.Period):
            proposal.due_at, proposal.terms["basis"] = due.end, due.basis
        else:
            proposal.due_at = due
    return ("stage_since", "holder_role", "holder_place", "due_at", "terms", *set_now)


def stepped_aside(proposal: Proposal) -> list[int]:
    """Who does not review it any more: they stepped aside, or declined it once."""
    said = StepRecord.objects.of(proposal).filter(verb__in=("recuse", "decline"), by__isnull=False)
    return list(said.values_list("by", flat=True))


def _kept_terms(proposal: Proposal) -> dict[str, Any]:
    """What its stage pinned when it began, for a step that stays in it: what runs keeps its rule. Else empty."""
    if not Proposal.objects.filter(pk=proposal.pk, stage=proposal.stage).exists():  # as it was before this step
        return {}
    return {name: value for name, value in proposal.terms.items() if name != "basis"}


def set_stage_deadline(proposal: Proposal, wakes_at: datetime | None = None) -> None:
    """One open stage deadline per proposal, with a reminder when a third of the time is left.

    With ``wakes_at`` it only waits for something: looked at then, and nobody is reminded.
    """
    deadlines.meet(proposal)
    if proposal.stage in ENDED:
        return
    assert proposal.due_at and proposal.stage_since and proposal.holder_place
    deadlines.schedule(
        proposal,
        f"stage:{proposal.stage}",
        proposal.due_at,
        role=proposal.holder_role,
        place_path=proposal.holder_place.path,
        title=f"{Stage(proposal.stage).label}：{proposal.title}",
        url=proposal.get_absolute_url(),
        since=proposal.stage_since,
        wakes_at=wakes_at,
        remind_at=None if wakes_at else _reminder(proposal.stage_since, proposal.due_at),
        basis=proposal.terms.get("basis", ""),
        provisional=calendar.is_provisional(proposal.due_at),
    )


def _reminder(begun: datetime, due: datetime) -> datetime | None:
    """At two thirds of the time, but only where a reminder leaves at least four hours."""
    left = (due - begun) / 3
    return due - left if left > timedelta(hours=4) else None


def _role_of(user: User, proposal: Proposal) -> str:
    if user.is_same(proposal.proposer_id) and proposal.stage in (
        Stage.SUBMITTED,
        Stage.RETURNED,
        Stage.COSIGNING,
    ):
        return str(HOLDER_LABELS[PROPOSER])
    role = acting_as(user, proposal.place, proposal.holder_role)
    # What a group does is done by its members: they act as the group unless they hold a role there.
    return str(HOLDER_LABELS[GROUP]) if proposal.stage in BY_GROUP and role == str(RESIDENT) else role


PROPOSAL = Machine(
    subject="proposals.proposal",
    steps=STEPS,
    stage_labels={str(value): str(label) for value, label in Stage.choices},
    entered=_entered,
    settled=set_stage_deadline,
    role_of=_role_of,
    worded=worded,
    gate=lambda proposal, kind: what_blocks(proposal.gate_notice, kind),
)
