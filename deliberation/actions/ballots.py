"""Casting and changing a ballot online: the busiest act of all, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from deliberation import rules
from deliberation.models import Ballot, BallotChange, Choice, Motion
from minshi.accounts.models import User
from minshi.audit.actors import acting, origin
from minshi.faces.words import cn_datetime
from minshi.lifecycle.action import action
from minshi.paper.numbers import number_of
from minshi.refusals import NotAllowed, Refused
from minshi.rolls.models import Channel, Unit
from minshi.rolls.selectors import unit_of


@dataclass(frozen=True)
class Receipt:
    """What a voter gets: the slip number. ``is_replaced``: a later ballot of the same unit has taken its place."""

    number: str
    at: datetime
    is_replaced: bool = False


# The act itself is a function in the database (guards/casting.sql): it sets who acts, finds the voter's unit and
# inserts; the ballot's trigger shares the motion's row and reads the clock behind that lock.
CAST = "SELECT cast_ballot(%(motion)s, %(by)s, %(unit)s, %(choice)s, %(slip)s, %(check)s, %(origin)s)"
CHANGE = "SELECT change_ballot(%(unit)s, %(by)s, %(choice)s, %(slip)s, %(check)s)"


def cast(motion: Motion | int, choice: str, *, receipt_id: UUID, unit: Unit | None = None, by: User) -> Receipt:
    """Cast the ballot of the voter's own unit, or change the one they cast before; owners name which unit.

    The same ``receipt_id`` again returns the same receipt, whatever happened in between, and with another choice is
    refused. Outside a transaction
    this is one statement, which is a transaction of its own. Raises ``Refused`` with the reasons.
    """
    if choice not in Choice.values:
        raise Refused(choice=_("请选一项"))
    motion_id = motion if isinstance(motion, int) else motion.pk
    slip = number_of(receipt_id)
    values: dict[str, int | str | None] = {
        "motion": motion_id,
        "by": by.pk,
        "unit": unit.pk if unit else None,
        "choice": choice,
        "slip": slip,
        "check": _new_check_number(),
        "origin": origin.get(),
    }
    if at := _cast_first(values, by):
        return Receipt(slip, at)
    return _repeat_or_change(motion_id, choice, slip, unit=unit, by=by)


def _new_check_number() -> str:
    """Made apart from the slip number: nothing joins the two."""
    return number_of(uuid4())


def _cast_first(values: dict[str, int | str | None], by: User) -> datetime | None:
    """The moment it was stored; None when there is more to be said."""
    try:
        if not connection.in_atomic_block:
            return _run(CAST, values)
        with transaction.atomic(), acting(by):
            return _run(CAST, values)
    except IntegrityError:  # the trigger saw what came between: the end, or a sheet of paper
        return None


def _run(statement: str, values: dict[str, int | str | None]) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        moment: datetime | None = cursor.fetchone()[0]
    return moment


@action
def _repeat_or_change(motion_id: int, choice: str, slip: str, *, unit: Unit | None, by: User) -> Receipt:
    if repeated := _receipt_given(slip, choice, by):
        return repeated
    motion = Motion.objects.select_related("place", "roll").get(pk=motion_id)
    unit = unit or unit_of(by, motion.roll)
    mine = Ballot.objects.filter(unit=unit).first() if unit else None
    if reasons := rules.why_not_vote(by, motion, unit, mine):
        raise NotAllowed(*reasons) if rules.why_not_speak(by, motion, unit, mine) else Refused(*reasons)
    assert unit is not None
    return _change(motion, unit, mine, choice, slip, by)


def _receipt_given(slip: str, choice: str, by: User) -> Receipt | None:
    """The receipt of the first time, for a request that came again; one that says something else is told so."""
    for rows, is_replaced in ((Ballot.objects, False), (BallotChange.objects, True)):
        if earlier := rows.filter(slip_number=slip).first():
            if not by.is_same(earlier.by_id):
                raise Refused(_("请刷新页面再投一次"))
            if earlier.choice != choice:
                said = {"choice": Choice(earlier.choice).label}
                raise Refused(choice=_("在这一页已经投了“%(choice)s”，没有改动；要改票，请重新打开这一页再选") % said)
            return Receipt(slip, earlier.cast_at, is_replaced)
    return None


@action
def change(motion: Motion, choice: str, *, receipt_id: UUID, unit: Unit | None = None, by: User) -> Receipt:
    """Change the ballot that ``by`` cast, until the window closes; the earlier one stays in ``BallotChange``."""
    return _repeat_or_change(motion.pk, choice, number_of(receipt_id), unit=unit, by=by)


def _change(motion: Motion, unit: Unit, ballot: Ballot | None, choice: str, slip: str, by: User) -> Receipt:
    if ballot is None:
        raise Refused(*rules.why_not_heard(by, motion), _("刚才没有投成，请再按一次“交票”"))
    if not Channel(ballot.channel).is_own_hand:
        raise Refused(_("您家已经由委托人投过票，不能再改成手机票"))
    if not by.is_same(ballot.by_id):
        if not rules.is_theirs(by, unit, ballot.cast_at):
            raise Refused(_("这一户原来住的人已经投过票，一户一票，不能再改"))
        raise Refused(
            _("您家已经由家里另一位成员在 %(at)s 投过票，一户一票；要改请由投票的人来改")
            % {"at": cn_datetime(ballot.cast_at)}
        )
    if ballot.choice == choice:
        return Receipt(ballot.slip_number, ballot.cast_at)
    values: dict[str, int | str | None] = {
        "unit": unit.pk,
        "by": by.pk,
        "choice": choice,
        "slip": slip,
        "check": _new_check_number(),
    }
    try:
        with transaction.atomic():
            at = _run(CHANGE, values)
    except IntegrityError:  # the trigger saw what came between: the end, a sheet, or this request a moment ago
        at = None
    if at is None and (repeated := _receipt_given(slip, choice, by)):
        return repeated
    if at is None:
        raise Refused(_("投票刚刚截止，票没有改，原来的票有效"))
    return Receipt(slip, at)
