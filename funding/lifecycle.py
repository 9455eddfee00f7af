"""The lives of this app's things as tables of steps; who holds each stage and from whom the next word is due."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from funding.models import (
    Change,
    ChangeStage,
    ContributionStage,
    Ending,
    EndingStage,
    Grant,
    GrantStage,
    HoldStage,
    Payment,
    PaymentStage,
)
from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.lifecycle.machine import Machine, Step
from minshi.lifecycle.models import StepRecord
from minshi.policy import calendar
from minshi.residents.models import Role
from minshi.residents.rules import role_in, roles_of
from proposals.lifecycle import TIERS, holder_place

Holder = tuple[str, str]
"""A role and the level of the tree it is held on."""


# --- What the machines have in common -----------------------------------------------------------


def set_due(subject: Any, span: calendar.Period) -> None:
    """Until when the next word is due; its basis goes to the deadline, so that a new calendar can recount it."""
    subject.due_at, subject.due_basis = span.end, span.basis


def _entered(subject: Any, at: datetime, setting: dict[str, Any]) -> Sequence[str]:
    """``setting`` names fields to set with the stage (who decided, a voucher); ``span`` is the next due date."""
    fields = ["stage_since"]
    subject.stage_since = at
    for name, value in setting.items():
        if name == "span":
            set_due(subject, value)
            fields.append("due_at")
        else:
            setattr(subject, name, value)
            fields.append(name)
    return fields


def admin_url(subject: models.Model) -> str:
    """Where staff do something about it."""
    return reverse(f"admin:{subject._meta.app_label}_{subject._meta.model_name}_change", args=[subject.pk])


def _waiting(
    kind: str, title: Any, holder_of: Callable[[Any], Holder | None], url_of: Callable[[Any], str] = admin_url
) -> Callable[[Any], None]:
    """One open deadline for whoever holds the thing now, none when nobody does."""

    def settle(subject: Any) -> None:
        deadlines.meet(subject)
        if (holder := holder_of(subject)) is None or subject.due_at is None:
            return
        place = holder_place(subject.territory, holder[1])
        deadlines.schedule(
            subject,
            kind,
            subject.due_at,
            role=holder[0],
            place_path=place.path,
            title=gettext("%(what)s：%(title)s")
            % {"what": f"{subject.get_stage_display()} · {title}", "title": subject.proposal.title},
            url=url_of(subject),
            basis=getattr(subject, "due_basis", ""),
            provisional=calendar.is_provisional(subject.due_at),
        )

    return settle


def _role_of(user: User, subject: Any) -> str:
    return role_in(user, subject.territory)


def _labels(choices: type[models.TextChoices]) -> dict[str, str]:
    return {str(value): str(label) for value, label in choices.choices}


def _by_stage(holders: Mapping[str, Holder]) -> Callable[[Any], Holder | None]:
    return lambda subject: holders.get(subject.stage)


# --- A public source's grant (policy rows 11, 12) ------------------------------------------------

GRANT_HOLDERS: dict[str, Holder] = {
    GrantStage.ASKED: (Role.CASE_OFFICER, "street"),
    GrantStage.INCOMPLETE: (Role.CLERK, "community"),
    GrantStage.EXAMINED: (Role.APPROVER, "street"),
    GrantStage.CLEARED: (Role.DISTRICT_OFFICER, "district"),
}

GRANT_WAYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "ask": (
        "grant_asked",
        ("proposal_id", "plan_id", "source", "pot_id", "amount_fen", "needs_district", "due_at"),
    ),
    "return_for_completion": ("grant_returned", ("days_left", "due_at")),
    "complete": ("grant_completed", ("due_at",)),
    "examine": ("grant_examined", ()),
    "approve": ("grant_approved", ("account_id",)),
    "pass_on": ("grant_passed_on", ("due_at",)),
    "decide": ("grant_decided", ("account_id",)),
    "refuse": ("grant_refused", ()),
    "withdraw": ("grant_withdrawn", ()),
    "place": ("grant_placed", ()),
}
"""Of each step the database's function that writes it (guards/granting.sql), and what it is told beside the grant."""


def _write_grant(grant: Grant, record: StepRecord, fields: Sequence[str]) -> None:
    """The application may not write grants; the function finds in the record who took the step, and when."""
    function, told = GRANT_WAYS[record.verb]
    values = [grant.pk, *(getattr(grant, name) for name in told)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({', '.join(['%s'] * len(values))})", values)


def next_grant_key() -> int:
    """A grant's key before there is a grant: its first step is recorded before the row is written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('funding_grant', 'id'))")
        key: int = cursor.fetchone()[0]
    return key


GRANT = Machine(
    subject="funding.grant",
    steps=(
        Step("ask", _("申请资金"), ("",), GrantStage.ASKED, "funding.plan"),
        Step(
            "return_for_completion",
            _("退回补正"),
            (GrantStage.ASKED,),
            GrantStage.INCOMPLETE,
            "funding.examine",
            needs_reason=True,
        ),
        Step("complete", _("已经补正"), (GrantStage.INCOMPLETE,), GrantStage.ASKED, "funding.plan", needs_reason=True),
        Step(
            "examine", _("街道审核通过"), (GrantStage.ASKED,), GrantStage.EXAMINED, "funding.examine", needs_reason=True
        ),
        Step(
            "approve",
            _("街道审批同意"),
            (GrantStage.EXAMINED,),
            GrantStage.APPROVED,
            "funding.approve",
            needs_reason=True,
        ),
        Step(
            "pass_on",
            _("街道审批同意，报区里审定"),
            (GrantStage.EXAMINED,),
            GrantStage.CLEARED,
            "funding.approve",
            needs_reason=True,
        ),
        Step(
            "decide",
            _("区里审定同意"),
            (GrantStage.CLEARED,),
            GrantStage.APPROVED,
            "funding.district",
            needs_reason=True,
        ),
        Step(
            "refuse",
            _("不予批准"),
            (GrantStage.ASKED, GrantStage.EXAMINED, GrantStage.CLEARED),
            GrantStage.REFUSED,
            "funding.refuse_grant",
            needs_reason=True,
        ),
        Step(
            "withdraw",
            _("撤销申请"),
            (GrantStage.ASKED, GrantStage.INCOMPLETE, GrantStage.EXAMINED, GrantStage.CLEARED, GrantStage.APPROVED),
            GrantStage.WITHDRAWN,
            "funding.plan",
            platform=True,
            needs_reason=True,
        ),
        Step("place", _("拨入项目"), (GrantStage.APPROVED,), GrantStage.PLACED, platform=True),
        Step("overdue", _("逾期，提醒上一级"), tuple(GRANT_HOLDERS), "", platform=True, keeps_time=True),
    ),
    stage_labels=_labels(GrantStage),
    entered=_entered,
    settled=_waiting("funding.grant", _("资金申请"), _by_stage(GRANT_HOLDERS)),
    role_of=_role_of,
    save=_write_grant,
)


# --- A contribution that arrived -----------------------------------------------------------------

CONTRIBUTION = Machine(
    subject="funding.contribution",
    steps=(
        Step("record", _("登记到账"), ("",), ContributionStage.RECORDED, "funding.record_money"),
        Step(
            "confirm",
            _("复核到账"),
            (ContributionStage.RECORDED,),
            ContributionStage.CONFIRMED,
            "funding.confirm_money",
        ),
        Step(
            "reject",
            _("复核不符"),
            (ContributionStage.RECORDED,),
            ContributionStage.REJECTED,
            "funding.confirm_money",
            needs_reason=True,
        ),
        Step(
            "reverse",
            _("冲正"),
            (ContributionStage.CONFIRMED,),
            ContributionStage.REVERSED,
            "funding.confirm_money",
            needs_reason=True,
        ),
    ),
    stage_labels=_labels(ContributionStage),
    entered=_entered,
    role_of=_role_of,
)


# --- A payment (policy row 21) --------------------------------------------------------------------


def _payment_holder(payment: Payment) -> Holder | None:
    """Tier 1 has no public money: the community's branch approves instead of the street."""
    if payment.stage == PaymentStage.ASKED:
        return (Role.PARTY, "community") if payment.proposal.tier == 1 else (Role.APPROVER, "street")
    return (Role.CASHIER, "street") if payment.stage == PaymentStage.APPROVED else None


PAYMENT = Machine(
    subject="funding.payment",
    steps=(
        Step("ask", _("申请付款"), ("",), PaymentStage.ASKED, "funding.deliver"),
        Step("approve", _("付款审批同意"), (PaymentStage.ASKED,), PaymentStage.APPROVED, "funding.approve_payment"),
        Step("pay", _("付款"), (PaymentStage.APPROVED,), PaymentStage.PAID, "funding.pay"),
        Step(
            "refuse",
            _("不同意付款"),
            (PaymentStage.ASKED, PaymentStage.APPROVED),
            PaymentStage.REFUSED,
            "funding.refuse_payment",
            platform=True,
            needs_reason=True,
        ),
        Step(
            "reverse",
            _("银行退回，冲正"),
            (PaymentStage.PAID,),
            PaymentStage.REVERSED,
            "funding.reverse_payment",
            needs_reason=True,
        ),
        Step(
            "overdue",
            _("逾期，提醒上一级"),
            (PaymentStage.ASKED, PaymentStage.APPROVED),
            "",
            platform=True,
            keeps_time=True,
        ),
    ),
    stage_labels=_labels(PaymentStage),
    entered=_entered,
    settled=_waiting("funding.payment", _("付款"), _payment_holder),
    role_of=_role_of,
)


# --- The retained part: only evaluation calls these -----------------------------------------------

HOLD = Machine(
    subject="funding.hold",
    steps=(
        Step("hold", _("暂扣尾款"), ("",), HoldStage.HELD, "funding.award"),
        Step("hold_again", _("重新验收合格，继续暂扣"), (HoldStage.REFUSED,), HoldStage.HELD, platform=True),
        Step("keep", _("继续暂扣"), (HoldStage.HELD,), "", "funding.rule_on_hold", platform=True, needs_reason=True),
        Step(
            "release",
            _("尾款可以支付"),
            (HoldStage.HELD,),
            HoldStage.RELEASED,
            "funding.rule_on_hold",
            platform=True,
            needs_reason=True,
        ),
        Step(
            "refuse",
            _("尾款不予支付"),
            (HoldStage.HELD,),
            HoldStage.REFUSED,
            "funding.rule_on_hold",
            platform=True,
            needs_reason=True,
        ),
    ),
    stage_labels=_labels(HoldStage),
    entered=_entered,
    role_of=_role_of,
)


# --- A change of the contract (policy row 17) -------------------------------------------------------


def _change_holder(change: Change) -> Holder | None:
    return (Role.CASE_OFFICER, "street") if change.stage == ChangeStage.ASKED else None


CHANGE = Machine(
    subject="funding.change",
    steps=(
        Step("ask", _("申请变更"), ("",), ChangeStage.ASKED, "funding.deliver", needs_reason=True),
        Step(
            "approve",
            _("同意变更"),
            (ChangeStage.ASKED,),
            ChangeStage.APPROVED,
            "funding.decide_change",
            needs_reason=True,
        ),
        Step(
            "refuse",
            _("不同意变更"),
            (ChangeStage.ASKED,),
            ChangeStage.REFUSED,
            "funding.decide_change",
            needs_reason=True,
        ),
        Step("overdue", _("逾期，提醒上一级"), (ChangeStage.ASKED,), "", platform=True, keeps_time=True),
    ),
    stage_labels=_labels(ChangeStage),
    entered=_entered,
    settled=_waiting("funding.change", _("变更"), _change_holder),
    role_of=_role_of,
)

# --- The ending of a project that stops -------------------------------------------------------------

SECOND_OF: dict[str, Holder] = {
    # Who asked → who is to confirm.
    Role.CLERK: (Role.PARTY, "community"),
    Role.PARTY: (Role.CLERK, "community"),
    Role.CASE_OFFICER: (Role.APPROVER, "street"),
    Role.APPROVER: (Role.CASE_OFFICER, "street"),
    Role.DISTRICT_OFFICER: (Role.DISTRICT_FINANCE, "district"),
}


def _ending_holder(ending: Ending) -> Holder | None:
    """Whoever is to confirm; afterwards the project itself has its holder and day."""
    if ending.stage not in (EndingStage.ASKED, EndingStage.COUNTING):
        return None
    asked = [held.role for held in roles_of(ending.asked_by) if ending.territory.path.startswith(held.path)]
    role, level, _days = TIERS[ending.proposal.tier or 1]
    return next((SECOND_OF[role] for role in asked if role in SECOND_OF), (role, level))


def _where_it_ends(ending: Ending) -> str:
    return admin_url(ending.proposal.purse)


ENDING = Machine(
    subject="funding.ending",
    steps=(
        Step("ask", _("提请了结"), ("",), EndingStage.ASKED, "funding.cancel", needs_reason=True),
        Step("begin", _("转入了结"), ("",), EndingStage.COUNTING, platform=True),
        Step(
            "refuse",
            _("不同意了结"),
            (EndingStage.ASKED,),
            EndingStage.REFUSED,
            "funding.confirm_ending",
            platform=True,
            needs_reason=True,
        ),
        Step(
            "confirm",
            _("确认了结和应付"),
            (EndingStage.ASKED, EndingStage.COUNTING),
            EndingStage.PAYING,
            "funding.confirm_ending",
        ),
        Step(
            "recount",
            _("重新清点应付"),
            (EndingStage.PAYING,),
            EndingStage.COUNTING,
            "funding.close_ending",
            needs_reason=True,
        ),
        Step("give_back", _("应付已清，退回余款"), (EndingStage.PAYING,), EndingStage.RETURNING, platform=True),
        Step(
            "close",
            _("了结完毕"),
            (EndingStage.RETURNING,),
            EndingStage.CLOSED,
            "funding.close_ending",
            needs_reason=True,
        ),
    ),
    stage_labels=_labels(EndingStage),
    entered=_entered,
    settled=_waiting("funding.ending", _("确认了结"), _ending_holder, _where_it_ends),
    role_of=_role_of,
)

HELD_BY: dict[type[models.Model], Callable[[Any], Holder | None]] = {
    Grant: _by_stage(GRANT_HOLDERS),
    Payment: _payment_holder,
    Change: _change_holder,
    Ending: _ending_holder,
}
"""Who must act on a thing now, for the superiors who are told when it is late."""
