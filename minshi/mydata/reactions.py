"""What time does to what was asked of one's own data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.dispatch import receiver

from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines.actions import follow, look_again, on
from minshi.deadlines.models import Deadline
from minshi.disclosure import actions as disclosure
from minshi.mydata import actions
from minshi.mydata.models import Correction
from minshi.mydata.signals import forgetting
from minshi.policy.signals import period_moved
from minshi.residents.models import Person

LATER = timedelta(days=30)


@on(actions.CORRECTION)
def nobody_answered(deadline: Deadline) -> None:
    actions.overdue(Correction.objects.get(pk=deadline.subject_id), deadline, by=None)


@receiver(period_moved)
def the_calendar_was_published(deadline: Deadline, **kwargs: Any) -> None:
    if deadline.kind == actions.CORRECTION:
        follow(Correction, deadline)


@receiver(forgetting, sender=Person)
def their_objections_are_forgotten(person: Person, **kwargs: Any) -> bool:
    """True while one is unanswered: the name is kept for whoever answers, and it is tried again later."""
    return disclosure.forget_objector(person, by=None)


@on(actions.FORGET)
def its_days_are_over(deadline: Deadline) -> None:
    user = User.objects.get(pk=deadline.subject_id)
    if not actions.forget(user, by=None):
        look_again(deadline, now() + LATER)
