"""What a deadline's end does to an objection."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from minshi.clock import now
from minshi.deadlines.actions import follow, look_again, on
from minshi.deadlines.models import Deadline
from minshi.disclosure import actions
from minshi.disclosure.models import Objection
from minshi.disclosure.rules import READERS_ABOVE
from minshi.policy import calendar
from minshi.policy.signals import period_moved, recounting


@on(actions.ANSWER)
def silence_climbs(deadline: Deadline) -> None:
    """The community did not answer in time: the street must, then the district, where it stays due."""
    objection = Objection.objects.open().filter(pk=deadline.subject_id).first()
    if objection is None:
        return
    if objection.level == Objection.Level.DISTRICT:
        look_again(deadline, calendar.period_end(now(), working_days=1))
    else:
        actions.climb(objection, by=None)


@on(actions.SECOND_READING)
def unread_climbs(deadline: Deadline) -> None:
    """Nobody read the sheet a second time: whoever stands above is to, until it is done."""
    objection = Objection.objects.select_related("line").get(pk=deadline.subject_id)
    if objection.line is None or objection.line.is_settled:
        return
    if READERS_ABOVE[deadline.role] == deadline.role:
        actions.ask_again(objection, deadline.role, by=None)
        look_again(deadline, calendar.period_end(now(), working_days=1))
    else:
        actions.ask_above(objection, deadline.role, by=None)


@on(actions.SECOND_REMARK)
def no_second_word(deadline: Deadline) -> None:
    """The district's other officer said nothing: it stays due there, and the objection goes on holding the gate."""
    actions.remind_of_remark(Objection.objects.select_related("notice__place").get(pk=deadline.subject_id), by=None)
    look_again(deadline, calendar.period_end(now(), working_days=1))


@receiver(recounting)
def a_calendar_was_published(calendar: calendar.Calendar, **kwargs: Any) -> None:
    actions.lengthen(calendar, by=None)


@receiver(period_moved)
def the_answer_is_due_later(deadline: Deadline, **kwargs: Any) -> None:
    """The day that stands beside the objection is the one on the desk."""
    if deadline.kind == actions.ANSWER:
        follow(Objection, deadline)
