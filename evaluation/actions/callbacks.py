"""差评回访整改: every bad rating is answered, mended, and confirmed by whoever gave it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from evaluation.models import Answer, CallBack, CallBackOutcome, CallBackStage
from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import begin, lock, take
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_text, seen
from minshi.notifications.actions import tell_all, tell_role
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Role
from minshi.residents.speaking import adults_of
from proposals.lifecycle import holder_place


def follow(answer: Answer) -> None:
    """Open a call-back to a bad rating, and take it back when the rating was changed before anybody called.

    Part of answering, in its transaction; the community hears of it at once.
    """
    callback = CallBack.objects.filter(answer=answer).first()
    if answer.is_bad:
        if callback is None:
            callback = CallBack.objects.create(answer=answer, survey=answer.survey, level=answer.level)
            begin(callback, "open", by=None)
        elif callback.stage == CallBackStage.WITHDRAWN:
            take(callback, "open", by=None)
        else:
            return
        community = holder_place(answer.territory, "community")
        title = _("收到差评，请在 1 个工作日内联系：%(title)s") % {"title": answer.survey.proposal.title}
        tell_role(Role.CLERK, community, title, answer.get_level_display(), callback.get_absolute_url())
    elif callback is not None and callback.stage == CallBackStage.OPEN and not answer.is_bad:
        take(callback, "withdraw", by=None)


@action
def contact(callback: CallBack, *, findings: str, by: User) -> StepRecord:
    """Write down that the rater was reached, and what was found."""
    words = _words(findings, "findings", _("请写明和评价人谈了什么、核实到什么"))
    return take(callback, "contact", by=by, reason=words, setting={"contacted_at": now(), "findings": words})


@action
def mend(callback: CallBack, *, measures: str, by: User) -> StepRecord:
    """Write down what was done about it; whoever rated is asked whether that settles it."""
    words = _words(measures, "measures", _("请写明采取了什么措施、结果怎样"))
    record = take(
        callback,
        "mend",
        by=by,
        reason=words,
        setting={"mended_at": now(), "mended_by": by, "measures": words},
    )
    tell_all(
        _raters(callback),
        _("您提的意见已整改，请确认：%(title)s") % {"title": callback.survey.proposal.title},
        words,
        callback.get_absolute_url(),
    )
    return record


@action
def confirm(callback: CallBack, *, by: User) -> StepRecord:
    """The rater says that it is settled; somebody else than who mended may write it down from their paper."""
    _refuse_the_mender(callback, by)
    return take(callback, "confirm", by=by, setting={"outcome": CallBackOutcome.CONFIRMED, "settled_by": by})


@action
def contest(callback: CallBack, *, reason: str, by: User) -> StepRecord:
    """The rater says that it is not mended: it goes back, with new days."""
    _refuse_the_mender(callback, by)
    lock(callback)
    words = mask_text(reason.strip())
    return take(callback, "contest", by=by, reason=words, setting={"contested": callback.contested + 1})


@action
def lapse(callback: CallBack, *, by: None = None) -> StepRecord:
    """The rater was asked and said nothing."""
    return take(callback, "lapse", by=None, setting={"outcome": CallBackOutcome.SILENT})


@action
def overdue(callback: CallBack, *, by: None = None) -> StepRecord:
    """Nobody called, or mended, in time: the street hears of it, and it stays due since it was."""
    record = take(callback, "overdue", by=None, evidence={"stage": callback.stage})
    street = holder_place(callback.territory, "street")
    title = _("差评回访逾期：%(title)s") % {"title": callback.survey.proposal.title}
    tell_role(Role.CASE_OFFICER, street, title, callback.get_stage_display(), callback.get_absolute_url())
    return record


def _refuse_the_mender(callback: CallBack, by: User) -> None:
    if callback.mended_by_id == by.pk:
        raise NotAllowed(_("整改的人不能替评价人确认"))


def _raters(callback: CallBack) -> list[User]:
    door = callback.answer.unit.household_id
    return list(adults_of([door] if door else []))


def _words(text: str, field: str, missing: str) -> str:
    if len(seen(text)) < 5:
        raise Refused(**{field: missing})
    if len(text) > 500:
        raise Refused(**{field: _("请不超过 500 个字")})
    return mask_text(text.strip())
