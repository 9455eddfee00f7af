"""差评回访整改: every bad rating is answered, mended, and confirmed by whoever gave it."""

from __future__ import annotations

from difflib import SequenceMatcher

from django.utils.translation import gettext as _

from evaluation import told
from evaluation.models import Answer, CallBack, CallBackOutcome, Rating, Survey
from evaluation.rules import office_above
from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import begin, lock, take
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_door, mask_names, mask_text, seen
from minshi.notifications.actions import tell_all, tell_role
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import OFFICES, Person, Role
from minshi.residents.speaking import adults_then
from minshi.territory.models import Household, Territory
from proposals.lifecycle import holder_place
from proposals.models import Proposal
from proposals.wording import worded


def open_for(survey: Survey) -> None:
    """One call-back to each bad answer, when the round has ended; until then nobody learns who is discontent.

    Part of closing it, in its transaction. In an order by chance: whoever mends reads these rows in the order of their
    keys, and must not find that of the doors in it.
    """
    bad = survey.answers.bad().filter(callback=None).order_by("salt")
    called = [CallBack.objects.create(answer=answer, survey=survey, level=answer.level) for answer in bad]
    for callback in called:
        begin(callback, "open", by=None)
    if called:
        title = _("有 %(count)d 条差评，请在 %(days)s 个工作日内联系：%(title)s")
        days = worded("{callback.contact_days}", survey.proposal)
        title %= {"count": len(called), "days": days, "title": survey.proposal.title}
        for role, place in callers(survey.proposal):
            tell_role(role, place, title, "", survey.get_absolute_url(), event=told.CALLBACK_OPENED.name)


def callers(proposal: Proposal) -> list[tuple[Role, Territory]]:
    """Who calls back, and on which level: the supervisors and the office above the holder."""
    above = office_above(proposal)
    level = next(level for level, roles in OFFICES.items() if above in roles)
    return [
        (Role.SUPERVISOR, holder_place(proposal.place, "community")),
        (above, holder_place(proposal.place, level)),
    ]


@action
def contact(callback: CallBack, *, findings: str, task: str, shares_words: bool = False, by: User) -> StepRecord:
    """Write down that the rater was reached, what was found (for those who call alone), and what is to be mended.

    ``task`` goes to whoever mends, without door, level or words; the words only where the rater agreed.
    """
    words = _words(findings, "findings", _("请写明和评价人谈了什么、核实到什么"))
    what = _words(task, "task", _("请写明要整改什么，不写是哪一户、谁说的"))
    if told_too_much := why_not_for_who_mends(what, callback.answer, shares_words=shares_words):
        raise Refused(task=told_too_much)
    facts = {"contacted_at": now(), "findings": words, "task": what, "shares_words": shares_words}
    return take(callback, "contact", by=by, setting=facts)


LONGEST_ALIKE = 8
"""So many characters in a row as the rater wrote them are the rater's words."""


def why_not_for_who_mends(text: str, answer: Answer, *, shares_words: bool) -> str:
    """What of a rating stands in a text for whoever mends: door, name, level, or the rater's own words."""
    door = answer.unit.household
    if door is not None and names_door(text, door):
        return _("这里会给整改的人看，请不要写门牌")
    if door is not None and names_somebody_of(text, door):
        return _("这里会给整改的人看，请不要写姓名")
    if str(Rating.DISSATISFIED.label) in text:
        return _("这里会给整改的人看，请不要写评了几级")
    alike = SequenceMatcher(None, text, answer.advice, autojunk=False).find_longest_match()
    if not shares_words and alike.size >= LONGEST_ALIKE:
        return _("评价人没有同意把原话告诉整改的人，请换一种说法")
    return ""


def names_door(text: str, door: Household) -> bool:
    """Whether what goes to whoever mends says whose it is, however the door is written."""
    return door.address in text or door.door in text or mask_door(text, door.address, by="…") != text


def names_somebody_of(text: str, door: Household) -> bool:
    """Whether it names anybody who lives or lived behind the door."""
    people = Person.objects.filter(residences__household=door).values_list("name", flat=True)
    return mask_names(text, people, by="…") != text


@action
def mend(callback: CallBack, *, measures: str, by: User) -> StepRecord:
    """Write down what was done about it; whoever rated is asked whether that settles it."""
    words = _words(measures, "measures", _("请写明采取了什么措施、结果怎样"))
    record = take(
        callback,
        "mend",
        by=by,
        setting={"mended_at": now(), "mended_by": by, "measures": words},
    )
    tell_all(
        _raters(callback),
        _("您提的意见已整改，请确认：%(title)s") % {"title": callback.survey.proposal.title},
        words,
        callback.get_absolute_url(),
        event=told.CALLBACK_MENDED.name,
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
    """Nobody called, or mended, in time: the office above hears of it, and it stays due since it was."""
    record = take(callback, "overdue", by=None, evidence={"stage": callback.stage})
    role, place = callers(callback.survey.proposal)[1]
    title = _("差评回访逾期：%(title)s") % {"title": callback.survey.proposal.title}
    stage, url = callback.get_stage_display(), callback.get_absolute_url()
    tell_role(role, place, title, stage, url, event=told.CALLBACK_LATE.name)
    return record


def _refuse_the_mender(callback: CallBack, by: User) -> None:
    if by.is_same(callback.mended_by_id):
        raise NotAllowed(_("整改的人不能替评价人确认"))


def _raters(callback: CallBack) -> list[User]:
    answer = callback.answer
    return list(adults_then(answer.unit.household_id, answer.at))


def _words(text: str, field: str, missing: str) -> str:
    if len(seen(text)) < 5:
        raise Refused(**{field: missing})
    if len(text) > 500:
        raise Refused(**{field: _("请不超过 500 个字")})
    return mask_text(text.strip())
