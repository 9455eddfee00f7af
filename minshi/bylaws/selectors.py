"""Which rules hold where, and what waits for whom."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.db.models.functions import Length

from minshi.accounts.models import User
from minshi.bylaws.models import Bylaw, BylawQuerySet
from minshi.deadlines.models import Deadline
from minshi.residents.models import Role
from minshi.residents.rules import holds, roles_of
from minshi.territory.models import Territory

BYLAW = "bylaw"
ENDING = "bylaw.ending"
"""Kinds of deadlines: by when the second person answers, and when its end is near (policy's days before)."""
MOST = 50


def binding_rule(place: Territory, on: date) -> Bylaw | None:
    """By which of its rules in force that day an owners' vote decides here: of the nearest place that says so."""
    rows = Bylaw.objects.in_force(on).over(place).filter(binds_owners=True)
    return rows.order_by(Length("place__path").desc(), "-since", "-pk").first()


def listed(place: Territory | None, on: date, *, past: bool) -> BylawQuerySet:
    """What holds or is to hold, or what held before; the newest first."""
    over = Q(until__isnull=False, until__lte=on)
    rows = Bylaw.objects.confirmed().filter(over if past else ~over)
    return (rows.of(place) if place else rows).select_related("place").order_by("-pk")


def to_answer(user: User) -> list[Bylaw]:
    """What waits for this person as the second one, the oldest first."""
    held = [(each.role, each.path) for each in roles_of(user)]
    keys = Deadline.objects.waiting_for(held).filter(kind=BYLAW).values_list("subject_id", flat=True)
    rows = Bylaw.objects.waiting().filter(pk__in=list(keys)).exclude(entered_by__in=user.keys)
    return list(rows.select_related("place", "entered_by").order_by("pk")[:MOST])


def reads_scan(user: User, bylaw: Bylaw) -> bool:
    """The original has names and signatures: it is for the offices of the place, and for whoever confirms it."""
    if holds(user, bylaw.place, Role.CLERK, Role.PARTY, Role.CASE_OFFICER, Role.APPROVER, Role.DISTRICT_OFFICER):
        return True
    return bylaw.answered_at is None and any(each.pk == bylaw.pk for each in to_answer(user))
