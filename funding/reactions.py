"""What time and lower apps' news do to money and work."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext as _

from funding import actions, told
from funding.actions.payments import given_up, paid_out
from funding.actions.suppliers import lengthen_enquiries, tell_group
from funding.lifecycle import HELD_BY, admin_url
from funding.models import (
    Allocation,
    CarryOver,
    Change,
    Claim,
    Contract,
    Contribution,
    Ending,
    Grant,
    Payment,
    PlanChange,
    Pledge,
    Purse,
    Refund,
    Waiver,
)
from funding.selectors import buys_nothing, group_of
from minshi.clock import now
from minshi.deadlines.actions import follow, look_again, on
from minshi.deadlines.models import Deadline
from minshi.disclosure.models import Notice
from minshi.disclosure.signals import reopened
from minshi.lifecycle.machine import stepped, what_blocks_gate
from minshi.lifecycle.models import StepRecord
from minshi.mydata.signals import Act, Opened, forgetting, named_acts, naming
from minshi.notifications.actions import tell_role
from minshi.paper.models import Line
from minshi.paper.signals import differs
from minshi.policy import calendar
from minshi.policy.signals import period_moved, recounting
from minshi.residents.models import Person, Role
from proposals.actions import advance, ask_third
from proposals.lifecycle import holder_place, period, superior_of
from proposals.models import ENDED, Proposal, Stage
from proposals.reactions import proposal_of, tell_superior, wait_another_day

for stage in (Stage.RAISING, Stage.PROCURING, Stage.AWARDED, Stage.DELIVERING, Stage.ACCEPTING, Stage.ENDING):
    on(f"stage:{stage}")(tell_superior)


@on("stage:funded")
def the_funding_notice_ended(deadline: Deadline) -> None:
    proposal = proposal_of(deadline)
    if what_blocks_gate(proposal, "open_suppliers"):
        wait_another_day(deadline)
    elif buys_nothing(proposal):
        actions.deliver_in_kind(proposal, by=None)
    else:
        actions.open_suppliers(proposal, by=None)


@receiver(stepped, sender=Proposal)
def handling_was_accepted(subject: Proposal, record: StepRecord, **kwargs: Any) -> None:
    """Money is looked for from now on: the project has its purse, the clerk a deadline for the plan."""
    if record.target == Stage.RAISING and record.source == Stage.HANDLING:
        actions.open_purse(subject, by=None)


@receiver(stepped, sender=Proposal)
def it_is_over(subject: Proposal, record: StepRecord, **kwargs: Any) -> None:
    """Promises end with the project, and with the accounts: nobody is asked for them any more."""
    if record.target in (*ENDED, Stage.SETTLING, Stage.ENDING) and record.source != record.target:
        actions.end_promises(subject, by=None)


@receiver(stepped, sender=Proposal)
def it_stops_or_goes_on(subject: Proposal, record: StepRecord, **kwargs: Any) -> None:
    """Entering the ending opens its row; going on past where it may be stopped drops a request nobody confirmed."""
    if record.target == Stage.ENDING and record.source != Stage.ENDING:
        actions.begin_ending(subject, record, by=None)
    elif record.target != record.source:
        actions.drop_ending(subject, by=None)


@receiver(paid_out, sender=Payment)
def it_was_paid(payment: Payment, **kwargs: Any) -> None:
    """What an ending owed is paid: the rest may go back."""
    actions.give_back_when_paid(payment.proposal, by=None)
    actions.give_back_what_stays(payment.proposal, by=None)


@receiver(given_up, sender=Waiver)
def it_was_given_up(waiver: Waiver, **kwargs: Any) -> None:
    """What an ending owed, or the bank sent back after the end, is nobody's any more: it goes back to its givers."""
    actions.give_back_when_paid(waiver.proposal, by=None)
    actions.give_back_what_stays(waiver.proposal, by=None)


@receiver(reopened, sender=Notice)
def a_third_objected(notice: Notice, **kwargs: Any) -> None:
    """One third of those who benefit object: the money, or the choice, is looked at anew (domain.md 7)."""
    proposal = Proposal.objects.select_related("place").filter(gate_notice=notice).first()
    if proposal is None or proposal.stage not in (Stage.FUNDED, Stage.AWARDED):
        return
    evidence = {"notice": notice.number, "households": notice.objecting_households}
    if proposal.stage == Stage.FUNDED:
        advance(proposal, "reopen_funding", by=None, evidence=evidence)
    else:
        actions.reopen_award(proposal, by=None, evidence=evidence)


@receiver(differs)
def a_pledge_was_read_differently(line: Line, **kwargs: Any) -> None:
    if promised := Pledge.objects.filter(line=line).first():
        ask_third(line, admin_url(promised), Role.SUPERVISOR, Role.PARTY, Role.CLERK)


# --- What is late ----------------------------------------------------------------------------------

WATCHED: dict[str, type[models.Model]] = {"funding.grant": Grant, "funding.payment": Payment, "funding.change": Change}
NUDGED: dict[str, type[models.Model]] = {
    "funding.plan": Purse,
    "funding.group": Purse,
    "funding.start": Contract,
    "funding.contribution": Contribution,
    "funding.pledge": Pledge,
    "funding.claim": Claim,
    "funding.claim_check": Claim,
    "funding.waiver": Waiver,
    "funding.ending": Ending,
    "funding.plan_change": PlanChange,
    "funding.refund": Refund,
    "funding.refund_check": Refund,
    "funding.allocation": Allocation,
    "funding.carry_over": CarryOver,
    "funding.sent_back": Payment,
}


def _tell_superior(subject: Any, role: str, title: str, url: str) -> None:
    above, level = superior_of(role)
    place = holder_place(subject.territory, level)
    tell_role(above, place, _("逾期：%s") % title, url=url, event=told.LATE.name)


def _still_late(subject: Any, deadline: Deadline) -> None:
    """The superiors hear of it now and again, for as long as it takes; it stays due since it was."""
    _tell_superior(subject, deadline.role, deadline.title, deadline.url)
    look_again(deadline, period(subject.territory, "supervision.days", now()).end)


@receiver(recounting)
def a_calendar_was_published(calendar: calendar.Calendar, **kwargs: Any) -> None:
    lengthen_enquiries(calendar, by=None)


@receiver(period_moved)
def a_decision_is_due_later(deadline: Deadline, **kwargs: Any) -> None:
    """The day on the page of what is asked for is the one on the desk."""
    if deadline.kind in WATCHED:
        follow(WATCHED[deadline.kind], deadline)


@on("funding.grant")
@on("funding.payment")
@on("funding.change")
def nobody_decided(deadline: Deadline) -> None:
    """It stays where it is, the lateness is on record, the superiors are told, and told again."""
    model = WATCHED[deadline.kind]
    subject: Any = model._default_manager.get(pk=deadline.subject_id)
    if HELD_BY[model](subject) is None:
        return
    actions.overdue(subject, by=None)  # tells them
    look_again(deadline, period(subject.territory, "supervision.days", now()).end)


@on("funding.plan")
@on("funding.group")
@on("funding.start")
@on("funding.contribution")
@on("funding.pledge")
@on("funding.claim")
@on("funding.claim_check")
@on("funding.waiver")
@on("funding.ending")
@on("funding.plan_change")
@on("funding.refund")
@on("funding.refund_check")
@on("funding.allocation")
@on("funding.carry_over")
@on("funding.sent_back")
def nobody_did(deadline: Deadline) -> None:
    subject: Any = NUDGED[deadline.kind]._default_manager.get(pk=deadline.subject_id)
    _still_late(subject, deadline)


def _site_of(deadline: Deadline) -> Contract | Purse:
    """Where nothing was bought the purse stands for the site."""
    model: type[Contract | Purse] = Purse if deadline.subject_type == Purse._meta.label_lower else Contract
    found: Contract | Purse = model._default_manager.select_related("proposal__place").get(pk=deadline.subject_id)
    return found


def _is_done(contract: Contract) -> bool:
    return bool(contract.ended_at or (contract.finished_at and contract.proposal.stage != Stage.DELIVERING))


@on("funding.log")
def nobody_wrote(deadline: Deadline) -> None:
    """The group and the clerk are reminded every few days for as long as the work goes on."""
    site = _site_of(deadline)
    proposal = site.proposal
    if proposal.stage != Stage.DELIVERING if isinstance(site, Purse) else _is_done(site):
        return
    url = reverse("log", args=[proposal.number])
    tell_group(group_of(proposal), _("请记一条现场情况：%s") % proposal.title, url=url, event=told.LOG_DUE.name)
    place, desk = holder_place(proposal.place, "community"), admin_url(proposal.purse)
    tell_role(Role.CLERK, place, deadline.title, url=desk, event=told.LOG_DUE.name)
    look_again(deadline, period(proposal.place, "log.every_days", now()).end)


@receiver(forgetting, sender=Person)
def money_is_still_theirs(person: Person, **kwargs: Any) -> bool:
    """Whoever has given to what is not over, or gets something back, is known until that is done, and never named."""
    actions.forget_giver(person, by=None)
    given = Contribution.objects.filter(giver__person=person).exclude(proposal__stage__in=ENDED)
    return given.exists() or Refund.objects.owed().filter(giver__person=person).exists()


@receiver(named_acts, sender=Person)
def what_they_give_and_do(person: Person, **kwargs: Any) -> list[Act]:
    return actions.acts_of(person)


@receiver(naming, sender=Person)
def what_they_gave_is_named(act: str, subject: int, person: Person, **kwargs: Any) -> Opened | None:
    return actions.opened(act, subject, person)
