"""结算: the statement, its confirmation by another person, and its notice before the archive."""

from __future__ import annotations

from typing import Any

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _
from rules import has_perm

from evaluation import told
from evaluation.lifecycle import ACCOUNTS
from evaluation.models import FinalAccounts
from evaluation.selectors import figures_of, latest
from funding import actions as funding
from funding.actions.refunds import unconfirmed, what_is_owed
from funding.models import Refund
from funding.selectors import buys_nothing
from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines import actions as deadlines
from minshi.disclosure.actions import post
from minshi.disclosure.models import Kind as NoticeKind
from minshi.disclosure.models import Notice
from minshi.disclosure.selectors import reopening_share
from minshi.ledger.money import format_yuan
from minshi.lifecycle.action import action, just_said
from minshi.lifecycle.machine import lock, what_blocks_gate
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_text
from minshi.notifications.actions import tell_role
from minshi.refusals import NotAllowed, Refused, refuse_if
from minshi.residents.models import Role
from proposals.actions import advance, note_on_card
from proposals.lifecycle import holder_place, period
from proposals.models import Proposal, Stage
from proposals.selectors import pinned_days


@action
def return_surplus(proposal: Proposal, *, by: User) -> list[Refund]:
    """Order back to its givers what is left; the street's finance office then pays it out."""
    _must_run(by, proposal)
    _must_be_rated(lock(proposal))
    return funding.return_surplus(proposal, by=by)


@action
def make_accounts(proposal: Proposal, *, by: User, remark: str = "") -> FinalAccounts:
    """Write down what the books say now, when everything is paid and nothing is left."""
    _must_run(by, proposal)
    _must_be_rated(lock(proposal))
    figures = figures_of(proposal)
    refuse_if([*unconfirmed(proposal), *what_is_owed(proposal), *_what_is_open(proposal, figures)])
    waiting = proposal.final_accounts.filter(confirmed_at=None, made_by=by, figures=figures)
    if again := just_said(waiting, "made_at", remark=mask_text(remark.strip())[:500]):
        return again
    made = FinalAccounts.objects.create(
        proposal=proposal,
        ordinal=(proposal.final_accounts.aggregate(last=Max("ordinal"))["last"] or 0) + 1,
        figures=figures,
        raised_fen=figures["income_fen"],
        spent_fen=figures["spending_fen"],
        returned_fen=figures["returned_fen"],
        remark=mask_text(remark.strip())[:500],
        made_by=by,
    )
    _await_check(made)
    note_on_card(proposal)
    return made


def _await_check(made: FinalAccounts) -> None:
    """The street's case officer has it on the desk; the supervisors, who may check it as well, hear of it."""
    proposal, url = made.proposal, reverse("admin:evaluation_finalaccounts_change", args=[made.pk])
    title = _("请复核结算：%(title)s") % {"title": proposal.title}
    words = _("支出 %(yuan)s 元") % {"yuan": format_yuan(made.spent_fen)}
    street = holder_place(proposal.place, "street")
    for role, place in ((Role.CASE_OFFICER, street), (Role.SUPERVISOR, holder_place(proposal.place, "community"))):
        tell_role(role, place, title, words, url, event=told.ACCOUNTS_TO_CHECK.name)
    for earlier in proposal.final_accounts.exclude(pk=made.pk):
        deadlines.meet(earlier, ACCOUNTS)
    span = period(proposal.place, "street_approval.days", now())
    deadlines.schedule(
        made,
        ACCOUNTS,
        span.end,
        role=Role.CASE_OFFICER,
        place_path=street.path,
        title=title,
        url=url,
        basis=span.basis,
        provisional=span.provisional,
    )


def _must_run(by: User, proposal: Proposal) -> None:
    if not has_perm("evaluation.run", by, proposal):
        raise NotAllowed(_("只有这里的社区工作人员可以办理结算"))


def _must_be_rated(proposal: Proposal) -> None:
    if proposal.stage != Stage.RATED:
        raise Refused(_("现在是“%(stage)s”，满意度公示期满以后才结算") % {"stage": Stage(proposal.stage).label})


def _what_is_open(proposal: Proposal, figures: dict[str, Any]) -> list[str]:
    survey = latest(proposal)
    reasons, unbought = [], buys_nothing(proposal)
    if unbought and not figures["in_kind"]:
        reasons.append(_("还没有一项投工投劳由另一位确认兑现"))
    if survey is None or survey.hold_settled_at is None:
        reasons.append(_("满意度公示还没有期满") if unbought else _("满意度公示还没有期满，尾款还没有结论"))
    if figures["balance_fen"]:
        left = {"left": format_yuan(figures["balance_fen"])}
        paid_first = _("账上还有 %(left)s 元：请付清尾款，有结余的先退回来源，再结算")
        reasons.append((_("账上还有 %(left)s 元：请先退回来源，再结算") if unbought else paid_first) % left)
    return reasons


@action
def confirm_accounts(accounts: FinalAccounts, *, by: User) -> FinalAccounts:
    """The street's case officer, or a supervisor, has compared it with books and vouchers."""
    lock(accounts.proposal)
    lock(accounts)
    if not has_perm("evaluation.check_accounts", by, accounts):
        raise NotAllowed(_("结算由街道经办或居务监督委员会复核"))
    if by.is_same(accounts.made_by_id):
        raise NotAllowed(_("编制和复核要两个人"))
    if accounts.confirmed_at is not None:
        raise Refused(_("这份结算已经复核过了"))
    refuse_if(_what_is_stale(accounts))
    accounts.confirmed_by, accounts.confirmed_at = by, now()
    accounts.save(update_fields=["confirmed_by", "confirmed_at"])
    deadlines.meet(accounts, ACCOUNTS)
    tell_role(
        Role.CLERK,
        holder_place(accounts.proposal.place, "community"),
        _("结算已复核，可以公示：%(title)s") % {"title": accounts.proposal.title},
        url=accounts.proposal.get_absolute_url(),
        event=told.ACCOUNTS_CHECKED.name,
    )
    note_on_card(accounts.proposal)
    return accounts


def _what_is_stale(accounts: FinalAccounts) -> list[str]:
    newest = accounts.proposal.final_accounts.order_by("-ordinal").first()
    if newest != accounts:
        return [_("已经有更新的结算，请看最新的一份")]
    if figures_of(accounts.proposal) != accounts.figures:
        return [_("编制以后账目又有变动，请重新编制结算")]
    return []


@action
def settle(proposal: Proposal, *, by: User) -> StepRecord:
    """Announce the confirmed accounts; the archive opens when their notice has passed."""
    _must_run(by, proposal)
    _must_be_rated(lock(proposal))
    refuse_if(what_blocks_gate(proposal, "settle"))
    accounts = proposal.final_accounts.order_by("-ordinal").first()
    if accounts is None or accounts.confirmed_at is None or accounts.notice_id:
        raise Refused(_("还没有经过复核的结算"))
    accounts.proposal = proposal
    refuse_if([*unconfirmed(proposal), *_what_is_stale(accounts)])
    notice, due = _announce(accounts, by), period(proposal.place, "archive.days", now())
    return advance(proposal, "settle", by=by, notice=notice, due=due, evidence={"accounts": accounts.ordinal})


def _announce(accounts: FinalAccounts, by: User) -> Notice:
    figures, proposal = accounts.figures, accounts.proposal
    notice: Notice = post(
        kind=NoticeKind.ACCOUNTS,
        title=_("关于“%(title)s”结算的公示") % {"title": proposal.title},
        place=proposal.place,
        basis=_("项目账簿和凭证"),
        body=_body(accounts),
        table=_table(figures),
        doors=proposal.beneficiary_keys(),
        days=pinned_days(proposal, NoticeKind.ACCOUNTS),
        link=proposal.get_absolute_url(),
        by=by,
    )
    accounts.notice = notice
    accounts.save(update_fields=["notice"])
    return notice


def _is_in_kind_only(figures: dict[str, Any]) -> bool:
    """No money came, went or went back: what there is to account for is what people gave in kind."""
    return bool(figures["in_kind"]) and not any(figures[f"{name}_fen"] for name in ("income", "spending", "returned"))


def _body(accounts: FinalAccounts) -> str:
    if not _is_in_kind_only(accounts.figures):
        return accounts.remark or _("各项收支如下，凭证可以到社区查看。")
    worth = {"yuan": format_yuan(accounts.figures["in_kind_fen"])}
    thanks = _("这件事没有花钱，是大家出工、出物、出场地做成的，折合 %(yuan)s 元。感谢每一位！") % worth
    return "\n".join(part for part in (thanks, accounts.remark) if part)


def _thanks(figures: dict[str, Any]) -> list[tuple[str, object]]:
    """Instead of payments; nobody is named here, for a notice stays while the consent to be named may be withdrawn."""
    return [
        (_("感谢 · %(what)s") % given, _("折合 %(yuan)s 元") % {"yuan": format_yuan(given["fen"])})
        for given in figures["in_kind"]
    ]


def _table(figures: dict[str, Any]) -> list[tuple[str, object]]:
    if _is_in_kind_only(figures):
        return _thanks(figures)
    yuan = format_yuan
    rows: list[tuple[str, object]] = []
    for source in figures["sources"]:
        sums = {"actual": yuan(source["actual_fen"]), "planned": yuan(source["plan_fen"])}
        rows.append((_("收入 · %(label)s") % source, _("%(actual)s 元（计划 %(planned)s 元）") % sums))
    for paid in figures["spending"]:
        facts = {**paid, "yuan": yuan(paid["fen"])}
        rows.append((_("支出 · %(what)s") % paid, _("%(yuan)s 元（%(who)s，凭证 %(voucher)s）") % facts))
    for given in figures["in_kind"]:
        worth = _("折价 %(yuan)s 元，不计入现金") % {"yuan": yuan(given["fen"])}
        rows.append((_("投工投劳 · %(what)s") % given, worth))
    totals = {"income": _("收入合计"), "spending": _("支出合计"), "returned": _("结余退回"), "balance": _("余额")}
    return [
        *rows,
        *((label, _("%(yuan)s 元") % {"yuan": yuan(figures[f"{name}_fen"])}) for name, label in totals.items()),
    ]


@action
def follow_correction(old: Notice, corrected: Notice, *, by: User | None = None) -> None:
    """The accounts are announced by the correction from now on."""
    FinalAccounts.objects.filter(notice=old).update(notice=corrected)


@action
def account_again(proposal: Proposal, *, by: None = None) -> None:
    """One third of the households objected to the accounts: they are made anew."""
    if lock(proposal).stage != Stage.SETTLING:
        return
    survey = latest(proposal)
    assert proposal.gate_notice
    reason = _("公示期内%s受益户提出异议") % reopening_share(proposal.gate_notice)
    days = period(proposal.place, "accounts.days", now())
    passed = survey.notice if survey else None  # the gate before it, passed already
    advance(proposal, "account_again", by=None, reason=reason, notice=passed, due=days)
