"""核对号信: a household without a phone gets its check number in a closed letter from the street (domain.md 5)."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rules import has_perm

from deliberation import told
from deliberation.models import CheckLetter, MotionStage
from deliberation.selectors import has_moved
from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock
from minshi.notifications.actions import tell_all
from minshi.refusals import NotAllowed, Refused
from minshi.residents.speaking import adults_of
from minshi.rolls.models import Unit


@action
def ask_letter(unit: Unit, *, by: User) -> CheckLetter:
    """A chief or clerk passes on that this household wants its number; whoever there has an account is told so.

    Once the result is out: until then a ballot may still be replaced, and its number with it.
    """
    motion = unit.roll.motion
    if not has_perm("deliberation.paper", by, motion):
        raise NotAllowed(_("只有这里的楼栋长等组织人和社区工作人员可以代住户申请"))
    if motion.stage != MotionStage.PUBLISHED:
        raise Refused(_("结果公布以后才能申请核对号信，公布前核对号还可能换"))
    if not hasattr(unit, "ballot"):
        raise Refused(door=_("这一户没有参加这次投票，没有核对号"))
    if has_moved(unit):
        raise Refused(door=MOVED)
    try:
        with transaction.atomic():
            letter = CheckLetter.objects.create(unit=unit, asked_by=by)
    except IntegrityError:
        raise Refused(door=_("这一户已经申请过，街道还没有打印")) from None
    if unit.household_id:
        title = _("有人替您家申请了核对号信，由街道封好送到家；不是您家要的，请告诉社区")
        users, event = adults_of([unit.household_id]), told.LETTER_ASKED.name
        tell_all(users, title, motion.question, motion.get_absolute_url(), event=event)
    return letter


MOVED = gettext_lazy("这一户现在登记的人都是投票以后才登记住进来的，核对号不能寄给他们；投票的人登录后仍看得到")


@action
def print_letter(letter: CheckLetter, *, by: User) -> CheckLetter:
    """One person prints it, on one day. A lost letter is asked for again."""
    lock(letter)
    if not has_perm("deliberation.print_letter", by, letter):
        raise NotAllowed(_("核对号信由街道打印，打印的人在这个地方不担任职务、不住在这里，也不是申请的人"))
    if letter.printed_at:
        raise Refused(_("这封信已经打印过；没有送到的，请住户重新申请"))
    if has_moved(letter.unit):
        raise Refused(MOVED)
    letter.printed_by, letter.printed_at = by, now()
    letter.save(update_fields=["printed_by", "printed_at"])
    return letter
