"""What time and news from below do here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext as _

from deliberation import actions, told
from deliberation.actions.motions import why_not_publish
from deliberation.lifecycle import AREAS, CLOSE, MINUTES, PUBLISH
from deliberation.models import Meeting, MeetingStage, Motion, MotionStage, PaperBallot
from deliberation.selectors import counters_waited_for, digest_of, other_readers
from minshi.arrivals import actions as arrivals
from minshi.clock import now
from minshi.deadlines.actions import look_again, on
from minshi.deadlines.models import Deadline
from minshi.disclosure.models import Notice
from minshi.disclosure.signals import reopened
from minshi.health.looking import asks
from minshi.notifications.actions import tell_all, tell_role
from minshi.paper.models import Line
from minshi.paper.signals import differs
from minshi.policy import calendar
from minshi.policy.signals import recounting
from minshi.residents.models import Residence, Role
from minshi.residents.signals import asked
from proposals.actions import advance, ask_third
from proposals.models import Proposal, Stage
from proposals.reactions import proposal_of, tell_superior

on("stage:cosigned")(tell_superior)
on("stage:consulting")(tell_superior)
on("stage:deciding")(tell_superior)


@on("stage:reserved")
def nobody_reviewed(deadline: Deadline) -> None:
    """Its months are over: what is still wanted is proposed anew (policy.md, row 24)."""
    actions.lapse_reserved(proposal_of(deadline), by=None)


@asks("ballots")
def published_ballots_differ() -> Iterator[str]:
    """Files of ballots that the site gives out for checking and that are no longer what was published."""
    published = Motion.objects.filter(stage=MotionStage.PUBLISHED).select_related("proposal").order_by("pk")
    for motion in published.iterator(chunk_size=200):
        if digest_of(motion) != motion.digest:
            yield f"file-changed motion {motion.pk}"


@on(CLOSE)
def the_window_ends(deadline: Deadline) -> None:
    _close(Motion.objects.select_related("place", "roll", "proposal__place").get(pk=deadline.subject_id))


def _close(motion: Motion) -> None:
    actions.close(motion, by=None)
    actions.count(motion, by=None)


def _publish_if_ready(motion: Motion | None) -> bool:
    if motion is None or motion.stage != MotionStage.COUNTING or why_not_publish(motion):
        return False
    actions.publish(motion, by=None)
    return True


@on(PUBLISH)
def the_result_is_due(deadline: Deadline) -> None:
    """The platform publishes what is ready; where sheets still wait, the clerk is told every working day."""
    motion = Motion.objects.select_related("place", "roll", "proposal__place").get(pk=deadline.subject_id)
    if motion.stage == MotionStage.COUNTING and not _publish_if_ready(motion):
        late = _("逾期：%(title)s") % {"title": deadline.title}
        tell_all(other_readers(motion), late, url=reverse("paper_confirm"), event=told.LATE.name)
        _remind_daily(motion, deadline, Role.CLERK)


@on(AREAS)
def the_areas_are_due(deadline: Deadline) -> None:
    """Everybody who may still add them up is told every working day, and the district with them."""
    motion = Motion.objects.select_related("place", "proposal__place").get(pk=deadline.subject_id)
    if motion.stage != MotionStage.COUNTING or not (waited_for := counters_waited_for(motion)):
        return
    title = _("逾期：%(title)s") % {"title": deadline.title}
    tell_all(waited_for, title, url=deadline.url, event=told.LATE.name)
    _remind_daily(motion, deadline, Role.DISTRICT_OFFICER)


@on("stage:voting")
def the_vote_is_due(deadline: Deadline) -> None:
    """First at the end of the window, then when the result was due."""
    proposal = proposal_of(deadline)
    running = (
        proposal.motions.select_related("place", "roll", "proposal__place").exclude(stage=MotionStage.PUBLISHED).first()
    )
    if running and running.stage == MotionStage.OPEN:
        _close(running)
    elif not _publish_if_ready(running):
        tell_superior(deadline)


@on(MINUTES)
def the_minutes_are_due(deadline: Deadline) -> None:
    meeting = Meeting.objects.select_related("proposal__place").get(pk=deadline.subject_id)
    if meeting.stage == MeetingStage.ANNOUNCED:
        _remind_daily(meeting, deadline, Role.CLERK, Role.CASE_OFFICER)


def _remind_daily(subject: Motion | Meeting, deadline: Deadline, *roles: str) -> None:
    for role in roles:
        title = _("逾期：%(title)s") % {"title": deadline.title}
        tell_role(role, subject.territory, title, url=deadline.url, event=told.LATE.name)
    look_again(deadline, calendar.period_end(now(), working_days=1))


@receiver(recounting)
def a_calendar_was_published(calendar: calendar.Calendar, **kwargs: Any) -> None:
    actions.lengthen(calendar, by=None)


@receiver(asked, sender=Residence)
def a_newcomer_asks_during_a_vote(residence: Residence, **kwargs: Any) -> None:
    """Their door has a voice in it: chief and clerk are asked at once."""
    running = Motion.objects.open().filter(roll__units__household=residence.household_id).order_by("closes_at").first()
    if running is not None:
        arrivals.hurry([residence.household_id], ends_at=running.closes_at, about=running.question, by=None)


@receiver(differs)
def a_ballot_was_read_differently(line: Line, **kwargs: Any) -> None:
    """Ballots, and the second sheets that correct them."""
    if PaperBallot.objects.filter(line__in=[line.pk, line.correcting_id]).exists():
        ask_third(line, reverse("paper_confirm"))


@receiver(reopened, sender=Notice)
def a_third_objected(notice: Notice, **kwargs: Any) -> None:
    """One third of those who benefit object to the initiation: it is consulted on anew (domain.md 7)."""
    proposal = Proposal.objects.select_related("place").filter(gate_notice=notice, stage=Stage.ANNOUNCED).first()
    if proposal is None:
        return
    advance(
        proposal,
        "reconsider",
        by=None,
        reason=_("%(count)d 户提出异议，达到应当重议的户数") % {"count": notice.objecting_households},
        evidence={"notice": notice.number, "households": notice.objecting_households},
    )
