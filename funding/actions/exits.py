"""Ways on where the next step cannot be taken: quotes beyond the plan, a supplier gone, a tier without the money."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from funding.actions import plans
from funding.actions.refunds import left_fen, order
from funding.actions.suppliers import standing_award
from funding.models import Award, Enquiry, Grant, GrantStage, Plan, Purse, Refund
from funding.selectors import kept_by_grants
from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines import actions as deadlines
from minshi.ledger.money import format_yuan
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock
from minshi.lifecycle.models import StepRecord
from minshi.refusals import Refused
from proposals import actions as proposals
from proposals.lifecycle import period
from proposals.models import Proposal, Source


@action
def ask_for_help(proposal: Proposal, *, reason: str, by: User) -> StepRecord:
    """Tier 1, while raising, once: what the residents can give is not enough, the street is asked to take it on."""
    obstacles = []
    if (proposal.tier or 1) != 1:
        obstacles.append(_("只有一级办理的可以在筹资中提请街道；二、三级的请申请资金或者了结"))
    if StepRecord.objects.of(proposal).filter(verb="ask_for_help").exists():
        obstacles.append(_("筹资中只能提请一次"))
    record = proposals.send_up(proposal, "ask_for_help", by=by, reason=reason, obstacles=obstacles)
    deadlines.meet(Purse.objects.get(proposal=proposal))
    return record


@action
def ask_anew(proposal: Proposal, *, reason: str, by: User) -> StepRecord:
    """None of the quotes will do: this enquiry is over, the group asks again."""
    lock(proposal)
    asking = Enquiry.objects.filter(proposal=proposal, ended_at=None)
    obstacles = [] if asking.exists() else [_("现在没有正在进行的询价")]
    span = period(proposal.place, "procuring.days", now())
    record = proposals.advance(proposal, "ask_anew", by=by, reason=reason, due=span, obstacles=obstacles)
    asking.update(ended_at=record.at)
    return record


@action
def plan_anew(proposal: Proposal, *, reason: str, by: User) -> StepRecord:
    """All quotes are beyond the plan: more money or a smaller plan is for the residents to agree on."""
    lock(proposal)
    record = proposals.advance(proposal, "plan_anew", by=by, reason=reason)
    Enquiry.objects.filter(proposal=proposal, ended_at=None).update(ended_at=record.at)
    deadlines.meet(Purse.objects.get(proposal=proposal))
    return record


@action
def drop_award(proposal: Proposal, *, reason: str, by: User) -> StepRecord:
    """The supplier is gone before the contract: another quote may be chosen, or the group asks again."""
    lock(proposal)
    chosen = standing_award(proposal)
    gone = {"supplier": str(chosen.quote.supplier)} if chosen else {}
    record = proposals.advance(proposal, "drop_award", by=by, reason=reason, evidence=gone)
    if chosen:
        Award.objects.filter(pk=chosen.pk).update(annulled_at=record.at)
    return record


# --- A cheaper plan while an office's money is there already -------------------------------------------


@action
def draw_up(proposal: Proposal, lines: Mapping[str, int], *, by: User, why: str = "") -> Plan:
    """The plan of the agreed version; what an office has placed beyond its new line goes back to its pot at once."""
    plan = plans.draw_up(proposal, lines, by=by, why=why)
    for source, fen in kept_by_grants(proposal).items():
        _return_beyond(proposal, Source(source), fen - plan.amounts().get(source, 0), by)
    plans.note_money(proposal)
    return plan


def _return_beyond(proposal: Proposal, source: Source, beyond_fen: int, by: User) -> None:
    if beyond_fen <= 0:
        return
    if beyond_fen > left_fen(proposal):
        raise Refused(
            _("“%(source)s”已拨的比新方案多 %(sum)s 元，账上不够退回资金池，请调整方案")
            % {"source": source.label, "sum": format_yuan(beyond_fen)}
        )
    for grant in Grant.objects.filter(proposal=proposal, source=source, stage=GrantStage.PLACED).order_by("-pk"):
        back = min(beyond_fen, grant.amount_fen - _returned_fen(grant))
        if back > 0:
            order(proposal, ("grant", grant.pk), back, Refund.Why.SURPLUS, by)
            beyond_fen -= back


def _returned_fen(grant: Grant) -> int:
    return sum(Refund.objects.standing().filter(grant=grant).values_list("amount_fen", flat=True))
