"""What time does to surveys, call-backs and aftercare, and what follows when a gate is reopened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext as _

from evaluation import told
from evaluation.actions import accounts, aftercare, archive, callbacks, surveys
from evaluation.lifecycle import ACCOUNTS, CALLBACK, CHECK, GATE
from evaluation.models import Archive, CallBack, CallBackStage, Check, FinalAccounts, PaperAnswer, Survey, SurveyStage
from evaluation.selectors import changed_pieces, spoiled_pictures
from minshi.arrivals import actions as arrivals
from minshi.clock import now
from minshi.deadlines.actions import follow, look_again, on, schedule
from minshi.deadlines.models import Deadline
from minshi.disclosure.models import Notice
from minshi.disclosure.selectors import reopening_share
from minshi.disclosure.signals import corrected, lengthened, reopened
from minshi.health.looking import asks
from minshi.lifecycle.machine import stepped, what_blocks_gate
from minshi.lifecycle.models import StepRecord
from minshi.notifications.actions import tell_role
from minshi.paper.models import Line
from minshi.paper.signals import differs
from minshi.policy import calendar
from minshi.policy.signals import period_moved, recounting
from minshi.residents.models import Residence
from minshi.residents.signals import asked
from proposals.actions import advance, ask_third
from proposals.lifecycle import holder_place, period, superior_of
from proposals.models import Proposal, Stage
from proposals.reactions import proposal_of, tell_superior, wait_another_day

on("stage:rework")(tell_superior)


@asks("archives")
def archives_are_spoiled() -> Iterator[str]:
    """Sealed pieces, of which everybody's file is made, and pictures that are no longer what was sealed."""
    for number, ordinal in changed_pieces():
        yield f"file-changed {number} {ordinal}"
    for sealed in Archive.objects.select_related("proposal").order_by("pk").iterator():
        for picture in spoiled_pictures(sealed.proposal):
            yield f"picture-{picture.state} {sealed.proposal.number} {picture.name}"


@on("stage:accepted")
def nobody_asked(deadline: Deadline) -> None:
    """The round begins by itself when its days are over and the acceptance notice has passed."""
    proposal = proposal_of(deadline)
    if surveys.what_blocks_opening(proposal):
        wait_another_day(deadline)
    else:
        surveys.open_survey(proposal, by=None)


@on("stage:rating")
def the_window_ended(deadline: Deadline) -> None:
    """The round's end; while papers are read or the street has to decide, whoever holds it is late."""
    survey = Survey.objects.select_related("proposal__place").filter(proposal=deadline.subject_id).first()
    if survey is not None and survey.stage == SurveyStage.OPEN:
        surveys.end_window(survey, by=None)
    else:
        tell_superior(deadline)


@on("stage:rated")
@on("stage:settling")
def nobody_went_on(deadline: Deadline) -> None:
    """While its notice still runs (a correction, an objection) nobody is late."""
    proposal = proposal_of(deadline)
    if what_blocks_gate(proposal, "settle" if proposal.stage == Stage.RATED else "archive"):
        wait_another_day(deadline)
    else:
        tell_superior(deadline)


@on(GATE)
def the_result_was_announced(deadline: Deadline) -> None:
    """The notice of the result ended: the retained part is settled, or it is looked at again tomorrow."""
    survey = Survey.objects.select_related("proposal__place", "notice").get(pk=deadline.subject_id)
    if survey.proposal.stage != Stage.RATED:
        return
    if not what_blocks_gate(survey.proposal, "settle_hold"):
        surveys.settle_hold(survey, by=None)
    else:
        look_again(deadline, calendar.period_end(now(), working_days=1))


@receiver(differs)
def a_rating_was_read_differently(line: Line, **kwargs: Any) -> None:
    registered = PaperAnswer.objects.select_related("unit__roll__survey__proposal").filter(line=line).first()
    if registered is not None:
        ask_third(line, reverse("rating_checks", args=[registered.survey.proposal.number]))


@on(ACCOUNTS)
def nobody_checked(deadline: Deadline) -> None:
    """The accounts still wait for their second person: the level above hears of it, again and again."""
    made = FinalAccounts.objects.select_related("proposal__place").get(pk=deadline.subject_id)
    if made.confirmed_at is not None:
        return
    role, level = superior_of(deadline.role)
    place, title = holder_place(made.territory, level), _("逾期：%(title)s") % {"title": deadline.title}
    tell_role(role, place, title, url=deadline.url, event=told.ACCOUNTS_LATE.name)
    look_again(deadline, period(made.territory, "supervision.days", now()).end)


@on(CALLBACK)
def nobody_called(deadline: Deadline) -> None:
    callback = CallBack.objects.select_related("survey__proposal__place").get(pk=deadline.subject_id)
    if callback.stage == CallBackStage.MENDED:
        callbacks.lapse(callback, by=None)
    else:
        callbacks.overdue(callback, by=None)
        look_again(deadline, period(callback.territory, "supervision.days", now()).end)


@on(CHECK)
def nobody_looked(deadline: Deadline) -> None:
    check = Check.objects.select_related("aftercare__proposal__place").get(pk=deadline.subject_id)
    aftercare.overdue(check, by=None)
    look_again(deadline, period(check.territory, "supervision.days", now()).end)


@receiver(asked, sender=Residence)
def a_newcomer_asks_during_a_survey(residence: Residence, **kwargs: Any) -> None:
    """Their door is asked in it: chief and clerk are asked at once."""
    rounds = Survey.objects.filter(stage=SurveyStage.OPEN, roll__units__household=residence.household_id)
    running = rounds.select_related("proposal").order_by("closes_at").first()
    if running is not None:
        about = _("请给“%(title)s”打分") % {"title": running.proposal.title}
        arrivals.hurry([residence.household_id], ends_at=running.closes_at, about=about, by=None)


@receiver(stepped, sender=Proposal)
def it_was_brought_to_its_end(subject: Proposal, record: StepRecord, **kwargs: Any) -> None:
    """What stopped on its way has its file too, sealed by whoever ended it."""
    if record.source == Stage.ENDING and record.by is not None:
        archive.seal_ended(subject, by=record.by)


@receiver(recounting)
def a_calendar_was_published(calendar: calendar.Calendar, **kwargs: Any) -> None:
    surveys.lengthen(calendar, by=None)


@receiver(period_moved)
def it_is_due_later(deadline: Deadline, **kwargs: Any) -> None:
    """The day on the page is the one on the desk."""
    if deadline.kind == CHECK:
        follow(Check, deadline)
    elif deadline.kind == CALLBACK:
        follow(CallBack, deadline)


@receiver(lengthened)
def a_result_is_announced_for_longer(notice: Notice, **kwargs: Any) -> None:
    for survey in Survey.objects.filter(notice=notice, hold_settled_at=None):
        schedule(survey, GATE, notice.ends_at, title=notice.title)


@receiver(corrected)
def a_result_was_corrected(old: Notice, new: Notice, **kwargs: Any) -> None:
    """The result and the accounts are announced by the correction from now on."""
    for survey in Survey.objects.filter(notice=old):
        surveys.follow_correction(survey, new, by=None)
    accounts.follow_correction(old, new, by=None)


@receiver(reopened)
def a_gate_was_reopened(notice: Notice, **kwargs: Any) -> None:
    """One third of those who benefit object: what the notice announced is done anew."""
    proposal = Proposal.objects.select_related("place").filter(gate_notice=notice).first()
    if proposal is None:
        return
    if proposal.stage == Stage.ACCEPTED:
        reason = _("公示期内%s受益户提出异议") % reopening_share(notice)
        advance(proposal, "accept_again", by=None, reason=reason)
    elif proposal.stage == Stage.RATED:
        surveys.rate_again(Survey.objects.get(notice=notice), by=None)
    elif proposal.stage == Stage.SETTLING:
        accounts.account_again(proposal, by=None)
