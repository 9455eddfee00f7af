"""Who may do what with money and work; each permission names one predicate.

Duties are separate (domain.md 6): ``other_duties`` names what this person has already had a hand in, and the
database refuses the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import rules
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funding.models import Contract, Enquiry, GrantStage, GroupMember, Judge, Panelist, PaymentStage
from minshi.accounts.models import User
from minshi.lifecycle import permits
from minshi.refusals import NotAllowed, guarded
from minshi.residents import speaking
from minshi.residents.models import ORGANISERS, STAFF_ROLES, Role
from minshi.residents.rules import holds, home_of, roles_of
from proposals.models import Proposal


def proposal_of(subject: Any) -> Proposal:
    found: Proposal = subject if isinstance(subject, Proposal) else subject.proposal
    return found


KEEPERS = (Role.CASHIER, Role.APPROVER, Role.DISTRICT_FINANCE, Role.DISTRICT_OFFICER)
"""The finance people and deciders of a pot's own level, or of the one above it."""


@rules.predicate
def keeps_any_pot(user: User, subject: Any) -> bool:
    return any(held.role in KEEPERS for held in roles_of(user))


@rules.predicate
def keeps_pots(user: User, subject: Any) -> bool:
    return holds(user, subject.territory, *KEEPERS)


@rules.predicate
def plans_money(user: User, subject: Any) -> bool:
    return holds(user, subject.territory, Role.CLERK, Role.CASE_OFFICER)


@rules.predicate
def is_case_officer(user: User, subject: Any) -> bool:
    return holds(user, subject.territory, Role.CASE_OFFICER)


@rules.predicate
def is_approver(user: User, subject: Any) -> bool:
    return holds(user, subject.territory, Role.APPROVER)


@rules.predicate
def is_district(user: User, subject: Any) -> bool:
    return holds(user, subject.territory, Role.DISTRICT_OFFICER, Role.DISTRICT_FINANCE)


@rules.predicate
def decides_now(user: User, grant: Any) -> bool:
    """Whoever the grant waits for may also refuse it."""
    roles = {
        GrantStage.ASKED: (Role.CASE_OFFICER,),
        GrantStage.EXAMINED: (Role.APPROVER,),
        GrantStage.CLEARED: (Role.DISTRICT_OFFICER, Role.DISTRICT_FINANCE),
    }
    return holds(user, grant.territory, *roles.get(grant.stage, ()))


@rules.predicate
def benefits(user: User, subject: Any) -> bool:
    """A confirmed adult of a household on the list of those who benefit: nobody else is asked for money."""
    home = home_of(user)
    if home is None or speaking.why_not(user, any_adult=True, act=""):
        return False
    return proposal_of(subject).beneficiaries().filter(pk=home.household_id).exists()


@rules.predicate
def is_in_group(user: User, subject: Any) -> bool:
    """A member of the project group that stands now."""
    standing = GroupMember.objects.filter(group__proposal=proposal_of(subject), group__ended_at=None)
    return standing.filter(person__user__in=user.keys).exists()


@rules.predicate
def is_clerk(user: User, subject: Any) -> bool:
    return holds(user, subject.territory, Role.CLERK)


@rules.predicate
def records_money(user: User, subject: Any) -> bool:
    return holds(user, subject.territory, Role.CLERK, *ORGANISERS)


CONFIRM_MONEY = (Role.CLERK, Role.SUPERVISOR, Role.PARTY)


@rules.predicate
def confirms_money(user: User, subject: Any) -> bool:
    return holds(user, subject.territory, *CONFIRM_MONEY)


@rules.predicate
def seconds_buying(user: User, subject: Any) -> bool:
    """Where the community has no second clerk, its Party branch or a supervisor is the other person."""
    return holds(user, subject.territory, Role.PARTY, Role.SUPERVISOR)


@rules.predicate
def decides_changes(user: User, subject: Any) -> bool:
    return holds(user, subject.territory, Role.CASE_OFFICER, Role.APPROVER)


@rules.predicate
def runs_acceptance(user: User, subject: Any) -> bool:
    return holds(user, subject.territory, Role.CLERK, Role.SUPERVISOR)


@rules.predicate
def approves_payments(user: User, subject: Any) -> bool:
    """Tier 1 needs no office's approval: the community's branch or supervisors may give it too."""
    own = (Role.PARTY, Role.SUPERVISOR) if proposal_of(subject).tier == 1 else ()
    return holds(user, subject.territory, Role.APPROVER, *own)


@rules.predicate
def is_cashier(user: User, subject: Any) -> bool:
    return holds(user, subject.territory, Role.CASHIER)


@rules.predicate
def rules_on_holds(user: User, subject: Any) -> bool:
    return holds(user, subject.territory, Role.CLERK, Role.CASE_OFFICER, Role.APPROVER)


@rules.predicate
def cancels(user: User, subject: Any) -> bool:
    return holds(user, subject.territory, Role.CLERK, Role.CASE_OFFICER, Role.APPROVER, Role.DISTRICT_OFFICER)


@rules.predicate
def confirms_endings(user: User, subject: Any) -> bool:
    """The second person of an ending: of the place's own offices or of those above; never who asked for it."""
    return holds(
        user,
        subject.territory,
        Role.CLERK,
        Role.PARTY,
        Role.SUPERVISOR,
        Role.CASE_OFFICER,
        Role.APPROVER,
        Role.DISTRICT_OFFICER,
        Role.DISTRICT_FINANCE,
    )


@rules.predicate
def pays_back(user: User, subject: Any) -> bool:
    return holds(user, subject.territory, Role.CLERK, Role.CASHIER)


@rules.predicate
def works_there(user: User, subject: Any) -> bool:
    return holds(user, subject.territory, *STAFF_ROLES)


rules.add_perm("funding.open_pot", keeps_any_pot)
rules.add_perm("funding.keep_pot", keeps_pots)
rules.add_perm("funding.plan", plans_money)
rules.add_perm("funding.examine", is_case_officer)
rules.add_perm("funding.approve", is_approver)
rules.add_perm("funding.district", is_district)
rules.add_perm("funding.refuse_grant", decides_now)
rules.add_perm("funding.pledge", benefits)
rules.add_perm("funding.record_money", records_money)
rules.add_perm("funding.confirm_money", confirms_money)
rules.add_perm("funding.form_group", is_clerk)
rules.add_perm("funding.deliver", is_clerk | is_in_group)
rules.add_perm("funding.award", is_clerk | is_in_group | seconds_buying)
rules.add_perm("funding.decide_change", decides_changes)
rules.add_perm("funding.accept", runs_acceptance)
rules.add_perm("funding.approve_payment", approves_payments)
rules.add_perm("funding.pay", is_cashier)
rules.add_perm("funding.refuse_payment", approves_payments | is_cashier)
rules.add_perm("funding.rule_on_hold", rules_on_holds)
rules.add_perm("funding.cancel", cancels)
rules.add_perm("funding.confirm_ending", confirms_endings)
rules.add_perm("funding.close_ending", cancels)
rules.add_perm("funding.pay_back", pays_back)
rules.add_perm("funding.confirm_refund", confirms_money | is_cashier)
rules.add_perm("funding.reverse_payment", approves_payments | is_cashier)
rules.add_perm("funding.reverse_refund", pays_back | confirms_money | is_approver)
rules.add_perm("funding.waive", is_clerk)
rules.add_perm("funding.settle_claim", pays_back)
rules.add_perm("funding.confirm_claim", confirms_money | is_approver)
rules.add_perm("funding.see_voucher", works_there)
rules.add_perm("funding.see_pledge_sheet", records_money | confirms_money)
rules.add_perm("funding.drop_in_kind", records_money | confirms_money)
permits.held_by(
    {
        "funding.open_pot": gettext_lazy("街道、区里的审批和财务"),
        "funding.keep_pot": gettext_lazy("资金池所在街道、区里的审批和财务"),
        "funding.plan": gettext_lazy("这里的社区工作人员或街道经办"),
        "funding.examine": gettext_lazy("这里的街道经办"),
        "funding.approve": gettext_lazy("这里的街道审批"),
        "funding.district": gettext_lazy("区牵头部门或区财政"),
        "funding.refuse_grant": gettext_lazy("这笔申请现在等着的那一级"),
        "funding.pledge": gettext_lazy("受益的住户"),
        "funding.record_money": gettext_lazy("这里的社区工作人员或楼栋长等组织人"),
        "funding.confirm_money": gettext_lazy("这里的社区工作人员、居务监督委员会或党组织"),
        "funding.form_group": gettext_lazy("这里的社区工作人员"),
        "funding.deliver": gettext_lazy("项目小组成员或这里的社区工作人员"),
        "funding.award": gettext_lazy("另一位社区工作人员、项目小组成员、党组织或居务监督委员会，不是登记报价的人"),
        "funding.decide_change": gettext_lazy("这里的街道经办或审批"),
        "funding.accept": gettext_lazy("组织验收的社区工作人员"),
        "funding.approve_payment": gettext_lazy("街道审批（一级项目也可以是社区党组织或居务监督委员会）"),
        "funding.pay": gettext_lazy("这里的街道财务"),
        "funding.refuse_payment": gettext_lazy("批准付款的人或街道财务"),
        "funding.rule_on_hold": gettext_lazy("这里的街道审批"),
        "funding.cancel": gettext_lazy("这里的社区工作人员、街道经办、街道审批或区牵头部门"),
        "funding.confirm_ending": gettext_lazy("提出的人以外，这里的社区、街道或区里的另一位"),
        "funding.close_ending": gettext_lazy("这里的社区工作人员、街道经办、街道审批或区牵头部门"),
        "funding.pay_back": gettext_lazy("这里的社区工作人员或街道财务"),
        "funding.confirm_refund": gettext_lazy("街道财务、社区工作人员或居务监督委员会"),
        "funding.reverse_payment": gettext_lazy("街道审批或街道财务，不是付款的人"),
        "funding.reverse_refund": gettext_lazy("这里的工作人员，不是退款的人"),
        "funding.waive": gettext_lazy("这里的社区工作人员"),
        "funding.settle_claim": gettext_lazy("这里的社区工作人员或街道财务"),
        "funding.confirm_claim": gettext_lazy("社区的另一位、居务监督委员会、党组织或街道审批"),
        "funding.see_voucher": gettext_lazy("在这里任职的工作人员"),
        "funding.see_pledge_sheet": gettext_lazy("登记和核对认缴单的人"),
        "funding.drop_in_kind": gettext_lazy("登记和确认投工投劳的人"),
    }
)


def demand(permission: str, user: User, subject: Any, what: object) -> None:
    """Raise ``NotAllowed`` unless this person may; ``what`` names it in the sentence."""
    if not rules.has_perm(permission, user, subject):
        words = {"step": what, "who": permits.holder(permission)}
        raise NotAllowed(_("您在这里没有办理“%(step)s”的权限：由%(who)s办理") % words)


# --- Separate duties -----------------------------------------------------------------------------


def other_duties(by: User | None, proposal: Proposal, done: Mapping[str, int | None]) -> list[str]:
    """Why this person may not take the next duty: they proposed it, or did one of ``done`` (label → user key)."""
    if by is None:
        return []
    reasons = [
        _("这件事的“%s”是您办的，下一步要由另一个人来办") % label for label, pk in done.items() if by.is_same(pk)
    ]
    if by.is_same(proposal.proposer_id):
        reasons.append(_("您是这件事的提议人，钱要由别人来审、来批、来付"))
    return reasons


def accepted_by(proposal: Proposal) -> set[int]:
    """Users who sat on a panel of this project: they may neither approve nor pay."""
    sat = Panelist.objects.filter(acceptance__proposal=proposal, person__user__isnull=False)
    return set(sat.values_list("person__user", flat=True))


def decided_money_of(proposal: Proposal) -> set[int]:
    """Users who approved or paid money of this project: they may not accept its work."""
    people: set[int | None] = set()
    for grant in proposal.grants.all():
        people |= {grant.examined_by_id, grant.approved_by_id, grant.district_by_id}
    for contract in proposal.contracts.prefetch_related("payments"):
        for payment in contract.payments.all():
            if payment.stage != PaymentStage.REFUSED:
                people |= {payment.approved_by_id, payment.paid_by_id}
    return {pk for pk in people if pk}


def entered_quotes(enquiry: Enquiry) -> set[int]:
    """Users who wrote down its quotes: another awards and signs."""
    return set(enquiry.quotes.values_list("by", flat=True))


def bought(contract: Contract) -> set[int]:
    """Users who entered the quotes, awarded or signed: another writes down the acceptance."""
    return entered_quotes(contract.award.enquiry) | {contract.award.by_id, contract.signed_by_id}


def carried_out(proposal: Proposal) -> set[int]:
    """People of the project group, of now or before, and who chose a supplier: none accepts as a resident."""
    group = GroupMember.objects.filter(group__proposal=proposal).values_list("person", flat=True)
    judges = Judge.objects.filter(award__enquiry__proposal=proposal).values_list("person", flat=True)
    return {*group, *judges}


# --- What the guards refuse ------------------------------------------------------------------------

guarded(
    panelist_has_not_decided=gettext_lazy("提议、审批或付款的人不能参加验收"),
    acceptance_panel_is_whole=gettext_lazy(
        "验收组至少 %(panel)s 人，居民不少于 %(residents)s，监督委员会至少 %(supervisors)s 人"
    ),
    acceptance_is_that_of_its_items=gettext_lazy("逐项都合格，才是合格"),
    posting_has_a_warrant=gettext_lazy("这笔钱没有对应的批准记录，不能记账"),
    contract_within_quote=gettext_lazy("合同价不能高于选定的报价"),
    award_notice_has_passed=gettext_lazy("成交公示还没有结束"),
    change_within_share=gettext_lazy("变更超过规定比例，须回到民主商议"),
    change_is_approved=gettext_lazy("没有批准的变更，合同价不能改"),
    contract_within_plan=gettext_lazy("合同价超过了资金方案里可以花的钱"),
    contract_is_covered=gettext_lazy("钱还没有到位：合同价要由到账的钱和已拨入的补助付得起，认缴的不算"),
    proposer_decides_no_grant=gettext_lazy("提议人不能申请、审核或审批自己项目的钱"),
    pot_gives_here=gettext_lazy("这个资金池不能给这里的项目出这笔钱"),
    grant_within_plan=gettext_lazy("申请的钱超过了资金方案"),
    grant_goes_to_district=gettext_lazy("超过限额或三级办理的，须报区里审定"),
    project_group_is_all_doors=gettext_lazy("受益的只有 %(doors)s 户：每户都要有人在项目小组里"),
    project_group_is_odd=gettext_lazy("项目小组须有 %(least)s 人以上，且为单数"),
    payment_of_its_milestone=gettext_lazy("付款金额与合同的付款节点不一致"),
    payment_on_running_contract=gettext_lazy("合同已经中止，不再付款"),
    payments_within_price=gettext_lazy("付款合计超过了合同价"),
    proposer_handles_no_payment=gettext_lazy("提议人不能申请、审批或支付自己项目的款项"),
    panelist_handles_no_payment=gettext_lazy("参加验收的人不能审批或支付"),
    payment_after_acceptance=gettext_lazy("验收合格并且公示期满、异议都答复以后才能付这一笔"),
    retention_after_rating=gettext_lazy("尾款要等满意度评议达标才能支付"),
    source_of_the_tier=gettext_lazy("这一级办理不能用这项资金"),
    judge_of_the_group=gettext_lazy("不在项目小组里或已经回避的人不能参加评选"),
    few_quotes_have_a_reason=gettext_lazy("报价家数不够，须写明理由"),
    judges_are_odd=gettext_lazy("参加评选的须有 %(least)s 人以上，且为单数"),
    proposer_decides_no_change=gettext_lazy("提议人不能审批自己项目的变更"),
    payment_waits_for_claim=gettext_lazy("有一笔到账冲正以后账上不足，要先追回、补足，或由两个人核销，才能付款"),
    panelist_has_not_carried_out=gettext_lazy("项目小组成员和参加评选的人不能以居民身份验收"),
    panelist_lives_there=gettext_lazy(
        "以居民身份验收的，要是没有经手这件事的受益住户；受益住户不够时，是附近的成年居民"
    ),
    panelist_is_named_so=gettext_lazy("不受益的居民参加验收，要写明是哪里的居民"),
    acceptance_of_its_contract=gettext_lazy("买了东西的，验收要对着合同；方案里没有要花的钱，才不用合同"),
    bought_by_quotes_alone=gettext_lazy("方案里有要花的钱，先询价比选、签合同；没有要花的钱，不用询价，直接实施"),
    acceptance_by_another_than_who_bought=gettext_lazy(
        "登记报价、选定承接方或签合同的人不能登记验收，要由另一个人来办"
    ),
    award_of_running_enquiry=gettext_lazy("这次询价已经结束，不能再从它的报价里选"),
    award_by_another_than_quotes=gettext_lazy("登记报价的人不能选定承接方，要由另一个人来办"),
    contract_by_another_than_quotes=gettext_lazy("登记报价的人不能登记合同，要由另一个人来办"),
    pot_of_this_year=gettext_lazy("这是 %(year)s 年的资金池，今年的钱要从今年的资金池出；结转由两个人办"),
    carry_over_to_a_later_year=gettext_lazy("只能结转到同一个地方、以后年度的资金池"),
    plan_change_is_beyond_the_share=gettext_lazy("没有超过规定比例，也不改内容，请用“申请变更”"),
    plan_change_of_its_contract=gettext_lazy("买了东西的，重新商议要对着合同；方案里没有要花的钱，才不用合同"),
    contract_ends_by_two=gettext_lazy("中止合同要由另一个人确认，并附书面依据"),
    paper_is_on_file=gettext_lazy("请拍下这张单据：报价单、合同、发票、收款凭证没有照片不能登记"),
    one_contribution_per_voucher=gettext_lazy("这张凭证已经登记过，一张凭证只能登记一次"),
    one_recovery_per_voucher=gettext_lazy("这张凭证已经用过，一张凭证只能登记一次"),
    one_payment_per_invoice=gettext_lazy("这张发票已经用过，一张发票只能付一次"),
    one_payment_per_voucher=gettext_lazy("这张付款凭证已经用过"),
    one_allocation_per_document=gettext_lazy("这个拨款文号已经登记过"),
    one_refund_per_voucher=gettext_lazy("这张退款凭证已经用过，一张凭证只能登记一次"),
    login_was_reset=gettext_lazy("这个账号刚由别人重设过登录，下一个工作日结束以前不能办钱的事，请由另一位办理"),
    payment_of_what_was_waived=gettext_lazy("这一笔已经登记放弃，不再付款"),
    waiver_of_what_is_owed=gettext_lazy("正在付款或者已经付了的，不能放弃"),
    proposer_confirms_no_waiver=gettext_lazy("提议人不能复核放弃付款"),
    surplus_after_payments=gettext_lazy("该付给承接方的钱还没有付清，也没有由两个人登记放弃，不能退结余"),
    refund_stays_annulled=gettext_lazy("这笔退款已经作废"),
    refund_within_given=gettext_lazy("退款不能超过这一方实际出的钱"),
    refunds_within_purse=gettext_lazy("要退的钱超过了账上的余额，请先重新分摊"),
    reversal_claims_what_was_returned=gettext_lazy("这一方已经退过款，冲正要同时列入追收"),
    claim_is_closed_once=gettext_lazy("这笔追收已经了结"),
    claim_of_a_reversal=gettext_lazy("追收只能来自冲正的到账"),
    ends_through_its_ending=gettext_lazy("已经接单筹钱的项目，要先了结：付清应付、退回余款，才能结束"),
    nothing_is_left_behind=gettext_lazy("账上还有钱，或者还有合同、退款、认缴没有了结，不能结束"),
    ending_pays_what_is_owed=gettext_lazy("项目正在了结，只付两个人核定的了结款"),
    giver_benefits=gettext_lazy("只接受受益住户的自愿出资"),
)
