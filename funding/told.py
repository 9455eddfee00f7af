"""What people are told of money and work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from funding.lifecycle import HELD_BY, admin_url
from funding.models import Contribution, Grant, Hold
from funding.selectors import gave_then, group_of
from minshi.ledger.money import format_yuan
from minshi.lifecycle.models import StepRecord
from minshi.notifications.catalogue import Audience, Doors, Event, Heard, Lines, Post, Told, ToldBy, Unheard, Way
from minshi.residents.models import Role
from proposals.lifecycle import holder_place, superior_of
from proposals.models import Proposal
from proposals.told import CLERK, HOLDER, IN_YOUR_NAME, PROPOSER, SUPPORTERS, project, project_named

# --- The whole way ----------------------------------------------------------------------------------


def _group(subject: Any, record: StepRecord) -> Heard:
    """Members with an account; the others hear from their neighbours."""
    group = group_of(subject if isinstance(subject, Proposal) else subject.proposal)
    if group is None:
        return []
    return [member.person.user for member in group.members.select_related("person__user")]


def _judge_at_the_desk(proposal: Proposal) -> str:
    return admin_url(proposal.purse)


GROUP = Audience(_("项目小组"), _group)
CASE_OFFICER = Audience(
    _("街道经办"), lambda subject, record: Post(Role.CASE_OFFICER, holder_place(subject.territory, "street"))
)

STAGES = project(
    Told("announce_funding", PROPOSER, _("资金方案已公示：%(title)s"), _("公示期满、没有异议就往下办")),
    Told("open_suppliers", PROPOSER, _("资金公示期满，开始询价：%(title)s")),
    Told("open_suppliers", GROUP, _("开始询价比选：%(title)s"), _("社区会请小组一起选承接方")),
    Told("open_suppliers", HOLDER, _("请询价比选：%(title)s"), _("请在 %(due)s 前办理"), url=_judge_at_the_desk),
    Told("deliver_in_kind", PROPOSER, _("资金公示期满，开始实施：%(title)s")),
    Told("deliver_in_kind", GROUP, _("开始实施，请盯进度、记现场：%(title)s")),
    Told("deliver_in_kind", CLERK, _("开始实施，请督促项目小组：%(title)s")),
    Told("award", PROPOSER, _("承接方已选定：%(title)s"), "%(reason)s"),
    Told("award", GROUP, _("承接方已选定：%(title)s"), "%(reason)s"),
    Told("award", HOLDER, _("成交公示期满后请签合同：%(title)s"), _("请在 %(due)s 前办理"), url=_judge_at_the_desk),
    Told("sign", PROPOSER, _("合同已签：%(title)s")),
    Told("sign", GROUP, _("合同已签，请盯进度、记现场：%(title)s")),
    Told("finish", HOLDER, _("请组织验收：%(title)s"), _("已报完工，请在 %(due)s 前办理")),
    Told("finish", PROPOSER, _("已完工，申请验收：%(title)s")),
    Told("pass_acceptance", PROPOSER, _("验收合格：%(title)s"), _("验收公示期满后请大家评议")),
    Told("pass_acceptance", GROUP, _("验收合格：%(title)s")),
    Told("pass_acceptance", HOLDER, _("请开始满意度评议：%(title)s"), _("验收公示期满后，在 %(due)s 前开始")),
    Told("fail_acceptance", GROUP, _("验收不合格，请整改：%(title)s"), "%(reason)s"),
    Told("fail_acceptance", PROPOSER, _("验收不合格，整改：%(title)s"), "%(reason)s"),
    Told("change_plan", PROPOSER, _("变更大，要重新商议：%(title)s"), "%(reason)s"),
    Told("change_plan", GROUP, _("重新商议：%(title)s"), "%(reason)s"),
    Told("change_plan", HOLDER, _("要重新商议：%(title)s"), "%(reason)s"),
    Told("ask_for_help", HOLDER, _("派单：%(title)s"), _("%(tier)s办理，%(due)s截止")),
    Told("ask_for_help", PROPOSER, _("筹资中提请上一级办理：%(title)s"), "%(reason)s"),
    Told("ask_anew", GROUP, _("重新询价：%(title)s"), "%(reason)s"),
    Told("plan_anew", PROPOSER, _("报价都超过方案，重新商议：%(title)s"), "%(reason)s"),
    Told("plan_anew", GROUP, _("报价都超过方案，重新商议：%(title)s"), "%(reason)s"),
    Told("plan_anew", HOLDER, _("要重新商议：%(title)s"), "%(reason)s"),
    Told("drop_award", PROPOSER, _("承接方退出，重新选：%(title)s"), "%(reason)s"),
    Told("drop_award", GROUP, _("承接方退出，重新选：%(title)s"), "%(reason)s"),
    Told("drop_award", HOLDER, _("承接方退出，请重新选：%(title)s"), "%(reason)s", url=_judge_at_the_desk),
    Told("cancel", PROPOSER, _("项目取消：%(title)s"), "%(reason)s"),
    Told("cancel", GROUP, _("项目取消：%(title)s"), "%(reason)s"),
    Told("cancel", SUPPORTERS, _("您附议的“%(title)s”取消了"), "%(reason)s"),
    *(
        Told(verb, to, _("了结完毕：%(title)s"), "%(reason)s")
        for verb in ("end_cancelled", "end_declined", "end_not_passed")
        for to in (PROPOSER, GROUP, SUPPORTERS)
    ),
    Told("reopen_funding", PROPOSER, _("受益户反对，重新落实资金：%(title)s"), "%(label)s"),
    Told("reopen_funding", HOLDER, _("受益户反对，要重新办：%(title)s"), "%(label)s"),
    Told("reopen_award", PROPOSER, _("受益户反对，重新选承接方：%(title)s"), "%(label)s"),
    Told("reopen_award", HOLDER, _("受益户反对，要重新办：%(title)s"), "%(label)s", url=_judge_at_the_desk),
)

# --- What waits for an office -------------------------------------------------------------------------


def _holder(subject: Any, record: StepRecord) -> Heard:
    held = HELD_BY[type(subject)](subject)
    return Post(held[0], holder_place(subject.territory, held[1])) if held else None


def _superior(subject: Any, record: StepRecord) -> Heard:
    held = HELD_BY[type(subject)](subject)
    if held is None:
        return None
    role, level = superior_of(held[0])
    return Post(role, holder_place(subject.territory, level))


WAITS_FOR = Audience(_("这一步的承办人"), _holder)
ABOVE = Audience(_("承办人的上一级"), _superior)
ASKER = Audience(_("申请的人"), lambda subject, record: [subject.asked_by])


def _money(what: Callable[[Any], object]) -> Callable[[Any, StepRecord], dict[str, Any]]:
    return lambda subject, record: {
        "title": subject.proposal.title,
        "stage": subject.get_stage_display(),
        "what": what(subject),
        "yuan": format_yuan(subject.amount_fen),
    }


def _project_page(subject: Any) -> str:
    return str(subject.proposal.get_absolute_url())


def _books(subject: Any) -> str:
    return reverse("books", args=[subject.proposal.number])


ASKED = (_("%(stage)s：%(title)s"), _("%(what)s %(yuan)s 元"))

GRANTS = Lines(
    "funding.grant",
    (
        Told("ask", WAITS_FOR, *ASKED),
        Told("return_for_completion", ASKER, _("请补正：%(title)s"), "%(reason)s"),
        Told("complete", WAITS_FOR, *ASKED),
        Told("examine", WAITS_FOR, *ASKED),
        Told("approve", ASKER, _("资金已批准：%(title)s"), _("%(yuan)s 元"), url=_project_page),
        Told("pass_on", WAITS_FOR, *ASKED),
        Told("pass_on", ASKER, _("街道已同意，报区里审定：%(title)s"), _("%(yuan)s 元"), url=_project_page),
        Told("decide", ASKER, _("资金已批准：%(title)s"), _("%(yuan)s 元"), url=_project_page),
        Told("refuse", ASKER, _("资金未批准：%(title)s"), "%(reason)s", url=_project_page),
        Told("withdraw", CASE_OFFICER, _("资金申请已撤销：%(title)s"), "%(reason)s"),
        Unheard("place", "the money reaches the project in the step that opens the enquiry, which is told"),
        Told("overdue", ABOVE, _("逾期：%(title)s"), _("%(stage)s，%(what)s %(yuan)s 元")),
        Told("overdue", WAITS_FOR, _("您承办的事已逾期：%(title)s"), _("%(stage)s，%(what)s %(yuan)s 元")),
    ),
    facts=_money(Grant.get_source_display),
    url=admin_url,
    matter=lambda grant: f"project:{grant.proposal_id}",
)

CASHIER = Audience(_("付款的财务"), lambda payment, record: Post(Role.CASHIER, payment.payer))

PAYMENTS = Lines(
    "funding.payment",
    (
        Told("ask", WAITS_FOR, _("付款等您审批：%(title)s"), _("%(what)s %(yuan)s 元")),
        Told("approve", CASHIER, _("等您付款：%(title)s"), _("%(what)s %(yuan)s 元")),
        Told("approve", ASKER, _("付款已批准，等财务付款：%(title)s"), _("%(what)s %(yuan)s 元")),
        Told("pay", ASKER, _("已付款：%(title)s"), _("%(yuan)s 元"), url=_books),
        Told("refuse", ASKER, _("付款未批准：%(title)s"), "%(reason)s", url=_project_page),
        Told("reverse", ASKER, _("付款被银行退回，已冲正：%(title)s"), "%(reason)s", url=_books),
        Told("reverse", CASHIER, _("付款被银行退回，已冲正：%(title)s"), "%(reason)s"),
        Told("overdue", ABOVE, _("逾期：%(title)s"), _("%(stage)s，%(what)s %(yuan)s 元")),
        Told("overdue", WAITS_FOR, _("您承办的事已逾期：%(title)s"), _("%(stage)s，%(what)s %(yuan)s 元")),
    ),
    facts=_money(lambda payment: payment.milestone),
    url=admin_url,
    matter=lambda payment: f"project:{payment.proposal.pk}",
)

CHANGES = Lines(
    "funding.change",
    (
        Told("ask", WAITS_FOR, _("变更申请：%(title)s"), "%(what)s"),
        Told("approve", ASKER, _("变更已同意：%(title)s"), "%(reason)s", url=_project_page),
        Told("approve", GROUP, _("变更已同意：%(title)s"), "%(reason)s", url=_project_page),
        Told("refuse", ASKER, _("变更未同意：%(title)s"), "%(reason)s", url=_project_page),
        Told("overdue", ABOVE, _("逾期：%(title)s"), "%(what)s"),
        Told("overdue", WAITS_FOR, _("您承办的事已逾期：%(title)s"), "%(what)s"),
    ),
    facts=lambda change, record: {"title": change.proposal.title, "what": change.what},
    url=admin_url,
    matter=lambda change: f"project:{change.proposal.pk}",
)

ENDER = Audience(_("提请了结的人"), lambda ending, record: [ending.asked_by])
CONFIRM_ENDING = (_("等您确认了结：%(title)s"), "%(why)s")

ENDINGS = Lines(
    "funding.ending",
    (
        Told("ask", WAITS_FOR, *CONFIRM_ENDING),
        Told("begin", WAITS_FOR, *CONFIRM_ENDING),
        Told("refuse", ENDER, _("没有同意了结：%(title)s"), "%(reason)s"),
        Told("confirm", ENDER, _("了结已确认：%(title)s")),
        Told("confirm", GROUP, _("应付已经确认，付清以后退余款：%(title)s")),
        Told("recount", WAITS_FOR, *CONFIRM_ENDING),
        Unheard("give_back", "the refunds themselves are told to who pays them and to each household"),
        Unheard("close", "the project's own end is told"),
    ),
    facts=lambda ending, record: {"title": ending.proposal.title, "why": ending.reason},
    url=lambda ending: admin_url(ending.proposal.purse),
    matter=lambda ending: f"project:{ending.proposal_id}",
    about=lambda ending: project_named(ending.proposal),
)

# --- Money of households ----------------------------------------------------------------------------------


def _giver(given: Contribution, record: StepRecord) -> Heard:
    """The household it came from; an organisation has no account here."""
    if given.giver is None:
        return None
    if given.giver.until is not None:  # who moved in since did not give it
        return list(gave_then(given.proposal, given.giver))
    return Doors([given.giver.household_id], asked=False)


def _other_clerks(given: Contribution, record: StepRecord) -> Heard:
    return Post(Role.SUPERVISOR, holder_place(given.territory, "community"))


RECORDER = Audience(_("登记的人"), lambda given, record: [given.recorded_by])
GIVER = Audience(_("出钱的那一户"), _giver)
CHECKER = Audience(_("复核到账的人"), _other_clerks)

CONTRIBUTIONS = Lines(
    "funding.contribution",
    (
        Told("record", CHECKER, _("请复核到账：%(title)s"), _("%(yuan)s 元，凭证号 %(voucher)s")),
        ToldBy("confirm", ("contribution.thanks",)),
        Told("reject", RECORDER, _("到账登记不符：%(title)s"), "%(reason)s"),
        Told("reverse", RECORDER, _("到账已冲正：%(title)s"), "%(reason)s"),
        Told(
            "reverse",
            GIVER,
            _("您家的到账记录已冲正：%(title)s"),
            "%(reason)s",
            way=Way.BOTH,
            right=_("以他家名义记的账变了"),
            url=_books,
        ),
    ),
    facts=lambda given, record: {
        "title": given.proposal.title,
        "yuan": format_yuan(given.amount_fen),
        "voucher": given.voucher,
    },
    url=admin_url,
    matter=lambda given: f"contribution:{given.pk}",
)


def _at_the_purse(hold: Hold) -> str:
    return admin_url(hold.proposal.purse)


HOLDS = Lines(
    "funding.hold",
    (
        Unheard("hold", "part of signing, which is told"),
        Unheard("hold_again", "part of a passed acceptance, which is told"),
        Unheard("keep", "part of the survey's result, which is told"),
        Told("release", CLERK, _("可以申请尾款：%(title)s"), "%(reason)s", url=_at_the_purse),
        Told("release", GROUP, _("尾款可以支付：%(title)s"), "%(reason)s"),
        Told("refuse", CLERK, _("尾款不予支付：%(title)s"), "%(reason)s"),
        Told("refuse", GROUP, _("尾款不予支付：%(title)s"), "%(reason)s"),
    ),
    facts=lambda hold, record: {"title": hold.proposal.title},
    url=_project_page,
    about=lambda hold: project_named(hold.proposal),
    matter=lambda hold: f"project:{hold.proposal.pk}",
)


# --- What is no step ----------------------------------------------------------------------------------

THANKS = Event("contribution.thanks", _("认缴过的那一户"))
PLEDGED = Event("pledge.made", _("认缴的人"))
PAPER_PLEDGE = Event("pledge.on_paper", _("交认缴单那一户的成年人"), Way.BOTH, IN_YOUR_NAME)
PLEDGE_READ = Event("pledge.read", _("交认缴单那一户的成年人"))
PLEDGE_VOIDED = Event("pledge.voided", _("被撤销那一户的成年人"), Way.BOTH, IN_YOUR_NAME)
PLEDGE_WITHDRAWN = Event("pledge.withdrawn", _("代撤回那一户的成年人"), Way.BOTH, IN_YOUR_NAME)
PLEDGE_UNREAD = Event("pledge.unread", _("要核对认缴单的人"), Way.BOTH, _("认缴单等第二个人核对"))
IN_GROUP = Event("project_group.chosen", _("选入项目小组的人"))
LOG_DUE = Event("log.due", _("项目小组、社区"))
SITE_TROUBLE = Event("log.trouble", _("街道经办"))
LATE = Event("funding.late", _("承办人的上一级"))
TO_REFUND = Event("refund.to_pay", _("办理退款的社区、财务"))
REFUND_TO_CONFIRM = Event("refund.to_confirm", _("复核退款的人"))
REFUNDED = Event("refund.coming", _("出过钱的那一户"), Way.BOTH, _("钱要退给他家"))
CLAIMED = Event("claim.made", _("社区工作人员"))
CLAIM_TO_CONFIRM = Event("claim.to_confirm", _("复核追收的人"))
ALLOCATION_WAITS = Event("allocation.to_confirm", _("同级的财务和审批"))
ALLOCATION_DONE = Event("allocation.confirmed", _("登记拨入、结转的人"))
REPLAN_ASKED = Event("plan_change.asked", _("街道经办"))
REPLAN_REFUSED = Event("plan_change.refused", _("提请重新商议的人"))
WAIVER_ASKED = Event("waiver.to_confirm", _("复核放弃付款的人"))
ENDING_TO_PAY = Event("ending.to_pay", _("承办了结的人"))
ON_THE_PANEL = Event("panel.named", _("验收组成员"), Way.BOTH, IN_YOUR_NAME)
