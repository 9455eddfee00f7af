"""Casting and changing a ballot online: the busiest act of all, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from deliberation import rules
from deliberation.models import Ballot, BallotChange, BallotChannel, Choice, Motion, Unit
from deliberation.receipts import receipt_of
from minshi.accounts.models import User
from minshi.audit.actors import acting, origin
from minshi.faces.words import cn_datetime
from minshi.lifecycle.action import action
from minshi.refusals import NotAllowed, Refused


@dataclass(frozen=True)
class Receipt:
    """What a voter gets. ``is_replaced``: a later ballot of the same unit has taken its place."""

    number: str
    at: datetime
    is_replaced: bool = False


# The act itself is a function in the database (guards/casting.sql): it sets who acts, finds the voter's unit and
# inserts; the ballot's trigger shares the motion's row and reads the clock behind that lock.
CAST = "SELECT cast_ballot(%(motion)s, %(by)s, %(choice)s, %(receipt)s, %(origin)s)"


def cast(motion: Motion | int, choice: str, *, receipt_id: UUID, by: User) -> Receipt:
    """Cast the ballot of the voter's own household, or change the one they cast before.

    The same ``receipt_id`` again returns the same receipt, whatever happened in between. Outside a transaction
    this is one statement, which is a transaction of its own. Raises ``Refused`` with the reasons.
    """
    if choice not in Choice.values:
        raise Refused(choice=_("请选一项"))
    motion_id = motion if isinstance(motion, int) else motion.pk
    receipt = receipt_of(receipt_id)
    values: dict[str, int | str] = {
        "motion": motion_id,
        "by": by.pk,
        "choice": choice,
        "receipt": receipt,
        "origin": origin.get(),
    }
    if at := _cast_first(values, by):
        return Receipt(receipt, at)
    return _repeat_or_change(motion_id, choice, receipt, by=by)


def _cast_first(values: dict[str, int | str], by: User) -> datetime | None:
    """The moment it was stored; None when there is more to be said."""
    try:
        if not connection.in_atomic_block:
            return _run(values)
        with transaction.atomic(), acting(by):
            return _run(values)
    except IntegrityError:  # the trigger saw what came between: the end, or a sheet of paper
        return None


def _run(values: dict[str, int | str]) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(CAST, values)
        moment: datetime | None = cursor.fetchone()[0]
    return moment


@action
def _repeat_or_change(motion_id: int, choice: str, receipt: str, *, by: User) -> Receipt:
    if repeated := _receipt_given(receipt, by):
        return repeated
    motion = Motion.objects.select_related("proposal__place").get(pk=motion_id)
    unit = rules.unit_of(by, motion)
    if reasons := rules.why_not_vote(by, motion, unit):
        raise NotAllowed(*reasons) if rules.why_not_speak(by) else Refused(*reasons)
    assert unit is not None
    return _change(unit, choice, receipt, by)


def _receipt_given(receipt: str, by: User) -> Receipt | None:
    """The receipt of the first time, for a request that came again."""
    for rows, is_replaced in ((Ballot.objects, False), (BallotChange.objects, True)):
        if earlier := rows.filter(receipt=receipt).first():
            if earlier.by_id != by.pk:
                raise Refused(_("请刷新页面再投一次"))
            return Receipt(receipt, earlier.cast_at, is_replaced)
    return None


@action
def change(motion: Motion, choice: str, *, receipt_id: UUID, by: User) -> Receipt:
    """Change the ballot that ``by`` cast, until the window closes; the earlier one stays in ``BallotChange``."""
    return _repeat_or_change(motion.pk, choice, receipt_of(receipt_id), by=by)


def _change(unit: Unit, choice: str, receipt: str, by: User) -> Receipt:
    ballot = Ballot.objects.select_for_update().filter(unit=unit).first()
    if ballot is None:
        raise Refused(_("刚才没有投成，请再按一次“交票”"))
    if repeated := _receipt_given(receipt, by):  # by a twin request, while we waited for the row
        return repeated
    if ballot.channel not in (BallotChannel.ONLINE, BallotChannel.KIOSK):
        raise Refused(_("您家已经由委托人投过票，不能再改成手机票"))
    if ballot.by_id != by.pk:
        raise Refused(
            _("您家已经由家里另一位成员在 %(at)s 投过票，一户一票；要改请由投票的人来改")
            % {"at": cn_datetime(ballot.cast_at)}
        )
    if ballot.choice == choice:
        return Receipt(ballot.receipt, ballot.cast_at)
    ballot.choice, ballot.receipt, ballot.channel = choice, receipt, BallotChannel.ONLINE
    try:
        with transaction.atomic():
            ballot.save(update_fields=["choice", "receipt", "channel"])
    except IntegrityError:
        raise Refused(_("投票刚刚截止，票没有改，原来的票有效")) from None
    ballot.refresh_from_db(fields=["cast_at"])
    return Receipt(receipt, ballot.cast_at)
